package io.bivouac.engine.health;

import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Future;

/** What checking needs of a container and of its engine. */
public interface HealthTarget {
    /** Runs something short after a while. */
    Future<?> schedule(Runnable task, Duration delay);

    /** Runs something that may take long; cancelling with interruption ends it. */
    Future<?> submit(Runnable task);

    /**
     * Runs a command in the container: its exit code, or nothing when there is no container any more that it could tell of. Throws
     * {@link io.bivouac.engine.BivouacException} when it took too long or could not be run.
     *
     * @param output of both streams
     */
    OptionalInt run(List<String> command, Duration timeout, OutputStream output);

    /** For durations. */
    long nanoTime();

    Instant now();
}
