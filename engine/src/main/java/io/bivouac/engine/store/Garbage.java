package io.bivouac.engine.store;

import io.bivouac.engine.io.AtomicFiles;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What no image and no session needs, and what writers that were killed left aside. Call it while nobody brings anything in. */
final class Garbage {
    private final StoreLayout layout;
    private final ImageIndex index;
    private final ImageTree tree;
    private final Pins pins;
    private final Leases leases;
    private final Downloads downloads;

    Garbage(StoreLayout layout, ImageIndex index, ImageTree tree, Pins pins, Leases leases, Downloads downloads) {
        this.layout = layout;
        this.index = index;
        this.tree = tree;
        this.pins = pins;
        this.leases = leases;
        this.downloads = downloads;
    }

    /** Names of blobs and unpacked layers. */
    private record Needed(Set<String> blobs, Set<String> layers) {}

    /**
     * Deletes blobs at once; layers may hold files of mapped ids, and are returned under names nobody looks up.
     *
     * @param all downloads that were cut off lately, too
     */
    List<Path> collect(boolean all) throws IOException {
        // Leases first: what is under one gets its name before it is given back.
        Set<String> leased = leases.live();
        index.removeUnnamedIndexes();
        Needed needed = needed();
        needed.blobs.addAll(leased);
        downloads.sweep(leased, all);
        for (Path blob : Store.list(layout.blobs())) {
            if (!needed.blobs.contains(Store.name(blob))) {
                Files.deleteIfExists(blob);
            }
        }
        List<Path> unneeded = new ArrayList<>();
        for (Path mapping : Store.list(layout.layers())) {
            for (Path layer : Store.list(mapping)) {
                if (!needed.layers.contains(layerOf(layer))) {
                    setAside(layer, unneeded);
                }
            }
        }
        return unneeded;
    }

    /** Deletes what lies aside, and returns the folders of layers among it. */
    List<Path> sweepAside() throws IOException {
        List<Path> unneeded = new ArrayList<>();
        for (Path folder : List.of(layout.blobs(), layout.images(), layout.references(), layout.binaries())) {
            for (Path file : Store.list(folder)) {
                if (isAside(file)) {
                    Files.deleteIfExists(file);
                }
            }
        }
        if (!Store.list(layout.partials()).isEmpty()) {
            downloads.sweep(leases.live(), false);
        }
        for (Path mapping : Store.list(layout.layers())) {
            for (Path layer : Store.list(mapping)) {
                if (isAside(layer)) {
                    setAside(layer, unneeded);
                }
            }
        }
        return unneeded;
    }

    static boolean isAside(Path file) {
        return Store.name(file).startsWith(AtomicFiles.ASIDE);
    }

    private Needed needed() throws IOException {
        Needed needed = new Needed(new HashSet<>(), new HashSet<>(Set.of(LayerFolders.SCAFFOLD)));
        for (Descriptor document : index.indexDescriptors()) {
            tree.read(document)
                    .all()
                    .forEach(blob -> needed.blobs.add(blob.digest().hex()));
        }
        List<StoredImage> images = new ArrayList<>(index.listAll());
        images.addAll(pins.list());
        for (StoredImage image : images) {
            image.blobs().stream().map(Digest::hex).forEach(needed.blobs::add);
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

    /** The layer a folder holds, or a file beside it is about. */
    private static String layerOf(Path file) {
        String name = Store.name(file);
        int suffix = name.indexOf('.');
        return suffix > 0 ? name.substring(0, suffix) : name;
    }
}
