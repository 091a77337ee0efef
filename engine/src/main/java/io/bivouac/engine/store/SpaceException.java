package io.bivouac.engine.store;

import java.io.IOException;

/** Something would not leave enough space free. */
public final class SpaceException extends IOException {
    private static final long serialVersionUID = 1L;

    SpaceException(String message) {
        super(message);
    }
}
