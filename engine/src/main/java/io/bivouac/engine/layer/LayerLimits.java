package io.bivouac.engine.layer;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.io.BoundedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How much one layer may ask for. No image that is of use comes near; one that was made to fill a disk does at once.
 *
 * @param bytes of all its files together, holes included, and of its archive
 * @param ratio of the archive to the blob it is compressed in, looked at beyond a gibibyte
 * @param entries in its archive
 * @param depth of folders
 */
public record LayerLimits(long bytes, long ratio, long entries, long depth) {
    static final String BYTES = "bivouac.layer.bytes";
    static final String RATIO = "bivouac.layer.ratio";
    static final String ENTRIES = "bivouac.layer.entries";
    static final String DEPTH = "bivouac.layer.depth";

    private static final LayerLimits DEFAULTS = new LayerLimits(64L << 30, 1000, 10_000_000, 1000);
    private static final long RATIO_FLOOR = 1L << 30;

    /** Those of this JVM's system properties. */
    public static LayerLimits ofProperties() {
        return of(System::getProperty);
    }

    static LayerLimits of(UnaryOperator<@Nullable String> properties) {
        return new LayerLimits(
                value(properties, BYTES, DEFAULTS.bytes),
                value(properties, RATIO, DEFAULTS.ratio),
                value(properties, ENTRIES, DEFAULTS.entries),
                value(properties, DEPTH, DEFAULTS.depth));
    }

    private static long value(UnaryOperator<@Nullable String> properties, String key, long otherwise) {
        String text = properties.apply(key);
        if (text == null) {
            return otherwise;
        }
        if (!text.matches("[1-9]\\d{0,17}")) {
            throw new ConfigurationException(key + "='" + text + "' is not a number above 0.");
        }
        return Long.parseLong(text);
    }

    /** The archive of a blob, read no further than these limits allow. */
    public InputStream bound(InputStream archive, long blobSize) {
        long most = blobSize > Long.MAX_VALUE / ratio ? Long.MAX_VALUE : Math.max(blobSize * ratio, RATIO_FLOOR);
        String property = most < bytes ? RATIO : BYTES;
        return new BoundedInputStream(archive, "the archive (see " + property + ")", Math.min(most, bytes));
    }

    /** Counts what one layer asks for. */
    final class Count {
        private long bytesLeft = bytes;
        private long entriesLeft = entries;

        void add(byte[] path, long size) throws IOException {
            if (--entriesLeft < 0) {
                throw new IOException("the layer has more than " + entries + " entries, the limit of " + ENTRIES);
            }
            if (size > bytesLeft) {
                throw new IOException("with " + LayerPath.printable(path)
                        + " the layer's files are larger than the limit of " + bytes + " bytes, " + BYTES);
            }
            bytesLeft -= size;
            if (LayerPath.depth(path) > depth) {
                throw new IOException("an entry lies deeper than " + depth + " folders, the limit of " + DEPTH);
            }
        }
    }

    Count count() {
        return new Count();
    }
}
