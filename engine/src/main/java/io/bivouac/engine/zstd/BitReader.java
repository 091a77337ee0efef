package io.bivouac.engine.zstd;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Reads a bit stream from its end to its begin, as entropy coders leave it. A bit of value one marks the end. */
final class BitReader {
    /** As many bytes behind the stream are looked at, whatever they hold. */
    static final int SLACK = 8;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[] data;
    private final int start;
    private int left;

    BitReader(byte[] data, int start, int length) throws IOException {
        int last = length <= 0 ? 0 : data[start + length - 1] & 0xff;
        if (last == 0) {
            throw new DamagedException("a bit stream has no end");
        }
        this.data = data;
        this.start = start;
        this.left = (length - 1) * Byte.SIZE + highestBit(last);
    }

    static int highestBit(int value) {
        return Integer.SIZE - 1 - Integer.numberOfLeadingZeros(value);
    }

    /** Bits not read yet; negative when more were read than there are. */
    int left() {
        return left;
    }

    void skip(int count) {
        left -= count;
    }

    /** The next bits, at most 31; before the begin of the stream lie zeros. */
    int peek(int count) {
        int low = left - count;
        int mask = (1 << count) - 1;
        if (low >= 0) {
            return (int) ((long) LONG.get(data, start + (low >>> 3)) >>> (low & 7)) & mask;
        }
        return low <= -Integer.SIZE ? 0 : (int) ((long) LONG.get(data, start) << -low) & mask;
    }

    int read(int count) {
        int value = peek(count);
        left -= count;
        return value;
    }
}
