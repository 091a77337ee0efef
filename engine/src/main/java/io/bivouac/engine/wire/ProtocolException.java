package io.bivouac.engine.wire;

import io.bivouac.engine.InternalException;

/** A message of the warden that no warden of this version sends. */
public final class ProtocolException extends InternalException {
    private static final long serialVersionUID = 1L;

    public ProtocolException(String what) {
        super("The warden broke its protocol: " + what + ".");
    }
}
