package io.bivouac.engine.store;

import io.bivouac.engine.io.AtomicFiles;
import io.bivouac.engine.io.FileLocks;
import io.bivouac.engine.io.PartialFile;
import io.bivouac.engine.oci.Descriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/**
 * Blobs on their way in. Of several who want the same one brings it, the others wait; what is cut off stays for whoever wants it
 * next, in this process or another, for a day.
 */
public final class Downloads {
    private static final String LOCK_SUFFIX = ".lock";
    private static final Duration KEPT = Duration.ofDays(1);

    private final StoreLayout layout;
    private final Blobs blobs;

    Downloads(StoreLayout layout, Blobs blobs) {
        this.layout = layout;
        this.blobs = blobs;
    }

    /** Fills a file with a blob, going on behind what is there, and checks it. */
    @FunctionalInterface
    public interface Filling {
        void into(PartialFile file) throws IOException;
    }

    /** Brings in a blob that is under lease. */
    public void receive(Descriptor blob, Filling filling) throws IOException {
        Path partial = layout.partial(blob.digest());
        Files.createDirectories(partial.getParent());
        FileLocks.exclusive(lock(partial), () -> {
            if (!blobs.has(blob.digest())) {
                fill(partial, filling);
                AtomicFiles.commit(partial, layout.blob(blob.digest()));
            }
            return blob;
        });
    }

    private static void fill(Path partial, Filling filling) throws IOException {
        try (PartialFile file = PartialFile.open(partial)) {
            filling.into(file);
        } catch (IOException | RuntimeException e) {
            if (partial.toFile().length() == 0) {
                Files.deleteIfExists(partial);
            }
            throw e;
        }
    }

    private static Path lock(Path partial) {
        return partial.resolveSibling(partial.getFileName() + LOCK_SUFFIX);
    }

    /**
     * Deletes what was cut off and nobody goes on with; call it while nobody can begin.
     *
     * @param leased digits of the digests that somebody is bringing in
     * @param all recent ones, too
     */
    void sweep(Set<String> leased, boolean all) throws IOException {
        Instant oldest = Instant.now().minus(KEPT);
        for (Path file : Store.list(layout.partials())) {
            String name = Store.name(file);
            boolean lock = name.endsWith(LOCK_SUFFIX);
            String blob = lock ? name.substring(0, name.length() - LOCK_SUFFIX.length()) : name;
            boolean kept = leased.contains(blob)
                    || (!lock
                            && !all
                            && Files.getLastModifiedTime(file).toInstant().isAfter(oldest));
            if (!kept) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** Bytes of what was cut off. */
    long size() throws IOException {
        List<Path> files = Store.list(layout.partials());
        long size = 0;
        for (Path file : files) {
            size += file.toFile().length();
        }
        return size;
    }
}
