package io.bivouac.engine.zstd;

import java.io.IOException;

/** The content of a block, read forwards. */
final class Section {
    final byte[] data;
    int at;
    final int end;

    Section(byte[] data, int end) {
        this.data = data;
        this.end = end;
    }

    int left() {
        return end - at;
    }

    int next() throws IOException {
        if (at >= end) {
            throw new DamagedException("a block is too short");
        }
        return data[at++] & 0xff;
    }

    /** A number of so many bytes, the lowest first. */
    long number(int bytes) throws IOException {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (long) next() << (Byte.SIZE * i);
        }
        return value;
    }

    /** Passes over bytes: where they begin. */
    int take(int count) throws IOException {
        if (count < 0 || count > left()) {
            throw new DamagedException("a block is too short");
        }
        int begin = at;
        at += count;
        return begin;
    }
}
