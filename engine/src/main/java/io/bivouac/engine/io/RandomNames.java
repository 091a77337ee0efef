package io.bivouac.engine.io;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HexFormat;

/**
 * Names that nobody else has. They come from the kernel's generator, see random(4): {@code SecureRandom} draws from it too, but
 * loads the security providers first, which a cold start would wait 15 ms for.
 */
public final class RandomNames {
    private static final String SOURCE = "/dev/urandom";
    /** Drawn at once, since every draw opens the generator anew. */
    private static final int SUPPLY = 512;

    private static byte[] supply = {};
    private static int used;

    private RandomNames() {}

    /** So many random bytes as hexadecimal digits. */
    public static synchronized String hex(int bytes) {
        if (supply.length - used < bytes) {
            supply = draw(Math.max(bytes, SUPPLY));
            used = 0;
        }
        used += bytes;
        return HexFormat.of().formatHex(supply, used - bytes, used);
    }

    private static byte[] draw(int bytes) {
        try (InputStream in = new FileInputStream(SOURCE)) {
            byte[] random = in.readNBytes(bytes);
            if (random.length < bytes) {
                throw new IOException(SOURCE + " ended");
            }
            return random;
        } catch (IOException e) {
            throw new UncheckedIOException("No random name can be made: " + e.getMessage() + ".", e);
        }
    }
}
