package io.bivouac.engine.zstd;

import java.io.IOException;
import java.util.Arrays;

/** The last bytes of a frame, which later ones may repeat; it grows up to the frame's window. */
final class History {
    private static final int FIRST_SIZE = 1 << 20;
    private static final int SLIDE = 4 << 20;

    private byte[] bytes = new byte[FIRST_SIZE];
    private int window;
    private int read;
    private int end;
    private int blockEnd;

    void reset(int windowSize) {
        window = windowSize;
        read = 0;
        end = 0;
    }

    int available() {
        return end - read;
    }

    int read(byte[] target, int offset, int length) {
        int count = Math.min(length, available());
        System.arraycopy(bytes, read, target, offset, count);
        read += count;
        return count;
    }

    /** Makes room for a block; all that came before has been read. */
    void beginBlock() {
        if (end + Block.LIMIT > bytes.length) {
            if (end > window && bytes.length >= window + Block.LIMIT + Math.min(window, SLIDE)) {
                System.arraycopy(bytes, end - window, bytes, 0, window);
                end = window;
                read = end;
            } else {
                int most = window + Block.LIMIT + Math.min(window, SLIDE);
                bytes = Arrays.copyOf(bytes, Math.max(Math.min(2 * bytes.length, most), end + Block.LIMIT));
            }
        }
        blockEnd = end + Block.LIMIT;
    }

    private void require(int count) throws IOException {
        if (count > blockEnd - end) {
            throw new DamagedException("a block is too large");
        }
    }

    void append(byte[] source, int from, int count) throws IOException {
        require(count);
        System.arraycopy(source, from, bytes, end, count);
        end += count;
    }

    void fill(byte value, int count) throws IOException {
        require(count);
        Arrays.fill(bytes, end, end + count, value);
        end += count;
    }

    void repeat(int distance, int count) throws IOException {
        require(count);
        if (distance <= 0 || distance > end || distance > window) {
            throw new DamagedException("a copy of what came before the begin");
        }
        if (distance >= count) {
            System.arraycopy(bytes, end - distance, bytes, end, count);
        } else {
            for (int i = 0; i < count; i++) {
                bytes[end + i] = bytes[end + i - distance];
            }
        }
        end += count;
    }
}
