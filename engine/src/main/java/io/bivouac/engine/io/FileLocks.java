package io.bivouac.engine.io;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.FileLockInterruptionException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * Locks that exclude both other threads of this process and other processes. The kernel's locks belong to a process, so within
 * one JVM a second attempt on the same file would throw instead of wait: threads queue at a lock of their own first.
 *
 * <p>Released by the kernel when the process ends, however it ends.
 */
public final class FileLocks {
    private static final long POLL_MILLIS = 20;

    private static final ConcurrentHashMap<Path, Entry> ENTRIES = new ConcurrentHashMap<>();

    private FileLocks() {}

    /** What is done under a lock. */
    @FunctionalInterface
    public interface Action<T, E extends Exception> {
        T run() throws IOException, E;
    }

    /** The threads' lock of one file, and the kernel's lock the readers among them share. */
    private static final class Entry {
        private final ReentrantReadWriteLock threads = new ReentrantReadWriteLock(true);
        private int readers;
        private @Nullable FileChannel channel;
        private @Nullable FileLock lock;

        private synchronized void addReader(Path file) throws IOException {
            if (readers == 0) {
                lock(file, true);
            }
            readers++;
        }

        private synchronized void removeReader() throws IOException {
            readers--;
            if (readers == 0) {
                unlock();
            }
        }

        private synchronized void lock(Path file, boolean shared) throws IOException {
            FileChannel opened = open(file);
            try {
                lock = waitFor(opened, shared);
                channel = opened;
            } catch (IOException | RuntimeException e) {
                opened.close();
                throw e;
            }
        }

        /**
         * The kernel sees processes, not threads: two that hold locks and wait for the other's, with threads that have nothing
         * to do with each other, look like a deadlock, and one is refused, see fcntl(2), EDEADLK. Asking again and again is not.
         */
        private static FileLock waitFor(FileChannel opened, boolean shared) throws IOException {
            try {
                return opened.lock(0, Long.MAX_VALUE, shared);
            } catch (ClosedChannelException | FileLockInterruptionException e) {
                throw e;
            } catch (IOException e) {
                FileLock polled = opened.tryLock(0, Long.MAX_VALUE, shared);
                while (polled == null) {
                    pause();
                    polled = opened.tryLock(0, Long.MAX_VALUE, shared);
                }
                return polled;
            }
        }

        private static void pause() throws IOException {
            try {
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new FileLockInterruptionException();
            }
        }

        private synchronized boolean tryLock(Path file) throws IOException {
            FileChannel opened = open(file);
            try {
                lock = opened.tryLock();
                channel = lock == null ? null : opened;
                return lock != null;
            } finally {
                if (lock == null) {
                    opened.close();
                }
            }
        }

        private static FileChannel open(Path file) throws IOException {
            return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        }

        private synchronized void unlock() throws IOException {
            if (lock != null && channel != null) {
                lock.release();
                channel.close();
            }
        }
    }

    /** Runs the action while no exclusive holder exists; waits for that. */
    public static <T, E extends Exception> T shared(Path file, Action<T, E> action) throws IOException, E {
        Entry entry = entry(file);
        Lock threads = entry.threads.readLock();
        lock(threads);
        try {
            entry.addReader(file);
            try {
                return action.run();
            } finally {
                entry.removeReader();
            }
        } finally {
            threads.unlock();
        }
    }

    /** Runs the action while no other holder exists; waits for that. The caller must not hold the lock shared. */
    public static <T, E extends Exception> T exclusive(Path file, Action<T, E> action) throws IOException, E {
        Entry entry = entry(file);
        Lock threads = entry.threads.writeLock();
        lock(threads);
        try {
            entry.lock(file, false);
            try {
                return action.run();
            } finally {
                entry.unlock();
            }
        } finally {
            threads.unlock();
        }
    }

    /** Runs the action if no other holder exists at this moment; false when one does. */
    public static <E extends Exception> boolean ifFree(Path file, Action<?, E> action) throws IOException, E {
        Entry entry = entry(file);
        Lock threads = entry.threads.writeLock();
        if (!threads.tryLock()) {
            return false;
        }
        try {
            if (!entry.tryLock(file)) {
                return false;
            }
            try {
                action.run();
                return true;
            } finally {
                entry.unlock();
            }
        } finally {
            threads.unlock();
        }
    }

    /** Interruption ends the wait as it does for the kernel's lock. */
    private static void lock(Lock threads) throws IOException {
        try {
            threads.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FileLockInterruptionException();
        }
    }

    private static Entry entry(Path file) {
        return ENTRIES.computeIfAbsent(file.toAbsolutePath().normalize(), key -> new Entry());
    }
}
