package io.bivouac.engine.cgroup;

import io.bivouac.engine.warden.CgroupPlan;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Which devices a container's processes may open: those every container is given, and whatever else it was given. Any may be
 * made, as images hold them; its mounts let it open none of those.
 *
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v1/devices.html">Device Whitelist Controller</a>,
 *     <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html#device-controller">cgroup-v2, device controller</a>
 */
final class DeviceRules {
    private static final int ANY = -1;

    /** null, zero, full, random, urandom, tty, console, ptmx, and every pseudo-terminal. */
    private static final List<HostDevice> STANDARD = List.of(
            new HostDevice(false, 1, 3),
            new HostDevice(false, 1, 5),
            new HostDevice(false, 1, 7),
            new HostDevice(false, 1, 8),
            new HostDevice(false, 1, 9),
            new HostDevice(false, 5, 0),
            new HostDevice(false, 5, 1),
            new HostDevice(false, 5, 2),
            new HostDevice(false, 136, ANY));

    private final List<HostDevice> devices;

    DeviceRules(List<HostDevice> more) {
        devices = new ArrayList<>(STANDARD);
        devices.addAll(more);
    }

    /** For a hierarchy of version 1. */
    List<CgroupPlan.Setting> settings() {
        List<CgroupPlan.Setting> settings = new ArrayList<>();
        settings.add(new CgroupPlan.Setting("devices.deny", "a"));
        settings.add(new CgroupPlan.Setting("devices.allow", "c *:* m"));
        settings.add(new CgroupPlan.Setting("devices.allow", "b *:* m"));
        devices.forEach(device -> settings.add(new CgroupPlan.Setting("devices.allow", text(device))));
        return settings;
    }

    private static String text(HostDevice device) {
        String minor = device.minor() == ANY ? "*" : Integer.toString(device.minor());
        return (device.block() ? "b " : "c ") + device.major() + ":" + minor + " rwm";
    }

    /** For version 2, which asks a program: it is given {@code struct bpf_cgroup_dev_ctx} and answers 1 to allow. */
    byte[] program() {
        EbpfProgram program = new EbpfProgram(devices.size() * 5 + 12);
        program.loadWord(2, 1, 0).copy(3, 2).and(3, 0xffff).shiftRight(2, 16);
        program.loadWord(4, 1, 4).loadWord(5, 1, 8);
        // Making one, and nothing else.
        program.skipUnless(2, 1, 2).give(1).end();
        for (HostDevice device : devices) {
            boolean any = device.minor() == ANY;
            program.skipUnless(3, device.block() ? 1 : 2, any ? 3 : 4).skipUnless(4, device.major(), any ? 2 : 3);
            if (!any) {
                program.skipUnless(5, device.minor(), 2);
            }
            program.give(1).end();
        }
        return program.give(0).end().bytes();
    }

    /**
     * Instructions of eight bytes: code, target and source register, jump or offset, constant.
     *
     * @see <a href="https://docs.kernel.org/bpf/standardization/instruction-set.html">BPF instruction set</a>
     */
    private static final class EbpfProgram {
        private static final int SIZE = 8;
        private static final int LOAD_WORD = 0x61;
        private static final int COPY = 0xbf;
        private static final int AND = 0x57;
        private static final int SHIFT_RIGHT = 0x77;
        private static final int SET = 0xb7;
        private static final int JUMP_UNLESS_EQUAL = 0x55;
        private static final int EXIT = 0x95;

        private final ByteBuffer code;

        private EbpfProgram(int most) {
            code = ByteBuffer.allocate(most * SIZE).order(ByteOrder.LITTLE_ENDIAN);
        }

        private EbpfProgram add(int operation, int target, int source, int offset, int constant) {
            code.put((byte) operation)
                    .put((byte) (source << 4 | target))
                    .putShort((short) offset)
                    .putInt(constant);
            return this;
        }

        private EbpfProgram loadWord(int target, int base, int offset) {
            return add(LOAD_WORD, target, base, offset, 0);
        }

        private EbpfProgram copy(int target, int source) {
            return add(COPY, target, source, 0, 0);
        }

        private EbpfProgram and(int target, int mask) {
            return add(AND, target, 0, 0, mask);
        }

        private EbpfProgram shiftRight(int target, int bits) {
            return add(SHIFT_RIGHT, target, 0, 0, bits);
        }

        private EbpfProgram skipUnless(int register, int value, int instructions) {
            return add(JUMP_UNLESS_EQUAL, register, 0, instructions, value);
        }

        private EbpfProgram give(int value) {
            return add(SET, 0, 0, 0, value);
        }

        private EbpfProgram end() {
            return add(EXIT, 0, 0, 0, 0);
        }

        private byte[] bytes() {
            byte[] bytes = new byte[code.position()];
            code.flip().get(bytes);
            return bytes;
        }
    }
}
