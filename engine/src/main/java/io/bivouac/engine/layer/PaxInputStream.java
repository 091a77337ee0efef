package io.bivouac.engine.layer;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** Keeps a copy of the next bytes that pass, on request. */
final class PaxInputStream extends FilterInputStream {
    private byte[] copy = {};
    private int filled;

    PaxInputStream(InputStream in) {
        super(in);
    }

    /** Keeps the next {@code count} bytes, in place of what was kept before. */
    void capture(int count) {
        copy = new byte[count];
        filled = 0;
    }

    /** What has been kept. */
    byte[] captured() {
        return Arrays.copyOf(copy, filled);
    }

    private void keep(byte[] buffer, int offset, int count) {
        int kept = Math.min(count, copy.length - filled);
        if (kept > 0) {
            System.arraycopy(buffer, offset, copy, filled, kept);
            filled += kept;
        }
    }

    @Override
    public int read() throws IOException {
        int value = super.read();
        if (value >= 0) {
            keep(new byte[] {(byte) value}, 0, 1);
        }
        return value;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int count = super.read(buffer, offset, length);
        keep(buffer, offset, count);
        return count;
    }

    @Override
    public long skip(long count) throws IOException {
        if (filled < copy.length) {
            byte[] buffer = new byte[(int) Math.min(count, copy.length - filled)];
            return Math.max(read(buffer, 0, buffer.length), 0);
        }
        return super.skip(count);
    }
}
