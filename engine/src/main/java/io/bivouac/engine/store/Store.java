package io.bivouac.engine.store;

import io.bivouac.engine.HostException;
import io.bivouac.engine.io.AtomicFiles;
import io.bivouac.engine.io.FileLocks;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Images on disk, shared by every engine of one user. Everything is written aside and renamed; readers take no locks; removal
 * of what nobody needs excludes whoever is bringing something in.
 */
public final class Store {
    private static final String VERSION = "1";

    private final StoreLayout layout;
    private final Blobs blobs;
    private final ImageIndex index;
    private final Pins pins;

    private Store(StoreLayout layout) {
        this.layout = layout;
        this.blobs = new Blobs(layout);
        this.index = new ImageIndex(layout, blobs);
        this.pins = new Pins(layout, index);
    }

    /** Opens a store, making it when it does not exist. */
    public static Store open(Path root) {
        StoreLayout layout = new StoreLayout(root);
        try {
            AtomicFiles.makePrivateFolder(root);
            checkVersion(layout);
            for (Path folder :
                    List.of(layout.blobs(), layout.references(), layout.layers(), layout.locks(), layout.sessions())) {
                Files.createDirectories(folder);
            }
            return new Store(layout);
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
            if (!version.equals(VERSION)) {
                throw new IOException("it was written in format " + version
                        + " by another version of Bivouac, this one knows " + VERSION);
            }
        } catch (NoSuchFileException e) {
            AtomicFiles.write(layout.version(), (VERSION + "\n").getBytes(StandardCharsets.US_ASCII));
        }
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

    /** Keeps an image, whatever becomes of its names, as long as the session exists. Call it before its layers are looked for. */
    public void pin(String sessionId, StoredImage image) throws IOException {
        bringIn(() -> {
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
        return FileLocks.exclusive(layout.contentLock(), () -> {
            Needed needed = needed();
            for (Path blob : list(layout.blobs())) {
                if (!needed.blobs.contains(name(blob))) {
                    Files.deleteIfExists(blob);
                }
            }
            List<Path> unneeded = new ArrayList<>();
            for (Path mapping : list(layout.layers())) {
                for (Path layer : list(mapping)) {
                    if (!needed.layers.contains(name(layer).replace(LayerFolders.CHAIN_SUFFIX, ""))) {
                        setAside(layer, unneeded);
                    }
                }
            }
            return unneeded;
        });
    }

    /**
     * Deletes what writers that were killed left aside, unless somebody is writing at this moment. Folders of layers are returned
     * for the warden to remove.
     */
    public List<Path> sweepAside() throws IOException {
        List<Path> unneeded = new ArrayList<>();
        FileLocks.ifFree(layout.contentLock(), () -> {
            for (Path folder : List.of(layout.blobs(), layout.images(), layout.references(), layout.binaries())) {
                for (Path file : list(folder)) {
                    if (isAside(file)) {
                        Files.deleteIfExists(file);
                    }
                }
            }
            for (Path mapping : list(layout.layers())) {
                for (Path layer : list(mapping)) {
                    if (isAside(layer)) {
                        setAside(layer, unneeded);
                    }
                }
            }
            return unneeded;
        });
        return unneeded;
    }

    private static boolean isAside(Path file) {
        return name(file).startsWith(AtomicFiles.ASIDE);
    }

    /** Names of blobs and unpacked layers. */
    private record Needed(Set<String> blobs, Set<String> layers) {}

    private Needed needed() throws IOException {
        Needed needed = new Needed(new HashSet<>(), new HashSet<>());
        List<StoredImage> images = new ArrayList<>(index.list());
        images.addAll(pins.list());
        for (StoredImage image : images) {
            needed.blobs.add(image.descriptor().digest().hex());
            needed.blobs.add(image.id().hex());
            image.manifest().layers().stream()
                    .map(Descriptor::digest)
                    .map(Digest::hex)
                    .forEach(needed.blobs::add);
            image.chain().forEach(chain -> needed.layers.add(StoreLayout.layerName(chain)));
        }
        return needed;
    }

    private static void setAside(Path layer, List<Path> unneeded) throws IOException {
        if (Files.isRegularFile(layer)) {
            Files.deleteIfExists(layer);
            return;
        }
        Path aside = isAside(layer) ? layer : AtomicFiles.aside(layer);
        if (!aside.equals(layer)) {
            Files.move(layer, aside);
        }
        unneeded.add(aside);
    }

    private static String name(Path file) {
        return file.getFileName().toString();
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }
}
