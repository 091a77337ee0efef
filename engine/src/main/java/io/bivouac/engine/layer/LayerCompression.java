package io.bivouac.engine.layer;

import io.bivouac.engine.oci.MediaTypes;
import io.bivouac.engine.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;

/** How a layer's archive is compressed. Told from its first bytes: media types are often wrong. */
public enum LayerCompression {
    NONE,
    GZIP,
    ZSTD;

    private static final int BUFFER = 128 << 10;
    private static final int MAGIC_LENGTH = 4;

    /** The archive without its compression; reads to the end of the last member or frame. */
    public static InputStream decompress(InputStream in) throws IOException {
        BufferedInputStream buffered = new BufferedInputStream(in, BUFFER);
        return switch (of(buffered)) {
            case NONE -> buffered;
            case GZIP -> new GzipInputStream(buffered);
            case ZSTD -> new ZstdInputStream(buffered);
        };
    }

    private static LayerCompression of(BufferedInputStream in) throws IOException {
        in.mark(MAGIC_LENGTH);
        byte[] magic = in.readNBytes(MAGIC_LENGTH);
        in.reset();
        if (magic.length >= 2 && magic[0] == (byte) 0x1f && magic[1] == (byte) 0x8b) {
            return GZIP;
        }
        return ZstdInputStream.begins(magic) ? ZSTD : NONE;
    }

    /** The media type of a layer so compressed. */
    public String mediaType() {
        return switch (this) {
            case NONE -> MediaTypes.LAYER_TAR;
            case GZIP -> MediaTypes.LAYER_GZIP;
            case ZSTD -> MediaTypes.LAYER_ZSTD;
        };
    }

    /** Looks at the first bytes of a blob. */
    public static LayerCompression detect(InputStream in) throws IOException {
        return of(new BufferedInputStream(in, MAGIC_LENGTH));
    }
}
