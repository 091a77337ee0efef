package io.bivouac.engine.store;

import io.bivouac.engine.HostException;
import io.bivouac.engine.io.AtomicFiles;
import io.bivouac.engine.io.FileLocks;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageReference;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Images on disk, shared by every engine of one user. Everything is written aside and renamed; readers take no locks; removal
 * of what nobody needs excludes whoever is bringing something in.
 */
public final class Store {
    private static final String VERSION = "3";
    /** What this version reads as it is, and writes on in its own form. */
    private static final String OLDER_VERSION = "2";

    private final StoreLayout layout;
    private final Blobs blobs;
    private final ImageIndex index;
    private final Pins pins;
    private final Leases leases;
    private final Reserve reserve;
    private final Downloads downloads;
    private final Garbage garbage;

    private Store(StoreLayout layout, Reserve reserve) {
        this.reserve = reserve;
        this.layout = layout;
        this.blobs = new Blobs(layout, reserve);
        this.index = new ImageIndex(layout, blobs);
        this.pins = new Pins(layout, index);
        this.leases = new Leases(layout);
        this.downloads = new Downloads(layout, blobs);
        this.garbage = new Garbage(layout, index, tree(), pins, leases, downloads);
    }

    /**
     * Opens a store, making it when it does not exist.
     *
     * @param reserve bytes that stay free on its file system; negative for the standard
     */
    public static Store open(Path root, long reserve) {
        StoreLayout layout = new StoreLayout(root);
        try {
            AtomicFiles.makePrivateFolder(root);
            checkVersion(layout);
            for (Path folder :
                    List.of(layout.blobs(), layout.references(), layout.layers(), layout.locks(), layout.sessions())) {
                Files.createDirectories(folder);
            }
            return new Store(layout, new Reserve(root, reserve));
        } catch (IOException e) {
            throw new HostException(
                    "The store " + root + " cannot be used: " + e.getMessage()
                            + ". Choose a writable place with -Dbivouac.store=FOLDER.",
                    e);
        }
    }

    private static void checkVersion(StoreLayout layout) throws IOException {
        try {
            String version = Files.readString(layout.version(), StandardCharsets.US_ASCII)
                    .strip();
            if (version.equals(OLDER_VERSION)) {
                mark(layout);
            } else if (!version.equals(VERSION)) {
                throw new IOException("it was written in format " + version
                        + " by another version of Bivouac, this one knows " + VERSION);
            }
        } catch (NoSuchFileException e) {
            mark(layout);
        }
    }

    private static void mark(StoreLayout layout) throws IOException {
        AtomicFiles.write(layout.version(), (VERSION + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    public StoreLayout layout() {
        return layout;
    }

    public Blobs blobs() {
        return blobs;
    }

    public ImageIndex index() {
        return index;
    }

    public ImageTree tree() {
        return new ImageTree(blobs);
    }

    public Downloads downloads() {
        return downloads;
    }

    /** What lies in it; it takes as long as looking at every file of unpacked layers. */
    public StoreSizes sizes() throws IOException {
        return StoreSizes.measure(layout);
    }

    /** Bytes that others may still write on its file system, and this store may not. */
    public long reserved() {
        return reserve.bytes();
    }

    /** Removes images by a rule, and whatever nobody needs. */
    public Prune.Result prune(Prune.Rule rule) throws IOException {
        StoreSizes sizes = sizes();
        Prune prune = new Prune(index, pins, sizes);
        return FileLocks.exclusive(layout.contentLock(), () -> {
            Prune.Result plan = prune.plan(rule, leases.live());
            if (rule.dryRun()) {
                return plan;
            }
            for (Prune.Removed removed : plan.images()) {
                index.remove(removed.image());
            }
            return plan.withFolders(garbage.collect(true));
        });
    }

    /** Fails when so many bytes more would not leave enough space. */
    public void requireSpace(long bytes) throws IOException {
        reserve.require(bytes);
    }

    /** Content that is read to be written here: reading fails when it would not leave enough space. */
    public InputStream keepingReserve(InputStream content) throws IOException {
        return reserve.watching(content);
    }

    /** Runs what brings in these blobs, which are not removed meanwhile though no image names them yet; it may take its time. */
    public <T, E extends Exception> T bringInSlowly(Collection<Digest> blobs, FileLocks.Action<T, E> action)
            throws IOException, E {
        Leases.Lease lease = bringIn(() -> leases.take(blobs));
        try {
            return action.run();
        } finally {
            lease.giveBack();
        }
    }

    /** Removes an image with all its names. What it needed stays until it is collected. */
    public void remove(Digest manifest) throws IOException {
        // Nobody tags meanwhile: the new name would lead nowhere.
        FileLocks.exclusive(layout.contentLock(), () -> {
            index.remove(manifest);
            return manifest;
        });
    }

    /** Removes a name, and the image when it was the last one. */
    public void untag(ImageReference reference) throws IOException {
        FileLocks.exclusive(layout.contentLock(), () -> {
            Optional<StoredImage> image = index.find(reference);
            index.untag(reference);
            if (image.isPresent()
                    && !index.names().containsValue(image.get().descriptor().digest())) {
                index.remove(image.get());
            }
            return reference;
        });
    }

    /** Fails when an image was removed; under a lease, what this does not fail for stays. */
    public void requireImage(StoredImage image) throws IOException {
        if (index.findByDigest(image.descriptor().digest()).isEmpty()) {
            throw removedMeanwhile(image);
        }
    }

    private static IOException removedMeanwhile(StoredImage image) {
        return new IOException("the image " + image.id().shortHex() + " was removed meanwhile");
    }

    /** Keeps an image, whatever becomes of its names, as long as the session exists. Call it before its layers are looked for. */
    public void pin(String sessionId, StoredImage image) throws IOException {
        bringIn(() -> {
            // Blobs of an image go all at once.
            if (!blobs.has(image.descriptor().digest())) {
                throw removedMeanwhile(image);
            }
            pins.add(sessionId, image);
            return image;
        });
    }

    /** Takes back what a session that is about to end has pinned. */
    public void unpin(String sessionId) throws IOException {
        pins.remove(sessionId);
    }

    /** Runs what brings in blobs or layers that no image names yet: nothing is collected meanwhile. */
    public <T, E extends Exception> T bringIn(FileLocks.Action<T, E> action) throws IOException, E {
        return FileLocks.shared(layout.contentLock(), action);
    }

    /**
     * Deletes blobs and unpacked layers that no image needs, and what writers that were killed left aside. Layers may hold files
     * of mapped ids: their folders are returned for the warden to remove, under names nobody looks up. What a session has pinned
     * stays, whichever process it belongs to.
     */
    public List<Path> collect() throws IOException {
        return FileLocks.exclusive(layout.contentLock(), () -> garbage.collect(false));
    }

    /**
     * Deletes what writers that were killed left aside, unless somebody is writing at this moment. Folders of layers are returned
     * for the warden to remove.
     */
    public List<Path> sweepAside() throws IOException {
        List<Path> unneeded = new ArrayList<>();
        FileLocks.ifFree(layout.contentLock(), () -> unneeded.addAll(garbage.sweepAside()));
        return unneeded;
    }

    static String name(Path file) {
        return file.getFileName().toString();
    }

    static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }
}
