package io.bivouac.engine.zstd;

import java.io.IOException;
import java.util.Arrays;

/**
 * A table of Huffman codes, looked up by as many bits as the longest has.
 *
 * @param width of the longest code
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8878#section-4.2">RFC 8878, Huffman coding</a>
 */
record Huffman(int width, byte[] symbols, byte[] bits) {
    private static final int WIDTH_LIMIT = 11;
    private static final int WEIGHTS_LIMIT = 255;
    private static final int WEIGHTS_ACCURACY = 6;
    private static final int DIRECT = 128;

    static Huffman read(Section in) throws IOException {
        int header = in.next();
        byte[] weights = new byte[WEIGHTS_LIMIT + 1];
        int count;
        if (header < DIRECT) {
            count = compressedWeights(in, header, weights);
        } else {
            count = header - DIRECT + 1;
            for (int i = 0; i < count; i += 2) {
                int two = in.next();
                weights[i] = (byte) (two >> 4);
                weights[i + 1] = (byte) (two & 15);
            }
        }
        return of(weights, count);
    }

    /** Two states take turns; the stream's end tells how many weights there are. */
    private static int compressedWeights(Section in, int size, byte[] weights) throws IOException {
        int end = in.at + size;
        FiniteStates states = FiniteStates.read(in, WEIGHTS_ACCURACY, WIDTH_LIMIT + 2);
        int length = end - in.at;
        BitReader stream = new BitReader(in.data, in.take(length), length);
        int state = stream.read(states.accuracy());
        int other = stream.read(states.accuracy());
        int count = 0;
        while (count < WEIGHTS_LIMIT - 1) {
            weights[count++] = states.symbols()[state];
            state = states.bases()[state] + stream.read(states.bits()[state]);
            if (stream.left() < 0) {
                weights[count++] = states.symbols()[other];
                return count;
            }
            int swap = state;
            state = other;
            other = swap;
        }
        throw new DamagedException("a Huffman table has too many symbols");
    }

    /** The last symbol's weight is not written: it makes the sum a power of two. */
    private static Huffman of(byte[] weights, int count) throws IOException {
        int sum = 0;
        for (int i = 0; i < count; i++) {
            sum += weights[i] == 0 ? 0 : 1 << (weights[i] - 1);
        }
        int width = sum == 0 ? WIDTH_LIMIT + 1 : BitReader.highestBit(sum) + 1;
        int rest = (1 << width) - sum;
        if (width > WIDTH_LIMIT || Integer.bitCount(rest) != 1) {
            throw new DamagedException("a Huffman table does not add up");
        }
        byte[] all = Arrays.copyOf(weights, count + 1);
        all[count] = (byte) (BitReader.highestBit(rest) + 1);
        return fill(width, all);
    }

    private static Huffman fill(int width, byte[] weights) {
        byte[] symbols = new byte[1 << width];
        byte[] bits = new byte[1 << width];
        int at = 0;
        for (int weight = 1; weight <= width; weight++) {
            for (int symbol = 0; symbol < weights.length; symbol++) {
                if (weights[symbol] == weight) {
                    int next = at + (1 << (weight - 1));
                    Arrays.fill(symbols, at, next, (byte) symbol);
                    Arrays.fill(bits, at, next, (byte) (width + 1 - weight));
                    at = next;
                }
            }
        }
        return new Huffman(width, symbols, bits);
    }

    void decode(BitReader stream, byte[] target, int from, int to) throws IOException {
        for (int i = from; i < to; i++) {
            int code = stream.peek(width);
            target[i] = symbols[code];
            stream.skip(bits[code]);
        }
        if (stream.left() != 0) {
            throw new DamagedException("a Huffman stream has another length than announced");
        }
    }
}
