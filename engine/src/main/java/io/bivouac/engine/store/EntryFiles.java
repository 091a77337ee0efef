package io.bivouac.engine.store;

import io.bivouac.engine.io.AtomicFiles;
import io.bivouac.engine.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Small files of JSON that are replaced whole: no lock is needed to read one, and no kill leaves half of it. */
final class EntryFiles {
    private static final int SIZE_LIMIT = 64 << 10;

    private EntryFiles() {}

    /** Something that fails with {@link IllegalArgumentException} when a field is wrong. */
    @FunctionalInterface
    interface Parsing<T> {
        T parse(Map<String, ?> json) throws IOException;
    }

    /** Empty when there is no such file. */
    static <T> Optional<T> read(Path file, Parsing<T> parsing) throws IOException {
        try {
            if (Files.size(file) > SIZE_LIMIT) {
                throw DamageException.ofEntry(file, "it is too large", null);
            }
            return Optional.of(parsing.parse(Json.parseObject(Files.readAllBytes(file))));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            throw DamageException.ofEntry(file, String.valueOf(e.getMessage()), e);
        }
    }

    static void write(Path file, Map<String, ?> json) throws IOException {
        AtomicFiles.write(file, Json.writePretty(json));
    }

    /** All of a folder, in order of name. */
    static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> !Store.name(file).startsWith(AtomicFiles.ASIDE))
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }
}
