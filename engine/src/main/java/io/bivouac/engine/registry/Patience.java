package io.bivouac.engine.registry;

import java.time.Duration;

/**
 * How long a registry is waited for.
 *
 * @param contact until its first answer, and for each connection
 * @param mirrorContact the same for a mirror, behind which the registry itself is tried
 * @param answer until any other answer begins
 * @param stall within a body, from one piece to the next
 * @param attempts in a row without any progress
 * @param pause before the second attempt; it doubles from one to the next
 * @param longestPause what a registry may ask for by {@code Retry-After}; a longer one is a failure
 */
public record Patience(
        Duration contact,
        Duration mirrorContact,
        Duration answer,
        Duration stall,
        int attempts,
        Duration pause,
        Duration longestPause) {
    /** Name resolution, a mirror and the registry together stay below ten seconds. */
    public static Patience standard() {
        return new Patience(
                Duration.ofSeconds(6),
                Duration.ofSeconds(3),
                Duration.ofSeconds(60),
                Duration.ofSeconds(30),
                5,
                Duration.ofMillis(500),
                Duration.ofSeconds(60));
    }
}
