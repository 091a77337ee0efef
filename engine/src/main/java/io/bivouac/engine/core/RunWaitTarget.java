package io.bivouac.engine.core;

import io.bivouac.engine.ContainerException;
import io.bivouac.engine.ExitStatus;
import io.bivouac.engine.Health;
import io.bivouac.engine.LogLine;
import io.bivouac.engine.network.ContainerNetwork;
import io.bivouac.engine.wait.WaitTarget;
import io.bivouac.engine.warden.WardenConnection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/** Lets readiness look at a container that is being started. */
final class RunWaitTarget implements WaitTarget {
    private final ContainerRun run;
    private final Threads threads;
    private final ToIntFunction<List<String>> exec;
    private final List<CompletableFuture<Void>> followers = new CopyOnWriteArrayList<>();

    RunWaitTarget(ContainerRun run, Threads threads, ToIntFunction<List<String>> exec) {
        this.run = run;
        this.threads = threads;
        this.exec = exec;
    }

    @Override
    public String describe() {
        return run.describe();
    }

    @Override
    public AutoCloseable follow(Consumer<LogLine> consumer) {
        ContainerLogs.Follower follower = run.logs().followRun(consumer);
        followers.add(follower.finished());
        return follower;
    }

    /** After the last line has been looked at: it may be the one that was waited for. */
    @Override
    public CompletableFuture<ExitStatus> exit() {
        return run.exit()
                .thenCompose(status -> CompletableFuture.allOf(followers.toArray(CompletableFuture[]::new))
                        .thenApply(done -> status));
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // closing is what it is for; the one returned is what gets cancelled
    public CompletableFuture<Void> listening(int port) {
        CompletableFuture<Void> listening = new CompletableFuture<>();
        WardenConnection connection = run.warden().awaitPort(run.id(), port, ContainerNetwork.ADDRESS);
        threads.execute(() -> {
            try {
                Attempts.run("Waiting for the " + describe() + " to be ready failed", connection::await);
                listening.complete(null);
            } catch (ContainerException e) {
                // It has ended, which its exit tells better.
                connection.close();
            } catch (RuntimeException e) {
                // Nobody hears of it who does not wait any more.
                connection.close();
                listening.completeExceptionally(e);
            }
        });
        listening.whenComplete((done, failure) -> connection.close());
        return listening;
    }

    @Override
    public CompletableFuture<Health> settled() {
        return run.health().orElseThrow().settled();
    }

    @Override
    public Health health() {
        return run.health().orElseThrow().health();
    }

    @Override
    public int run(List<String> command) {
        return exec.applyAsInt(command);
    }

    @Override
    public List<String> lastLines(int count) {
        return run.drainedLogs().lastLines(count);
    }
}
