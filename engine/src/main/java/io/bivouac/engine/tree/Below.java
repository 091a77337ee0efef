package io.bivouac.engine.tree;

import io.bivouac.engine.wire.ProtocolException;

/** What lies in the layers below, at the path of a record read from an upper directory. */
public enum Below {
    ABSENT,
    DIFFERS,
    /** Something of the same type, mode, owner, size and modification time. */
    SAME;

    static Below of(int code) {
        if (code >= values().length) {
            throw new ProtocolException("a tree record with unknown relation " + code);
        }
        return values()[code];
    }
}
