package io.bivouac.engine.seccomp;

import java.util.List;
import java.util.Optional;

/**
 * A way to call the kernel: its numbers and the width of its arguments.
 *
 * @see <a href="https://github.com/torvalds/linux/blob/master/include/uapi/linux/audit.h">AUDIT_ARCH_…</a>
 */
enum CallingConvention {
    X86_64(0xc000003e, 0, false),
    X86(0x40000003, 0, true),
    /** 32-bit pointers on the x86-64 machine, whose numbers bit 30 tells apart. Those from 512 on are its own. */
    X32(0xc000003e, 0x40000000, false, 512),
    AARCH64(0xc00000b7, 0, false),
    /** From 0xf0000 on are calls that only this processor has. */
    ARM(0x40000028, 0, true, 0xf0000);

    private final int auditArchitecture;
    private final int base;
    private final boolean narrow;
    private final int ownNumbers;

    CallingConvention(int auditArchitecture, int base, boolean narrow) {
        this(auditArchitecture, base, narrow, 0);
    }

    CallingConvention(int auditArchitecture, int base, boolean narrow, int ownNumbers) {
        this.auditArchitecture = auditArchitecture;
        this.base = base;
        this.narrow = narrow;
        this.ownNumbers = ownNumbers;
    }

    /** What profiles call it. */
    String token() {
        return "SCMP_ARCH_" + name();
    }

    static Optional<CallingConvention> ofToken(String token) {
        for (CallingConvention convention : values()) {
            if (convention.token().equals(token)) {
                return Optional.of(convention);
            }
        }
        return Optional.empty();
    }

    /** What a filter is told; x32 shares it with x86-64. */
    int auditArchitecture() {
        return auditArchitecture;
    }

    /** Added to every number of the table. */
    int base() {
        return base;
    }

    /**
     * Whether only the low halves of arguments count. The kernel ignores the high ones then, but a filter sees them: a 64-bit
     * program that calls the 32-bit way may put anything there.
     */
    boolean isNarrow() {
        return narrow;
    }

    /** Where runs of numbers start, each of which grows at its end with new kernels. */
    List<Integer> segments() {
        return ownNumbers == 0 ? List.of(0) : List.of(0, ownNumbers);
    }
}
