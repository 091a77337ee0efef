package io.bivouac.engine.io;

import io.bivouac.engine.InterruptionException;

/**
 * Cleans up on a thread that may have been interrupted. Interruption closes every channel the thread then waits on, and cleaning
 * up is what interruption is for: the status is held back meanwhile, also when it comes late.
 */
public final class Uninterrupted {
    private Uninterrupted() {}

    /** What is to be done whatever happens. */
    @FunctionalInterface
    public interface Task<E extends Exception> {
        void run() throws E;
    }

    /** Runs it again when an interruption comes in the midst: it has to be right to do it twice. */
    public static <E extends Exception> void run(Task<E> task) throws E {
        boolean interrupted = Thread.interrupted();
        try {
            boolean done = false;
            while (!done) {
                done = attempt(task);
                interrupted |= !done;
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static <E extends Exception> boolean attempt(Task<E> task) throws E {
        try {
            task.run();
            return true;
        } catch (InterruptionException e) {
            if (!Thread.interrupted()) {
                throw e;
            }
            return false;
        }
    }
}
