package io.bivouac.engine.store;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/** Archives within gzip. A class of its own, so that a start that meets none does not load the library. */
final class GzipFiles {
    private GzipFiles() {}

    static boolean isOne(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.read() == 0x1f && in.read() == 0x8b;
        }
    }

    /** Writes what is in it, all members one after the other. */
    static void inflate(Path file, Path plain) throws IOException {
        try (InputStream in = GzipCompressorInputStream.builder()
                .setInputStream(new BufferedInputStream(Files.newInputStream(file)))
                .setDecompressConcatenated(true)
                .get()) {
            Files.copy(in, plain);
        }
    }
}
