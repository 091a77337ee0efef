package io.bivouac.engine.seccomp;

/**
 * What an argument of a system call must be.
 *
 * @param argument 0 to 5
 * @param value what it is compared with; the mask of {@link Operator#MASKED_EQ}
 * @param second what the masked argument must be; unused otherwise
 */
record Condition(int argument, Operator operator, long value, long second) {
    private static final long LOW = 0xffffffffL;

    /**
     * The same for a calling convention whose arguments have 32 bits: a negative number written with 64 bits is meant as one
     * of 32.
     */
    Condition narrow() {
        return new Condition(argument, operator, narrow(value), narrow(second));
    }

    private static long narrow(long number) {
        return number == (int) number ? number & LOW : number;
    }
}
