package io.bivouac.engine.io;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Tasks side by side, a few at a time. The first failure, and the interruption of whoever waits, ends all; each is waited for. */
public final class Parallel {
    private final Executor executor;
    private final int width;

    /** One of them. */
    @FunctionalInterface
    public interface Task<E extends Exception> {
        void run() throws IOException, E;
    }

    /**
     * Tasks for these threads.
     *
     * @param width how many at a time; they are begun in their order
     */
    public Parallel(Executor executor, int width) {
        this.executor = executor;
        this.width = width;
    }

    /** Runs tasks that throw nothing of their own. */
    public void run(List<Task<RuntimeException>> tasks) throws IOException {
        run(tasks, RuntimeException.class);
    }

    /**
     * Runs tasks.
     *
     * @param own what they throw beside {@link IOException}
     */
    public <E extends Exception> void run(List<? extends Task<E>> tasks, Class<E> own) throws IOException, E {
        Queue<Task<E>> waiting = new ConcurrentLinkedQueue<>(tasks);
        List<Worker<E>> workers = new ArrayList<>();
        for (int i = 0; i < Math.min(width, tasks.size()); i++) {
            workers.add(new Worker<>(waiting));
        }
        workers.forEach(executor::execute);
        boolean interrupted = false;
        Throwable failure = null;
        for (Worker<E> worker : workers) {
            boolean done = false;
            while (!done) {
                try {
                    worker.result.get();
                    done = true;
                } catch (InterruptedException e) {
                    interrupted = true;
                    workers.forEach(Worker::end);
                } catch (ExecutionException e) {
                    failure = failure == null || isInterruption(failure) ? e.getCause() : failure;
                    workers.forEach(Worker::end);
                    done = true;
                }
            }
        }
        finish(interrupted, failure, own);
    }

    private static boolean isInterruption(Throwable failure) {
        return failure instanceof InterruptedIOException;
    }

    private static <E extends Exception> void finish(boolean interrupted, @Nullable Throwable failure, Class<E> own)
            throws IOException, E {
        if (interrupted) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
        if (failure instanceof IOException cause) {
            throw cause;
        }
        if (own.isInstance(failure)) {
            throw own.cast(failure);
        }
        if (failure instanceof RuntimeException cause) {
            throw cause;
        }
        if (failure != null) {
            throw new IOException(failure);
        }
    }

    /** Takes one task after the other. */
    private static final class Worker<E extends Exception> implements Runnable {
        private final Queue<Task<E>> waiting;
        private final CompletableFuture<Boolean> result = new CompletableFuture<>();
        private @Nullable Thread thread;
        private boolean ended;

        private Worker(Queue<Task<E>> waiting) {
            this.waiting = waiting;
        }

        @Override
        public void run() {
            enter();
            try {
                for (Task<E> task = waiting.poll(); task != null; task = waiting.poll()) {
                    task.run();
                }
                leave();
                result.complete(true);
            } catch (Exception | Error e) {
                waiting.clear();
                leave();
                result.completeExceptionally(e);
            }
        }

        private synchronized void enter() {
            thread = Thread.currentThread();
            if (ended) {
                waiting.clear();
            }
        }

        /** The thread is the pool's, and its next task has nothing to do with these. */
        private synchronized void leave() {
            thread = null;
            ended |= Thread.interrupted();
        }

        private synchronized void end() {
            ended = true;
            waiting.clear();
            if (thread != null) {
                thread.interrupt();
            }
        }
    }
}
