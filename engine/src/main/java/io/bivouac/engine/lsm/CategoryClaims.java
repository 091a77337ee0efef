package io.bivouac.engine.lsm;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Pairs of categories in use. Each is a byte of one file, locked as long as its container is there: the kernel gives it back
 * when this process ends, however it ends.
 */
final class CategoryClaims {
    /** By file, never closed: closing any descriptor of a file gives up all of a process's locks on it, see fcntl(2). */
    private static final Map<Path, FileChannel> CHANNELS = new HashMap<>();

    private static final int ATTEMPTS = 1000;

    private final Path file;
    private final Random random;

    /**
     * @param file made when it is missing; it stays empty
     */
    CategoryClaims(Path file) {
        // Locks keep pairs apart, not chance; SecureRandom would load the security providers on every cold start.
        this(file, new Random());
    }

    CategoryClaims(Path file, Random random) {
        this.file = file.toAbsolutePath().normalize();
        this.random = random;
    }

    /** A pair that is nobody else's. */
    record Claim(CategoryPair pair, FileLock lock) {}

    Claim claim() throws IOException {
        FileChannel channel = channel(file);
        for (int i = 0; i < ATTEMPTS; i++) {
            CategoryPair pair = any();
            FileLock lock = tryLock(channel, (long) pair.low() * CategoryPair.CATEGORIES + pair.high());
            if (lock != null) {
                return new Claim(pair, lock);
            }
        }
        throw new IOException("no pair of SELinux categories is free, says " + file);
    }

    private CategoryPair any() {
        int one = random.nextInt(CategoryPair.CATEGORIES);
        int other = random.nextInt(CategoryPair.CATEGORIES - 1);
        other += other >= one ? 1 : 0;
        return new CategoryPair(Math.min(one, other), Math.max(one, other));
    }

    private static @Nullable FileLock tryLock(FileChannel channel, long position) throws IOException {
        try {
            return channel.tryLock(position, 1, false);
        } catch (OverlappingFileLockException e) {
            // Of another container of this process.
            return null;
        }
    }

    private static FileChannel channel(Path file) throws IOException {
        synchronized (CHANNELS) {
            FileChannel channel = CHANNELS.get(file);
            if (channel == null) {
                Files.createDirectories(file.getParent());
                channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                CHANNELS.put(file, channel);
            }
            return channel;
        }
    }
}
