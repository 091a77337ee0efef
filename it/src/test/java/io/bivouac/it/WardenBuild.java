package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Wardens that are built for tests, see {@code engine/src/test/c/Makefile}. */
final class WardenBuild {
    private WardenBuild() {}

    /**
     * Builds a target and returns the folder of its results.
     *
     * @param variables of make
     */
    static Path make(String target, String... variables) throws IOException, InterruptedException {
        Path out = Engines.folder().resolve(target);
        List<String> command = new ArrayList<>(List.of("make", "--silent", "--jobs=2", "-C"));
        command.addAll(List.of(sources("test").toString(), target, "OUT=" + out));
        command.addAll(Arrays.asList(variables));
        Commands.Result made = Commands.run(command);
        assertThat(made.code()).as(made.output()).isZero();
        return out.resolve(target);
    }

    /** The folder of the warden's sources, {@code main} or {@code test}. */
    static Path sources(String kind) {
        return Engines.folder()
                .resolve("../../engine/src")
                .resolve(kind)
                .resolve("c")
                .normalize();
    }
}
