package io.bivouac.engine.store;

import io.bivouac.engine.io.FileLocks;
import io.bivouac.engine.io.RandomNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Files and folders that users get, written beside their place and moved there when they are whole. A draft is locked as long as
 * somebody writes it; what a process that was killed has left is removed when the next one writes into the same folder.
 */
final class Drafts {
    private static final String PREFIX = ".bivouac-draft-";
    private static final String LOCK_SUFFIX = ".lock";
    private static final int NAME_BYTES = 8;
    private static final int ATTEMPTS = 10;

    private Drafts() {}

    /** Writes something at a place of its own, and gives it its name. */
    @FunctionalInterface
    interface Writing {
        void to(Path draft) throws IOException;
    }

    /** Lets something be written in the folder of the target. */
    static void write(Path target, Writing writing) throws IOException {
        Path folder = target.toAbsolutePath().resolveSibling(".").normalize();
        Files.createDirectories(folder);
        sweep(folder);
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Path draft = folder.resolve(PREFIX + RandomNames.hex(NAME_BYTES));
            Path lock = draft.resolveSibling(draft.getFileName() + LOCK_SUFFIX);
            if (FileLocks.exclusive(lock, () -> write(draft, lock, writing))) {
                return;
            }
        }
        throw new IOException(
                "the folder " + folder + " is tidied up again and again while something is written there");
    }

    /** False when somebody has taken the lock's file for a dead one's before it was locked. */
    private static boolean write(Path draft, Path lock, Writing writing) throws IOException {
        if (!Files.exists(lock)) {
            return false;
        }
        try {
            writing.to(draft);
            return true;
        } finally {
            delete(draft);
            Files.deleteIfExists(lock);
        }
    }

    private static void sweep(Path folder) throws IOException {
        for (Path lock : Store.list(folder)) {
            String name = Store.name(lock);
            if (name.startsWith(PREFIX) && name.endsWith(LOCK_SUFFIX)) {
                Path draft = lock.resolveSibling(name.substring(0, name.length() - LOCK_SUFFIX.length()));
                FileLocks.ifFree(lock, () -> {
                    delete(draft);
                    return Files.deleteIfExists(lock);
                });
            }
        }
    }

    private static void delete(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        List<Path> all;
        try (Stream<Path> files = Files.walk(path)) {
            all = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : all) {
            Files.deleteIfExists(file);
        }
    }
}
