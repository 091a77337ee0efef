package io.bivouac.engine.store;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of a store's parts. What files of an unpacked layer share by hard links counts once; what a rootless user may not look at,
 * since the image closes it to others, does not count.
 *
 * @param blobs by name
 * @param layers unpacked, by short name, of all maps of ids together
 * @param partials of downloads that were cut off
 */
public record StoreSizes(Map<String, Long> blobs, Map<String, Long> layers, long partials) {
    public StoreSizes {
        blobs = Map.copyOf(blobs);
        layers = Map.copyOf(layers);
    }

    static StoreSizes measure(StoreLayout layout) throws IOException {
        Map<String, Long> blobs = new HashMap<>();
        for (Path blob : Store.list(layout.blobs())) {
            blobs.put(Store.name(blob), blob.toFile().length());
        }
        Map<String, Long> layers = new HashMap<>();
        for (Path mapping : Store.list(layout.layers())) {
            for (Path layer : Store.list(mapping)) {
                if (Files.isDirectory(layer)) {
                    layers.merge(Store.name(layer), Tree.size(layer), Long::sum);
                }
            }
        }
        long partials = 0;
        for (Path partial : Store.list(layout.partials())) {
            partials += partial.toFile().length();
        }
        return new StoreSizes(blobs, layers, partials);
    }

    public long blobBytes() {
        return sum(blobs);
    }

    public long layerBytes() {
        return sum(layers);
    }

    public long total() {
        return blobBytes() + layerBytes() + partials;
    }

    private static long sum(Map<String, Long> sizes) {
        return sizes.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Adds up files, whoever removes some of them meanwhile. */
    private static final class Tree extends SimpleFileVisitor<Path> {
        private final Set<Object> seen = new HashSet<>();
        private long bytes;

        static long size(Path folder) throws IOException {
            Tree tree = new Tree();
            Files.walkFileTree(folder, tree);
            return tree.bytes;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (attributes.isRegularFile() && seen.add(Objects.requireNonNull(attributes.fileKey()))) {
                bytes += attributes.size();
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failure) {
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure) {
            return FileVisitResult.CONTINUE;
        }
    }
}
