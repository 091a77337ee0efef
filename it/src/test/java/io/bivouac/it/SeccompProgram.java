package io.bivouac.it;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A filter as the engine made it, run by the instructions that the engine uses. */
final class SeccompProgram {
    private static final int SIZE = 8;
    private static final int DATA_SIZE = 64;

    private final ByteBuffer program;

    SeccompProgram(byte[] bytes) {
        program = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The value the kernel is given for a call. */
    int decide(int number, int architecture, long[] arguments) {
        ByteBuffer data = ByteBuffer.allocate(DATA_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        data.putInt(number).putInt(architecture).putLong(0);
        for (long argument : arguments) {
            data.putLong(argument);
        }
        int word = 0;
        for (int at = 0; ; at++) {
            int ifTrue = program.get(at * SIZE + 2) & 0xff;
            int ifFalse = program.get(at * SIZE + 3) & 0xff;
            int value = program.getInt(at * SIZE + 4);
            int order = Integer.compareUnsigned(word, value);
            switch (program.getShort(at * SIZE)) {
                case 0x20 -> word = data.getInt(value);
                case 0x54 -> word &= value;
                case 0x05 -> at += value;
                case 0x15 -> at += order == 0 ? ifTrue : ifFalse;
                case 0x25 -> at += order > 0 ? ifTrue : ifFalse;
                case 0x35 -> at += order >= 0 ? ifTrue : ifFalse;
                case 0x06 -> {
                    return value;
                }
                default -> throw new AssertionError("instruction at " + at);
            }
        }
    }
}
