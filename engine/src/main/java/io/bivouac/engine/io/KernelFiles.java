package io.bivouac.engine.io;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Small files whose content the kernel makes as they are read. Those below {@code /proc/sys} give nothing after the first read(2),
 * however little it took, and {@code java.nio.file.Files} begins with one byte where a file has no size.
 */
public final class KernelFiles {
    private static final int MOST = 4096;

    private KernelFiles() {}

    /** The content without blanks around it. */
    public static String read(Path file) throws IOException {
        byte[] content = new byte[MOST];
        try (InputStream in = new FileInputStream(file.toFile())) {
            int length = Math.max(in.read(content), 0);
            return new String(content, 0, length, StandardCharsets.US_ASCII).strip();
        }
    }
}
