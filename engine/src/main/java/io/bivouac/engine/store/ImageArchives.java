package io.bivouac.engine.store;

import io.bivouac.engine.io.AtomicFiles;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.ImageReference;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

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
                    loaded.add(bringIn(image));
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
                        boolean known = current.isPresent() && image.is(current.get());
                        return known ? current : Optional.of(bringIn(image));
                    }
                }
                return Optional.empty();
            } catch (IOException e) {
                throw new IOException(source + ": " + e.getMessage(), e);
            }
        });
    }

    private StoredImage bringIn(ArchivedImage image) throws IOException {
        Descriptor manifest = image.loader().load(store.blobs());
        StoredImage stored = store.index().add(manifest);
        for (ImageReference reference : names(image)) {
            store.index().tag(reference, stored);
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
            // Docker writes both forms into one archive; its own has the full names.
            if (source.open(DockerArchiveReader.MANIFEST).isPresent()) {
                return new DockerArchiveReader(source).images();
            }
            if (source.open(OciLayoutReader.MARK).isPresent()) {
                return new OciLayoutReader(source).images();
            }
            throw new IOException("it is neither an OCI image layout nor an archive of docker save");
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
        if (Files.isDirectory(path) || !isGzip(path)) {
            return new Opened(ArchiveSource.of(path), Optional.empty());
        }
        Path plain = AtomicFiles.aside(store.layout().blobs().resolve("archive"));
        try (InputStream in = GzipCompressorInputStream.builder()
                .setInputStream(new BufferedInputStream(Files.newInputStream(path)))
                .setDecompressConcatenated(true)
                .get()) {
            Files.copy(in, plain);
            return new Opened(ArchiveSource.of(plain), Optional.of(plain));
        } catch (IOException e) {
            Files.deleteIfExists(plain);
            throw e;
        }
    }

    private static boolean isGzip(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.read() == 0x1f && in.read() == 0x8b;
        }
    }
}
