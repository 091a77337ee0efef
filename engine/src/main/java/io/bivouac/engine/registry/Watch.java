package io.bivouac.engine.registry;

import java.time.Duration;

/** Knows when something last moved. Java's client has a limit for the beginning of an answer, none within a body. */
final class Watch {
    private volatile long limit;
    private volatile long moved = System.nanoTime();

    Watch(Duration limit) {
        this.limit = limit.toNanos();
    }

    /** Something moved. */
    void touch() {
        moved = System.nanoTime();
    }

    /** Another limit from now on. */
    void allow(Duration changed) {
        limit = changed.toNanos();
        touch();
    }

    /** Nanoseconds until the limit is reached, if nothing moves. */
    long left() {
        return limit - (System.nanoTime() - moved);
    }

    Duration limit() {
        return Duration.ofNanos(limit);
    }
}
