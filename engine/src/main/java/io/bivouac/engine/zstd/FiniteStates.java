package io.bivouac.engine.zstd;

import java.io.IOException;

/**
 * A table of finite state entropy: each state stands for a symbol, and for how many bits lead to the next state.
 *
 * @param accuracy logarithm of the number of states
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8878#section-4.1">RFC 8878, FSE</a>
 */
record FiniteStates(int accuracy, byte[] symbols, byte[] bits, short[] bases) {
    private static final int LOWEST_ACCURACY = 5;
    private static final int REPEATS = 3;

    /** One symbol always, by no bits. */
    static FiniteStates of(int symbol) {
        return new FiniteStates(0, new byte[] {(byte) symbol}, new byte[1], new short[1]);
    }

    /**
     * @param counts how many states each symbol has; -1 for the one of a symbol that hardly ever comes
     */
    static FiniteStates of(int accuracy, int[] counts, int count) {
        int size = 1 << accuracy;
        byte[] symbols = new byte[size];
        int[] next = new int[count];
        int high = size - 1;
        for (int symbol = 0; symbol < count; symbol++) {
            next[symbol] = Math.abs(counts[symbol]);
            if (counts[symbol] == -1) {
                symbols[high--] = (byte) symbol;
            }
        }
        spread(symbols, counts, count, high);
        byte[] bits = new byte[size];
        short[] bases = new short[size];
        for (int state = 0; state < size; state++) {
            int number = next[symbols[state]]++;
            bits[state] = (byte) (accuracy - BitReader.highestBit(number));
            bases[state] = (short) ((number << bits[state]) - size);
        }
        return new FiniteStates(accuracy, symbols, bits, bases);
    }

    /** Each symbol's states lie far from each other. */
    private static void spread(byte[] symbols, int[] counts, int count, int high) {
        int mask = symbols.length - 1;
        int step = (symbols.length >> 1) + (symbols.length >> 3) + 3;
        int at = 0;
        for (int symbol = 0; symbol < count; symbol++) {
            for (int i = 0; i < counts[symbol]; i++) {
                symbols[at] = (byte) symbol;
                do {
                    at = (at + step) & mask;
                } while (at > high);
            }
        }
    }

    /** Reads a table's description. */
    static FiniteStates read(Section in, int highestAccuracy, int symbolLimit) throws IOException {
        int begin = in.at;
        int accuracy = (in.next() & 15) + LOWEST_ACCURACY;
        if (accuracy > highestAccuracy) {
            throw new DamagedException("a table is too large");
        }
        int[] counts = new int[symbolLimit];
        int bit = 4;
        int left = 1 << accuracy;
        int symbol = 0;
        while (left > 0) {
            int width = BitReader.highestBit(left + 1) + 1;
            int value = forwards(in, begin, bit, width);
            int lower = (1 << (width - 1)) - 1;
            int threshold = (1 << width) - 1 - (left + 1);
            boolean narrow = (value & lower) < threshold;
            bit += narrow ? width - 1 : width;
            int count = (narrow ? value & lower : wide(value, lower, threshold)) - 1;
            if (symbol >= symbolLimit) {
                throw new DamagedException("a table has too many symbols");
            }
            counts[symbol++] = count;
            left -= Math.abs(count);
            for (int repeat = count == 0 ? REPEATS : 0; repeat == REPEATS; bit += 2) {
                repeat = forwards(in, begin, bit, 2);
                symbol += repeat;
            }
        }
        if (left < 0 || symbol > symbolLimit) {
            throw new DamagedException("a table does not add up");
        }
        in.at = begin;
        in.take((bit + Byte.SIZE - 1) / Byte.SIZE);
        return of(accuracy, counts, symbol);
    }

    private static int wide(int value, int lower, int threshold) {
        return value > lower ? value - threshold : value;
    }

    /** Bits counted from the begin of the description, the lowest first. */
    private static int forwards(Section in, int begin, int bit, int width) throws IOException {
        int value = 0;
        for (int i = 0; i < width; i++) {
            int at = begin + (bit + i) / Byte.SIZE;
            if (at >= in.end) {
                // Looked at more widely than what is there: the last symbol may be narrow.
                break;
            }
            value |= ((in.data[at] >>> ((bit + i) % Byte.SIZE)) & 1) << i;
        }
        return value;
    }
}
