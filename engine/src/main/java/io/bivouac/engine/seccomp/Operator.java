package io.bivouac.engine.seccomp;

/** How an argument of a system call is compared; all comparisons are unsigned. */
enum Operator {
    NE,
    LT,
    LE,
    EQ,
    GE,
    GT,
    /** The argument's bits of the condition's value are those of its second value. */
    MASKED_EQ
}
