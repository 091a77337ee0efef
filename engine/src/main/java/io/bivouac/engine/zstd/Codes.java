package io.bivouac.engine.zstd;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * One of the three kinds of numbers sequences are made of: a code stands for a base and for how many bits are added to it.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1.3.2.1">RFC 8878, sequence codes</a>
 */
final class Codes {
    private static final int PREDEFINED = 0;
    private static final int REPEATED = 1;
    private static final int COMPRESSED = 2;

    final int[] bases;
    final byte[] bits;
    private final int accuracyLimit;
    private final FiniteStates predefined;
    private @Nullable FiniteStates current;

    private Codes(int[] bases, byte[] bits, int accuracyLimit, FiniteStates predefined) {
        this.bases = bases;
        this.bits = bits;
        this.accuracyLimit = accuracyLimit;
        this.predefined = predefined;
    }

    static Codes literalLengths() {
        byte[] bits = new byte[36];
        fill(bits, 16, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
        int[] counts = {
            4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1,
            -1
        };
        return new Codes(bases(bits, 0), bits, 9, FiniteStates.of(6, counts, counts.length));
    }

    static Codes matchLengths() {
        byte[] bits = new byte[53];
        fill(bits, 32, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
        int[] counts = {
            1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
            1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1
        };
        return new Codes(bases(bits, 3), bits, 9, FiniteStates.of(6, counts, counts.length));
    }

    static Codes offsets() {
        byte[] bits = new byte[31];
        int[] bases = new int[31];
        for (int code = 0; code < bits.length; code++) {
            bits[code] = (byte) code;
            bases[code] = 1 << code;
        }
        int[] counts = {1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1};
        return new Codes(bases, bits, 8, FiniteStates.of(5, counts, counts.length));
    }

    private static void fill(byte[] bits, int from, int... values) {
        for (int i = 0; i < values.length; i++) {
            bits[from + i] = (byte) values[i];
        }
    }

    /** Each range begins where the one before it ends. */
    private static int[] bases(byte[] bits, int first) {
        int[] bases = new int[bits.length];
        int base = first;
        for (int code = 0; code < bits.length; code++) {
            bases[code] = base;
            base += 1 << bits[code];
        }
        return bases;
    }

    void forget() {
        current = null;
    }

    /** Reads the table the next sequences use. */
    FiniteStates read(Section in, int mode) throws IOException {
        FiniteStates states = switch (mode) {
            case PREDEFINED -> predefined;
            case REPEATED -> FiniteStates.of(in.next());
            case COMPRESSED -> FiniteStates.read(in, accuracyLimit, bases.length);
            default -> current;
        };
        if (states == null || (mode == REPEATED && (states.symbols()[0] & 0xff) >= bases.length)) {
            throw new DamagedException("a block has no table of sequences");
        }
        current = states;
        return states;
    }
}
