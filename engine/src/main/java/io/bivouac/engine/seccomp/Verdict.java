package io.bivouac.engine.seccomp;

/**
 * What the kernel may do with a system call. In the kernel's order: of several filters of one process the first of these
 * decides, and of several rules of one profile too.
 *
 * @see <a href="https://docs.kernel.org/userspace-api/seccomp_filter.html">Seccomp BPF, return values</a>
 */
enum Verdict {
    KILL_PROCESS(0x80000000),
    KILL_THREAD(0x00000000),
    TRAP(0x00030000),
    ERRNO(0x00050000),
    TRACE(0x7ff00000),
    LOG(0x7ffc0000),
    ALLOW(0x7fff0000);

    private static final int EPERM = 1;

    private final int value;

    Verdict(int value) {
        this.value = value;
    }

    int value() {
        return value;
    }

    /** Whether the action carries a number: the error the call ends with, or what the tracer is told. */
    boolean hasData() {
        return this == ERRNO || this == TRACE;
    }

    /** Whether the kernel carries the call out. */
    boolean isCarriedOut() {
        return this == LOG || this == ALLOW;
    }

    /** Whether the kernel, or a tracer in its place, carries the call out. */
    boolean isPermissive() {
        return this == TRACE || isCarriedOut();
    }

    boolean isStricterThan(Verdict other) {
        return compareTo(other) < 0;
    }

    /** The action, with EPERM where it carries a number. */
    Action action() {
        return new Action(this, hasData() ? EPERM : 0);
    }
}
