package io.bivouac.engine.seccomp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The classic BPF machine with everything seccomp(2) lets it do. Like the kernel it looks a program over before it runs it, see
 * bpf_check_classic and seccomp_check_filter.
 */
final class BpfMachine {
    private static final int SIZE = 8;
    private static final int LIMIT = 4096;
    private static final int DATA_SIZE = 64;
    private static final int MEMORY = 16;

    /** Instruction classes. */
    private static final int LD = 0x00;

    private static final int LDX = 0x01;
    private static final int ST = 0x02;
    private static final int STX = 0x03;
    private static final int ALU = 0x04;
    private static final int JMP = 0x05;
    private static final int RET = 0x06;

    private final ByteBuffer program;
    private final int length;

    BpfMachine(byte[] bytes) {
        program = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        length = bytes.length / SIZE;
        check(bytes.length % SIZE == 0 && length > 0 && length <= LIMIT, "length " + bytes.length);
        for (int at = 0; at < length; at++) {
            check(at);
        }
        int last = code(length - 1);
        check((last & 7) == RET, "the end is no return");
    }

    private int code(int at) {
        return program.getShort(at * SIZE) & 0xffff;
    }

    private int ifTrue(int at) {
        return program.get(at * SIZE + 2) & 0xff;
    }

    private int ifFalse(int at) {
        return program.get(at * SIZE + 3) & 0xff;
    }

    private int value(int at) {
        return program.getInt(at * SIZE + 4);
    }

    private static void check(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError("the kernel would not take the program: " + what);
        }
    }

    private void check(int at) {
        int code = code(at);
        int value = value(at);
        boolean isMemory = value >= 0 && value < MEMORY;
        boolean good = switch (code & 7) {
            case LD -> isLoad(code, value) || (code == 0x60 && isMemory);
            case LDX -> code == 0x81 || code == 0x01 || (code == 0x61 && isMemory);
            case ST, STX -> (code & ~7) == 0 && isMemory;
            case ALU -> isArithmetic(code, value);
            case JMP -> isJump(at, code, value);
            case RET -> code == 0x06 || code == 0x16;
            default -> code == 0x07 || code == 0x87;
        };
        check(good, "instruction 0x" + Integer.toHexString(code) + " at " + at + " of " + length);
    }

    private static boolean isLoad(int code, int value) {
        boolean inData = value >= 0 && value < DATA_SIZE && value % 4 == 0;
        return code == 0x80 || code == 0x00 || (code == 0x20 && inData);
    }

    private static boolean isArithmetic(int code, int value) {
        int operation = code & 0xf0;
        boolean constant = (code & 0x08) == 0;
        boolean isShift = value >= 0 && value < 32;
        return switch (operation) {
            case 0x00, 0x10, 0x20, 0x40, 0x50, 0xa0 -> true;
            case 0x30 -> !constant || value != 0;
            case 0x60, 0x70 -> !constant || isShift;
            case 0x80 -> constant;
            default -> false;
        };
    }

    private boolean isJump(int at, int code, int value) {
        if (code == 0x05) {
            return value >= 0 && value < length - at - 1;
        }
        int operation = code & 0xf0;
        return operation >= 0x10 && operation <= 0x40 && at + ifTrue(at) + 1 < length && at + ifFalse(at) + 1 < length;
    }

    /** What the kernel does with a call. */
    int run(int number, int architecture, long... arguments) {
        ByteBuffer data = ByteBuffer.allocate(DATA_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        data.putInt(number).putInt(architecture).putLong(0x7f00_1234_5678L);
        for (long argument : arguments) {
            data.putLong(argument);
        }
        return run(data);
    }

    private int run(ByteBuffer data) {
        int accumulator = 0;
        int index = 0;
        int[] memory = new int[MEMORY];
        for (int at = 0; ; at++) {
            int code = code(at);
            int value = value(at);
            int operand = (code & 0x08) == 0 ? value : index;
            switch (code & 7) {
                case LD -> accumulator = load(data, memory, code, value);
                case LDX -> index = code == 0x81 ? DATA_SIZE : code == 0x01 ? value : memory[value];
                case ST -> memory[value] = accumulator;
                case STX -> memory[value] = index;
                case ALU -> accumulator = compute(code & 0xf0, accumulator, operand);
                case JMP ->
                    at += code == 0x05 ? value : jumps(code & 0xf0, accumulator, operand) ? ifTrue(at) : ifFalse(at);
                case RET -> {
                    return code == 0x16 ? accumulator : value;
                }
                default -> {
                    index = code == 0x07 ? accumulator : index;
                    accumulator = code == 0x87 ? index : accumulator;
                }
            }
        }
    }

    private static int load(ByteBuffer data, int[] memory, int code, int value) {
        return switch (code) {
            case 0x20 -> data.getInt(value);
            case 0x80 -> DATA_SIZE;
            case 0x60 -> memory[value];
            default -> value;
        };
    }

    private static int compute(int operation, int accumulator, int operand) {
        return switch (operation) {
            case 0x00 -> accumulator + operand;
            case 0x10 -> accumulator - operand;
            case 0x20 -> accumulator * operand;
            // Division by a zero of the index register ends a program with 0 in the kernel: nothing writes such here.
            case 0x30 -> Integer.divideUnsigned(accumulator, operand);
            case 0x40 -> accumulator | operand;
            case 0x50 -> accumulator & operand;
            case 0x60 -> accumulator << operand;
            case 0x70 -> accumulator >>> operand;
            case 0x80 -> -accumulator;
            default -> accumulator ^ operand;
        };
    }

    private static boolean jumps(int operation, int accumulator, int operand) {
        return switch (operation) {
            case 0x10 -> accumulator == operand;
            case 0x20 -> Integer.compareUnsigned(accumulator, operand) > 0;
            case 0x30 -> Integer.compareUnsigned(accumulator, operand) >= 0;
            default -> (accumulator & operand) != 0;
        };
    }

    /** How many instructions there are. */
    int length() {
        return length;
    }
}
