package io.bivouac.engine.seccomp;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes the filters of the standard profile beside the classes; the build runs it. */
public final class FilterWriter {
    private FilterWriter() {}

    /**
     * Writes them.
     *
     * @param arguments the folder of class files
     */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]).resolve("io/bivouac/engine/seccomp");
        for (Architecture architecture : Architecture.values()) {
            for (long capabilities : StandardProfile.PREPARED) {
                Files.write(
                        folder.resolve(StandardProfile.preparedName(capabilities, architecture)),
                        StandardProfile.compile(capabilities, architecture));
            }
        }
    }
}
