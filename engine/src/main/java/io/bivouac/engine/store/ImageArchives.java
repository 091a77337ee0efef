package io.bivouac.engine.store;

import io.bivouac.engine.io.AtomicFiles;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageReference;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Brings images of layouts and archives into the store. */
public final class ImageArchives {
    private final Store store;

    public ImageArchives(Store store) {
        this.store = store;
    }

    /** Loads every image; each appears with its names when all its blobs are there. */
    public List<StoredImage> load(Path path) throws IOException {
        return store.bringIn(() -> {
            try (Opened archive = open(path)) {
                List<StoredImage> loaded = new ArrayList<>();
                for (ArchivedImage image : archive.images()) {
                    loaded.add(bringIn(image, ArchivedImage.Extent.ALL));
                }
                if (loaded.isEmpty()) {
                    throw new IOException("there is no image in it");
                }
                return loaded;
            }
        });
    }

    /**
     * Looks for an image of this name in a layout or archive and loads that one.
     *
     * @param current what the store has by that name: it is returned when the archive has the same
     */
    Optional<StoredImage> find(ImageReference reference, Path source, Optional<StoredImage> current)
            throws IOException {
        return store.bringIn(() -> {
            try (Opened archive = open(source)) {
                for (ArchivedImage image : archive.images()) {
                    if (names(image).contains(reference)) {
                        return isKnown(image, reference, current)
                                ? current
                                : Optional.of(bringIn(image, ArchivedImage.Extent.HOST));
                    }
                }
                return Optional.empty();
            } catch (IOException e) {
                throw new IOException(source + ": " + e.getMessage(), e);
            }
        });
    }

    private boolean isKnown(ArchivedImage image, ImageReference reference, Optional<StoredImage> current)
            throws IOException {
        if (current.isEmpty()) {
            return false;
        }
        Digest identity = image.identity();
        return identity.equals(current.get().descriptor().digest())
                || identity.equals(current.get().id())
                || store.index().indexOf(reference).equals(Optional.of(identity));
    }

    private StoredImage bringIn(ArchivedImage image, ArchivedImage.Extent extent) throws IOException {
        ArchivedImage.Loaded loaded = image.loader().load(store.blobs(), extent);
        StoredImage stored = store.index().add(loaded.manifest());
        if (loaded.index().isPresent()) {
            store.index().addIndex(loaded.index().get(), stored);
        }
        for (ImageReference reference : names(image)) {
            store.index().tag(reference, stored, loaded.index().map(Descriptor::digest));
        }
        return stored;
    }

    /** Names that are no references (a bare tag, a path) are left out: they name nothing outside the archive. */
    private static List<ImageReference> names(ArchivedImage image) {
        return image.references().stream().flatMap(name -> parse(name).stream()).toList();
    }

    private static Optional<ImageReference> parse(String name) {
        try {
            return Optional.of(ImageReference.parse(name));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private record Opened(ArchiveSource source, Optional<Path> unpacked) implements AutoCloseable {
        List<ArchivedImage> images() throws IOException {
            // Docker writes both forms into one archive; only this one has manifests, and with them digests.
            if (has(OciLayoutReader.MARK) && has(OciLayoutReader.INDEX)) {
                return new OciLayoutReader(source).images();
            }
            if (has(DockerArchiveReader.MANIFEST)) {
                return new DockerArchiveReader(source).images();
            }
            throw new IOException("it is neither an OCI image layout nor an archive of docker save");
        }

        private boolean has(String name) throws IOException {
            Optional<InputStream> file = source.open(name);
            if (file.isPresent()) {
                file.get().close();
            }
            return file.isPresent();
        }

        @Override
        public void close() throws IOException {
            source.close();
            if (unpacked.isPresent()) {
                Files.deleteIfExists(unpacked.get());
            }
        }
    }

    private Opened open(Path path) throws IOException {
        if (!Files.exists(path)) {
            throw new IOException("it does not exist");
        }
        if (Files.isDirectory(path) || !GzipFiles.isOne(path)) {
            return new Opened(ArchiveSource.of(path), Optional.empty());
        }
        Path plain = AtomicFiles.aside(store.layout().blobs().resolve("archive"));
        try {
            GzipFiles.inflate(path, plain);
            return new Opened(ArchiveSource.of(plain), Optional.of(plain));
        } catch (IOException e) {
            Files.deleteIfExists(plain);
            throw e;
        }
    }
}
