package io.bivouac.engine.seccomp;

/**
 * A verdict with its number.
 *
 * @param data the error number, or what the tracer is told; 0 where the verdict has none
 */
record Action(Verdict verdict, int data) {
    static final Action ALLOW = Verdict.ALLOW.action();
    static final Action KILL_PROCESS = Verdict.KILL_PROCESS.action();
    /** The error of a system call that the kernel does not have. */
    static final Action NO_SUCH_CALL = new Action(Verdict.ERRNO, 38);

    /** The value a filter returns. */
    int value() {
        return verdict.value() | data;
    }
}
