package io.bivouac.engine.seccomp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A program of the classic BPF machine as seccomp(2) runs it. Jumps of the machine reach at most 255 instructions and only
 * forward, so programs are put together from blocks that know nothing of what surrounds them.
 *
 * @see <a href="https://docs.kernel.org/networking/filter.html">Linux socket filtering</a>, seccomp(2)
 */
final class BpfProgram {
    private static final int LOAD_WORD = 0x20;
    private static final int JUMP_ALWAYS = 0x05;
    private static final int JUMP_EQUAL = 0x15;
    private static final int JUMP_GREATER_OR_EQUAL = 0x35;
    private static final int JUMP_ANY_BIT = 0x45;
    private static final int RETURN = 0x06;
    private static final int SHORT_JUMP = 255;
    private static final int INSTRUCTION_SIZE = 8;

    private BpfProgram() {}

    /** {@code struct sock_filter}. */
    record Instruction(int code, int ifTrue, int ifFalse, int value) {}

    static List<Instruction> load(int offset) {
        return List.of(new Instruction(LOAD_WORD, 0, 0, offset));
    }

    static List<Instruction> give(int action) {
        return List.of(new Instruction(RETURN, 0, 0, action));
    }

    static List<Instruction> ifEqual(int value, List<Instruction> then, List<Instruction> otherwise) {
        return branch(JUMP_EQUAL, value, then, otherwise);
    }

    static List<Instruction> ifAtLeast(int value, List<Instruction> then, List<Instruction> otherwise) {
        return branch(JUMP_GREATER_OR_EQUAL, value, then, otherwise);
    }

    static List<Instruction> ifAnyBit(int bits, List<Instruction> then, List<Instruction> otherwise) {
        return branch(JUMP_ANY_BIT, bits, then, otherwise);
    }

    /** Both blocks must end in a return. */
    private static List<Instruction> branch(int code, int value, List<Instruction> then, List<Instruction> otherwise) {
        List<Instruction> program = new ArrayList<>();
        if (otherwise.size() <= SHORT_JUMP) {
            program.add(new Instruction(code, otherwise.size(), 0, value));
        } else {
            program.add(new Instruction(code, 0, 1, value));
            program.add(new Instruction(JUMP_ALWAYS, 0, 0, otherwise.size()));
        }
        program.addAll(otherwise);
        program.addAll(then);
        return program;
    }

    static List<Instruction> sequence(List<Instruction> first, List<Instruction> second) {
        List<Instruction> program = new ArrayList<>(first);
        program.addAll(second);
        return program;
    }

    /** The bytes of an array of {@code struct sock_filter}. */
    static byte[] assemble(List<Instruction> program) {
        ByteBuffer bytes =
                ByteBuffer.allocate(program.size() * INSTRUCTION_SIZE).order(ByteOrder.nativeOrder());
        for (Instruction instruction : program) {
            bytes.putShort((short) instruction.code());
            bytes.put((byte) instruction.ifTrue());
            bytes.put((byte) instruction.ifFalse());
            bytes.putInt(instruction.value());
        }
        return bytes.array();
    }
}
