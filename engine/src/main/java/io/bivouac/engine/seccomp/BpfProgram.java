package io.bivouac.engine.seccomp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A program of the classic BPF machine as seccomp(2) runs it, written from its end to its start: jumps lead forward only, so
 * what an instruction jumps to is there when it is written. Instructions are called by their distance from the end.
 *
 * <p>What was written already is not written again but jumped to: most of a filter are the same few returns.
 *
 * @see <a href="https://docs.kernel.org/networking/filter.html">Linux socket filtering</a>, seccomp(2)
 */
final class BpfProgram {
    /** The most the kernel takes, BPF_MAXINSNS. */
    static final int LIMIT = 4096;

    static final int EQUAL = 0x15;
    static final int GREATER = 0x25;
    static final int AT_LEAST = 0x35;

    private static final int LOAD_WORD = 0x20;
    private static final int AND = 0x54;
    private static final int JUMP = 0x05;
    private static final int RETURN = 0x06;

    private static final int INSTRUCTION_SIZE = 8;
    /** The longest way of a conditional jump is 255; both of its targets may still have to be brought nearer. */
    private static final int NEAR = 253;

    /** {@code struct sock_filter}, with the instructions it jumps to instead of distances; 0 where it does not jump. */
    private record Instruction(int code, int value, int ifTrue, int ifFalse) {}

    /** The last one first. */
    private final List<Instruction> written = new ArrayList<>();

    private final Map<Instruction, Integer> places = new HashMap<>();
    /** The nearest jump to an instruction that was too far away. */
    private final Map<Integer, Integer> stepping = new HashMap<>();

    /** Says that a program does not fit into {@link #LIMIT} instructions. */
    static final class TooLongException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** Ends the program with this action. */
    int give(int action) {
        Instruction instruction = new Instruction(RETURN, action, 0, 0);
        Integer known = places.get(instruction);
        return known != null && isNear(known) ? known : write(instruction);
    }

    /** Loads a word of {@code struct seccomp_data} and goes on there. */
    int load(int offset, int next) {
        return before(LOAD_WORD, offset, next);
    }

    /** Clears the bits of the loaded word that are not in the mask, and goes on there. */
    int mask(int mask, int next) {
        return before(AND, mask, next);
    }

    /**
     * Compares the loaded word, as an unsigned one.
     *
     * @param code {@link #EQUAL}, {@link #GREATER} or {@link #AT_LEAST}
     */
    int branch(int code, int value, int ifTrue, int ifFalse) {
        if (ifTrue == ifFalse) {
            return ifTrue;
        }
        int then = near(ifTrue);
        int otherwise = near(ifFalse);
        return find(new Instruction(code, value, then, otherwise));
    }

    private int before(int code, int value, int next) {
        Integer known = places.get(new Instruction(code, value, next, 0));
        if (known != null) {
            return known;
        }
        if (next != written.size()) {
            write(isReturn(next) ? written.get(next - 1) : new Instruction(JUMP, 0, next, 0));
        }
        int place = write(new Instruction(code, value, written.size(), 0));
        places.put(new Instruction(code, value, next, 0), place);
        return place;
    }

    private int find(Instruction instruction) {
        Integer known = places.get(instruction);
        return known != null ? known : write(instruction);
    }

    private int write(Instruction instruction) {
        if (written.size() == LIMIT) {
            throw new TooLongException();
        }
        written.add(instruction);
        places.put(instruction, written.size());
        return written.size();
    }

    private boolean isNear(int place) {
        return written.size() - place <= NEAR;
    }

    private boolean isReturn(int place) {
        return written.get(place - 1).code() == RETURN;
    }

    /** The instruction, a copy of it, or a jump to it: near enough for a conditional jump. */
    private int near(int place) {
        if (isNear(place)) {
            return place;
        }
        if (isReturn(place)) {
            return give(written.get(place - 1).value());
        }
        Integer step = stepping.get(place);
        if (step == null || !isNear(step)) {
            step = write(new Instruction(JUMP, 0, place, 0));
            stepping.put(place, step);
        }
        return step;
    }

    /** How many instructions there are. */
    int size() {
        return written.size();
    }

    /** The bytes of an array of {@code struct sock_filter}; the instruction written last is where the program starts. */
    byte[] assemble() {
        // Every processor there are filters for is little-endian, and filters are made on others than they run on.
        ByteBuffer bytes =
                ByteBuffer.allocate(written.size() * INSTRUCTION_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        for (int place = written.size(); place > 0; place--) {
            Instruction instruction = written.get(place - 1);
            boolean conditional = instruction.ifFalse() != 0;
            int value = instruction.code() == JUMP ? place - instruction.ifTrue() - 1 : instruction.value();
            bytes.putShort((short) instruction.code());
            bytes.put((byte) (conditional ? place - instruction.ifTrue() - 1 : 0));
            bytes.put((byte) (conditional ? place - instruction.ifFalse() - 1 : 0));
            bytes.putInt(value);
        }
        return bytes.array();
    }
}
