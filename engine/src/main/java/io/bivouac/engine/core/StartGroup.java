package io.bivouac.engine.core;

import io.bivouac.engine.Container;
import io.bivouac.engine.InterruptionException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Containers started side by side: all or none. The first failure, and the interruption of whoever waits, interrupts the others;
 * every start is waited for, so that nothing is left running that nobody has a handle of.
 */
final class StartGroup {
    private final List<Start> starts = new ArrayList<>();
    private final Executor executor;

    StartGroup(Executor executor) {
        this.executor = executor;
    }

    /** One of them, on a thread of its own. */
    private final class Start implements Runnable {
        private final Supplier<DefaultContainer> task;
        private final CompletableFuture<DefaultContainer> result = new CompletableFuture<>();
        private @Nullable Thread thread;
        private boolean interrupted;

        private Start(Supplier<DefaultContainer> task) {
            this.task = task;
        }

        @Override
        public void run() {
            enter();
            try {
                result.complete(task.get());
            } catch (RuntimeException | Error e) {
                result.completeExceptionally(e);
                interruptAll();
            } finally {
                leave();
            }
        }

        private synchronized void enter() {
            thread = Thread.currentThread();
            if (interrupted) {
                thread.interrupt();
            }
        }

        /** The thread is the pool's, and its next task has nothing to do with this one. */
        private synchronized void leave() {
            thread = null;
            interrupted = Thread.interrupted();
        }

        private synchronized void interrupt() {
            interrupted = true;
            if (thread != null && !result.isDone()) {
                thread.interrupt();
            }
        }
    }

    void add(Supplier<DefaultContainer> task) {
        starts.add(new Start(task));
    }

    private void interruptAll() {
        starts.forEach(Start::interrupt);
    }

    /** Starts all and waits for all. */
    List<Container> run() {
        starts.forEach(this::begin);
        @Nullable InterruptedException interruption = awaitAll();
        List<Container> started = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        for (Start start : starts) {
            try {
                started.add(start.result.join());
            } catch (CompletionException e) {
                failures.add(Objects.requireNonNull(e.getCause()));
            }
        }
        if (interruption == null && failures.isEmpty()) {
            return List.copyOf(started);
        }
        started.forEach(Container::close);
        if (interruption != null) {
            Thread.currentThread().interrupt();
            throw new InterruptionException("Starting " + starts.size() + " containers ended", interruption);
        }
        throw first(failures);
    }

    private void begin(Start start) {
        try {
            executor.execute(start);
        } catch (RejectedExecutionException e) {
            start.result.completeExceptionally(Sessions.closed(e));
            interruptAll();
        }
    }

    private @Nullable InterruptedException awaitAll() {
        InterruptedException interruption = null;
        for (Start start : starts) {
            boolean done = false;
            while (!done) {
                try {
                    start.result.get();
                    done = true;
                } catch (InterruptedException e) {
                    interruption = e;
                    interruptAll();
                } catch (ExecutionException e) {
                    done = true;
                }
            }
        }
        return interruption;
    }

    /** The failure that interrupted the others; what else failed is suppressed. */
    private static RuntimeException first(List<Throwable> failures) {
        Throwable first = failures.stream()
                .filter(failure -> !(failure instanceof InterruptionException))
                .findFirst()
                .orElse(failures.get(0));
        failures.stream()
                .filter(failure -> failure != first && !(failure instanceof InterruptionException))
                .forEach(first::addSuppressed);
        if (first instanceof Error error) {
            throw error;
        }
        return (RuntimeException) first;
    }
}
