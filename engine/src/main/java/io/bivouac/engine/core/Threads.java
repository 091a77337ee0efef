package io.bivouac.engine.core;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Threads of an engine: daemons, made when needed, gone when idle. */
final class Threads implements Executor, AutoCloseable {
    private final ExecutorService workers = Executors.newCachedThreadPool(named("bivouac-worker-"));
    private @Nullable ScheduledExecutorService timer;

    private static ThreadFactory named(String prefix) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, prefix + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    /** After the end nothing is run: what would be done concerns containers that are gone. */
    @Override
    public void execute(Runnable task) {
        try {
            workers.execute(task);
        } catch (RejectedExecutionException e) {
            if (!workers.isShutdown()) {
                throw e;
            }
        }
    }

    ExecutorService workers() {
        return workers;
    }

    synchronized ScheduledExecutorService timer() {
        if (timer == null) {
            timer = Executors.newSingleThreadScheduledExecutor(named("bivouac-timer-"));
        }
        return timer;
    }

    @Override
    public synchronized void close() {
        workers.shutdown();
        if (timer != null) {
            timer.shutdownNow();
        }
    }
}
