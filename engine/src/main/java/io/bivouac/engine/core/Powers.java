package io.bivouac.engine.core;

import io.bivouac.engine.Capability;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.HostException;
import io.bivouac.engine.io.KernelFiles;
import io.bivouac.engine.warden.IdMapping;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The capabilities of a container's processes, as bit masks; see capabilities(7). */
final class Powers {
    /** CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_RAW SYS_CHROOT MKNOD AUDIT_WRITE SETFCAP. */
    static final long STANDARD = 0xa80425fbL;

    private static final String ALL = "ALL";
    private static final String BOUNDING_SET = "CapBnd:";
    private static final int HEXADECIMAL = 16;

    private final IdMapping mapping;

    Powers(IdMapping mapping) {
        this.mapping = mapping;
    }

    /** The bounding set: what root has, and what no other user can gain more than. */
    long bounding(ContainerSpec spec) {
        if (spec.capAdd().isEmpty() && spec.capDrop().isEmpty() && !spec.privileged()) {
            return STANDARD;
        }
        long available = available();
        long powers = spec.privileged() ? available : STANDARD;
        if (contains(spec.capDrop(), ALL)) {
            powers = 0;
        }
        for (String name : spec.capAdd()) {
            powers |= name.equalsIgnoreCase(ALL) ? available : required(Capability.parse(name), available);
        }
        for (String name : spec.capDrop()) {
            powers &= name.equalsIgnoreCase(ALL) ? -1 : ~Capability.parse(name).bit();
        }
        return powers;
    }

    private static boolean contains(List<String> names, String name) {
        return names.stream().anyMatch(name::equalsIgnoreCase);
    }

    private static long required(Capability capability, long available) {
        if ((capability.bit() & available) == 0) {
            throw new HostException(
                    "The container cannot be given " + capability
                            + ": this process lacks it itself. Run it with that capability.",
                    null);
        }
        return capability.bit();
    }

    /** In a user namespace of our own there are all; otherwise no more than this process has. */
    private long available() {
        try {
            int last = Integer.parseInt(KernelFiles.read(Path.of("/proc/sys/kernel/cap_last_cap")));
            long all = -1L >>> (Long.SIZE - 1 - last);
            return mapping.rootless() ? all : all & ownBounding();
        } catch (IOException e) {
            throw new HostException("The capabilities of this host cannot be read: " + e.getMessage() + ".", e);
        }
    }

    private static long ownBounding() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"), StandardCharsets.ISO_8859_1)) {
            if (line.startsWith(BOUNDING_SET)) {
                return Long.parseUnsignedLong(
                        line.substring(BOUNDING_SET.length()).strip(), HEXADECIMAL);
            }
        }
        return 0;
    }
}
