package io.bivouac.engine.registry;

import java.io.IOException;

/** This side could not write or read a file: no registry is to blame. */
final class LocalFailure extends IOException {
    private static final long serialVersionUID = 1L;

    LocalFailure(IOException cause) {
        super(cause.getMessage(), cause);
    }
}
