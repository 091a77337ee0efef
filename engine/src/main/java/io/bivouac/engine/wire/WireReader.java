package io.bivouac.engine.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Decodes a payload; whatever is malformed is a {@link ProtocolException}. The counterpart of {@link WireWriter}. */
public final class WireReader {
    private final byte[] data;
    private int at;

    public WireReader(byte[] payload) {
        this.data = payload;
    }

    private int take(int count) {
        if (count < 0 || data.length - at < count) {
            throw new ProtocolException("a payload of " + data.length + " bytes ends too early");
        }
        int start = at;
        at += count;
        return start;
    }

    public int takeByte() {
        return data[take(1)] & 0xff;
    }

    public boolean takeBoolean() {
        return takeByte() != 0;
    }

    public int takeInt() {
        int start = take(Integer.BYTES);
        int value = 0;
        for (int i = 0; i < Integer.BYTES; i++) {
            value |= (data[start + i] & 0xff) << (8 * i);
        }
        return value;
    }

    public long takeUnsigned() {
        return Integer.toUnsignedLong(takeInt());
    }

    public long takeLong() {
        int start = take(Long.BYTES);
        long value = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            value |= (data[start + i] & 0xffL) << (8 * i);
        }
        return value;
    }

    public byte[] takeBytes() {
        int count = takeInt();
        int start = take(count);
        return Arrays.copyOfRange(data, start, start + count);
    }

    /**
     * The length of a list, never more than the payload can hold.
     *
     * @param elementSize bytes that each element takes at least
     */
    public int takeCount(int elementSize) {
        int count = takeInt();
        if (count < 0 || count > (data.length - at) / elementSize) {
            throw new ProtocolException("a list of " + Integer.toUnsignedString(count) + " elements in a payload of "
                    + data.length + " bytes");
        }
        return count;
    }

    /** A text as bytes, for names of files. */
    public byte[] takeRawText() {
        byte[] text = takeBytes();
        if (takeByte() != 0) {
            throw new ProtocolException("a text does not end");
        }
        for (byte value : text) {
            if (value == 0) {
                throw new ProtocolException("a text holds a NUL character");
            }
        }
        return text;
    }

    public String takeText() {
        return new String(takeRawText(), StandardCharsets.UTF_8);
    }

    /** Checks that nothing is left over. */
    public void finish() {
        if (at != data.length) {
            throw new ProtocolException((data.length - at) + " bytes follow a payload");
        }
    }
}
