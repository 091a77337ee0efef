package io.bivouac.engine.zstd;

import java.io.IOException;

/** What was read is no Zstandard, or not whole. */
final class DamagedException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedException(String reason) {
        super("the compressed layer is damaged: " + reason);
    }
}
