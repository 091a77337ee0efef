package io.bivouac.engine.zstd;

import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The first part of a block: bytes that are no copy of earlier ones. Later blocks may use the same Huffman table. */
final class Literals {
    private static final int RAW = 0;
    private static final int REPEATED = 1;
    private static final int COMPRESSED = 2;

    final byte[] bytes = new byte[Block.LIMIT];
    int count;
    private @Nullable Huffman table;

    void forget() {
        table = null;
    }

    void read(Section in) throws IOException {
        int first = in.next();
        int type = first & 3;
        int format = (first >> 2) & 3;
        if (type == RAW || type == REPEATED) {
            readPlain(in, first, type, format);
        } else {
            readCompressed(in, first, type, format);
        }
    }

    private void readPlain(Section in, int first, int type, int format) throws IOException {
        boolean small = (format & 1) == 0;
        setCount(small ? first >> 3 : (first >> 4) + (in.number(format == 1 ? 1 : 2) << 4));
        if (type == REPEATED) {
            Arrays.fill(bytes, 0, count, (byte) in.next());
        } else {
            System.arraycopy(in.data, in.take(count), bytes, 0, count);
        }
    }

    private void setCount(long value) throws IOException {
        if (value > Block.LIMIT) {
            throw new DamagedException("a block is too large");
        }
        count = (int) value;
    }

    private void readCompressed(Section in, int first, int type, int format) throws IOException {
        int width = format < 2 ? 10 : format == 2 ? 14 : 18;
        long sizes = (first >> 4) | (in.number(format < 2 ? 2 : format + 1) << 4);
        int mask = (1 << width) - 1;
        setCount(sizes & mask);
        int size = (int) ((sizes >> width) & mask);
        int end = in.at + size;
        if (size > in.left()) {
            throw new DamagedException("a block is too short");
        }
        if (type == COMPRESSED) {
            table = Huffman.read(in);
        }
        Huffman huffman = table;
        if (huffman == null || in.at > end) {
            throw new DamagedException("a block has no Huffman table");
        }
        if (format == 0) {
            stream(in, huffman, end - in.at, 0, count);
        } else {
            fourStreams(in, huffman, end);
        }
    }

    private void fourStreams(Section in, Huffman huffman, int end) throws IOException {
        int[] sizes = {(int) in.number(2), (int) in.number(2), (int) in.number(2)};
        int part = (count + 3) / 4;
        for (int i = 0; i < sizes.length; i++) {
            stream(in, huffman, sizes[i], i * part, (i + 1) * part);
        }
        stream(in, huffman, end - in.at, sizes.length * part, count);
    }

    private void stream(Section in, Huffman huffman, int size, int from, int to) throws IOException {
        if (from > to || to > count) {
            throw new DamagedException("a block has too few literals for its streams");
        }
        huffman.decode(new BitReader(in.data, in.take(size), size), bytes, from, to);
    }
}
