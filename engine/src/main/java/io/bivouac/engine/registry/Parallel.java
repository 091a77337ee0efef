package io.bivouac.engine.registry;

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
final class Parallel {
    private final Executor executor;
    private final int width;

    /** One of them. */
    @FunctionalInterface
    interface Task {
        void run() throws IOException;
    }

    Parallel(Executor executor, int width) {
        this.executor = executor;
        this.width = width;
    }

    void run(List<Task> tasks) throws IOException {
        Queue<Task> waiting = new ConcurrentLinkedQueue<>(tasks);
        List<Worker> workers = new ArrayList<>();
        for (int i = 0; i < Math.min(width, tasks.size()); i++) {
            workers.add(new Worker(waiting));
        }
        workers.forEach(executor::execute);
        boolean interrupted = false;
        Throwable failure = null;
        for (Worker worker : workers) {
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
        finish(interrupted, failure);
    }

    private static boolean isInterruption(Throwable failure) {
        return failure instanceof InterruptedIOException;
    }

    private static void finish(boolean interrupted, @Nullable Throwable failure) throws IOException {
        if (interrupted) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
        if (failure instanceof IOException cause) {
            throw cause;
        }
        if (failure instanceof RuntimeException cause) {
            throw cause;
        }
        if (failure != null) {
            throw new IOException(failure);
        }
    }

    /** Takes one task after the other. */
    private static final class Worker implements Runnable {
        private final Queue<Task> waiting;
        private final CompletableFuture<Boolean> result = new CompletableFuture<>();
        private @Nullable Thread thread;
        private boolean ended;

        private Worker(Queue<Task> waiting) {
            this.waiting = waiting;
        }

        @Override
        public void run() {
            enter();
            try {
                for (Task task = waiting.poll(); task != null; task = waiting.poll()) {
                    task.run();
                }
                leave();
                result.complete(true);
            } catch (IOException | RuntimeException | Error e) {
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
