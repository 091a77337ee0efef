package io.bivouac.junit;

/** Carries the replay line into a failure's report. Not a failure itself: it has no stack. */
final class CapsuleNotice extends Exception {
    private static final long serialVersionUID = 1L;

    CapsuleNotice(String line) {
        super(line, null, false, false);
    }
}
