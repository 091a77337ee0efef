package io.bivouac.engine.wait;

import io.bivouac.engine.ExitStatus;
import io.bivouac.engine.Health;
import io.bivouac.engine.LogLine;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** What waiting needs to know of a container. */
public interface WaitTarget {
    /** {@code container db (image postgres:15)}, for messages. */
    String describe();

    /** Delivers lines logged before and to come, all before {@link #exit()} is acted on; closing ends it. */
    AutoCloseable follow(Consumer<LogLine> consumer);

    /** Completes when the first process has ended and every line it wrote was delivered. */
    CompletableFuture<ExitStatus> exit();

    /** Starts to wait for a listening port; cancelling ends it. */
    CompletableFuture<Void> listening(int port);

    /** Completes when the container has become healthy or unhealthy. Asked for only where it has a healthcheck. */
    CompletableFuture<Health> settled();

    /** What checks have found out until now; as above. */
    Health health();

    /** Runs a command once: its exit code. */
    int run(java.util.List<String> command);

    /** The last lines of the log, oldest first. */
    java.util.List<String> lastLines(int count);
}
