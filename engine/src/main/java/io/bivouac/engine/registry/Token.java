package io.bivouac.engine.registry;

import java.time.Duration;

/**
 * What a token server gave.
 *
 * @param value shown to the registry as it is
 * @param expires by {@link System#nanoTime()}
 */
record Token(String value, long expires) {
    /** What the specification says where a server says nothing. */
    private static final long DEFAULT_SECONDS = 60;
    /** So long before its end it is not shown any more: the request takes its time, and clocks differ. */
    private static final long MARGIN_SECONDS = 5;

    static Token of(String value, long seconds) {
        long lifetime = seconds <= 0 ? DEFAULT_SECONDS : seconds;
        long used = Math.max(1, lifetime - MARGIN_SECONDS);
        return new Token(value, System.nanoTime() + Duration.ofSeconds(used).toNanos());
    }

    boolean isValid() {
        return System.nanoTime() - expires < 0;
    }

    @Override
    public String toString() {
        return "a token";
    }
}
