package io.bivouac.engine.tree;

import io.bivouac.engine.wire.ProtocolException;

/** What a tree record describes, as in {@code tree.h}. */
public enum EntryType {
    FILE(1),
    FOLDER(2),
    SYMLINK(3),
    /** One more name of a file that an earlier record described. */
    HARD_LINK(4),
    CHARACTER_DEVICE(5),
    BLOCK_DEVICE(6),
    FIFO(7),
    /** The absence of something that lies in a layer below. */
    WHITEOUT(8);

    private final int code;

    EntryType(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static EntryType of(int code) {
        for (EntryType type : values()) {
            if (type.code == code) {
                return type;
            }
        }
        throw new ProtocolException("a tree record of unknown type " + code);
    }
}
