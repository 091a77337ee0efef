package io.bivouac.engine.warden;

import io.bivouac.engine.InternalException;

/** The warden, or the guardian before it, ended without an answer; whoever knows what was tried says so. */
public final class WardenLostException extends InternalException {
    private static final long serialVersionUID = 1L;

    WardenLostException(String what, Throwable cause) {
        super(what + " Its processes were killed, or this host ran out of memory.", cause);
    }

    WardenLostException(String what) {
        super(what);
    }
}
