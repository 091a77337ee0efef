package io.bivouac.engine.core;

import io.bivouac.engine.ConfigurationException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Threads of an engine: daemons, made when needed, gone when idle. */
final class Threads implements Executor, AutoCloseable {
    private static final long IDLE_SECONDS = 60;

    private final ExecutorService workers = new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            named("bivouac-worker-"),
            (task, pool) -> {
                throw Sessions.closed(null);
            });
    private @Nullable ScheduledThreadPoolExecutor timer;

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
            if (!workers.isShutdown()) {
                workers.execute(task);
            }
        } catch (ConfigurationException e) {
            // Closed meanwhile.
        }
    }

    /** For what somebody waits for: after the end it throws that the engine is closed. */
    ExecutorService workers() {
        return workers;
    }

    /** May be cancelled with interruption. After the end nothing is run, as above. */
    Future<?> submit(Runnable task) {
        FutureTask<?> future = new FutureTask<>(task, null);
        execute(future);
        return future;
    }

    /** Runs something short after a while. After the end nothing is run, as above. */
    synchronized Future<?> schedule(Runnable task, Duration delay) {
        if (workers.isShutdown()) {
            return new FutureTask<>(task, null);
        }
        if (timer == null) {
            timer = new ScheduledThreadPoolExecutor(1, named("bivouac-timer-"));
            // What was cancelled may hold on to a container that is long gone.
            timer.setRemoveOnCancelPolicy(true);
        }
        return timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public synchronized void close() {
        workers.shutdown();
        if (timer != null) {
            timer.shutdownNow();
        }
    }
}
