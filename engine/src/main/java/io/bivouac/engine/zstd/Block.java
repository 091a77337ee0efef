package io.bivouac.engine.zstd;

import java.io.IOException;

/** Unpacks compressed blocks of one frame into its history. What one block has learned serves the next. */
final class Block {
    /** The largest, packed or not. */
    static final int LIMIT = 128 << 10;

    private static final int LONG_COUNT = 0x7f00;

    private final Literals literals = new Literals();
    private final Codes literalLengths = Codes.literalLengths();
    private final Codes matchLengths = Codes.matchLengths();
    private final Codes offsets = Codes.offsets();
    private int first;
    private int second;
    private int third;

    /** Begins a frame. */
    void reset() {
        literals.forget();
        literalLengths.forget();
        matchLengths.forget();
        offsets.forget();
        first = 1;
        second = 4;
        third = 8;
    }

    void unpack(Section in, History out) throws IOException {
        literals.read(in);
        int count = count(in);
        int used = count == 0 ? 0 : sequences(in, count, out);
        out.append(literals.bytes, used, literals.count - used);
    }

    private static int count(Section in) throws IOException {
        int head = in.next();
        if (head < 128) {
            return head;
        }
        return head < 255 ? ((head - 128) << 8) + in.next() : (int) in.number(2) + LONG_COUNT;
    }

    /** Each: some literals, then a copy of what came before. Returns how many literals were used. */
    private int sequences(Section in, int count, History out) throws IOException {
        int modes = in.next();
        if ((modes & 3) != 0) {
            throw new DamagedException("a block is of an unknown form");
        }
        FiniteStates literalTable = literalLengths.read(in, modes >> 6);
        FiniteStates offsetTable = offsets.read(in, (modes >> 4) & 3);
        FiniteStates matchTable = matchLengths.read(in, (modes >> 2) & 3);
        int size = in.left();
        BitReader stream = new BitReader(in.data, in.take(size), size);
        int literalState = stream.read(literalTable.accuracy());
        int offsetState = stream.read(offsetTable.accuracy());
        int matchState = stream.read(matchTable.accuracy());
        int used = 0;
        for (int i = 1; i <= count; i++) {
            int offset = value(stream, offsets, offsetTable.symbols()[offsetState]);
            int matchLength = value(stream, matchLengths, matchTable.symbols()[matchState]);
            int literalLength = value(stream, literalLengths, literalTable.symbols()[literalState]);
            if (literalLength > literals.count - used) {
                throw new DamagedException("a block has too few literals");
            }
            out.append(literals.bytes, used, literalLength);
            used += literalLength;
            out.repeat(distance(offset, literalLength), matchLength);
            if (i < count) {
                literalState = next(stream, literalTable, literalState);
                matchState = next(stream, matchTable, matchState);
                offsetState = next(stream, offsetTable, offsetState);
            }
        }
        if (stream.left() != 0) {
            throw new DamagedException("a block's sequences have another length than announced");
        }
        return used;
    }

    private static int value(BitReader stream, Codes codes, int code) {
        return codes.bases[code] + stream.read(codes.bits[code]);
    }

    private static int next(BitReader stream, FiniteStates table, int state) {
        return table.bases()[state] + stream.read(table.bits()[state]);
    }

    /** The three last distances have short names. After no literals the last one would be no news: the names move up by one. */
    private int distance(int offset, int literalLength) {
        if (offset > 3) {
            third = second;
            second = first;
            first = offset - 3;
            return first;
        }
        int name = offset + (literalLength == 0 ? 1 : 0);
        if (name == 1) {
            return first;
        }
        int distance = name == 2 ? second : name == 3 ? third : first - 1;
        third = name == 2 ? third : second;
        second = first;
        first = distance;
        return distance;
    }
}
