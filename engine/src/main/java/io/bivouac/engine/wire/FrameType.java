package io.bivouac.engine.wire;

/** Types of frames, as in {@code wire.h}. */
public enum FrameType {
    SESSION(0x01),
    LAUNCH(0x02),
    EXEC(0x03),
    SIGNAL(0x04),
    DISCARD(0x05),
    TREE_READ(0x06),
    TREE_WRITE(0x07),
    AWAIT_PORTS(0x08),
    REMOVE(0x09),
    FREEZE(0x0a),
    ANNOUNCE(0x0b),
    STDIN(0x20),
    STDIN_END(0x21),
    WINDOW(0x22),
    DRAIN(0x23),
    BELOW(0x24),
    OK(0x40),
    FAILED(0x41),
    LAUNCHED(0x42),
    STARTED(0x43),
    OUTPUT(0x44),
    EXITED(0x45),
    LOGGED(0x46),
    DRAINED(0x47),
    PROBED(0x48),
    ENTRY(0x60),
    DATA(0x61),
    END(0x62);

    /** The version every request starts with. */
    public static final int VERSION = 1;

    /** The largest frame either side accepts, in bytes. */
    public static final int LIMIT = 4 << 20;

    private static final FrameType[] BY_CODE = new FrameType[256];

    static {
        for (FrameType type : values()) {
            BY_CODE[type.code] = type;
        }
    }

    private final int code;

    FrameType(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    static FrameType of(int code) {
        FrameType type = BY_CODE[code & 0xff];
        if (type == null) {
            throw new ProtocolException("a frame of unknown type 0x" + Integer.toHexString(code & 0xff));
        }
        return type;
    }
}
