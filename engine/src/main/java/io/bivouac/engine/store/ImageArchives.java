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
import java.util.stream.Stream;
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

    /** Looks for an image of this name in layouts, archives or folders of them, and loads that one. */
    public Optional<StoredImage> find(ImageReference reference, List<Path> sources) throws IOException {
        for (Path source : candidates(sources)) {
            Optional<StoredImage> found = store.bringIn(() -> find(reference, source));
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private Optional<StoredImage> find(ImageReference reference, Path source) throws IOException {
        try (Opened archive = open(source)) {
            for (ArchivedImage image : archive.images()) {
                if (names(image).contains(reference)) {
                    return Optional.of(bringIn(image));
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            throw new IOException(source + ": " + e.getMessage(), e);
        }
    }

    /** Everything that looks like a layout or archive, in the given order, folders of them one level deep. */
    private static List<Path> candidates(List<Path> sources) throws IOException {
        List<Path> candidates = new ArrayList<>();
        for (Path source : sources) {
            if (looksLikeImages(source)) {
                candidates.add(source);
            } else if (Files.isDirectory(source)) {
                try (Stream<Path> children = Files.list(source)) {
                    children.filter(ImageArchives::looksLikeImages).sorted().forEach(candidates::add);
                }
            } else {
                throw new IOException("bivouac.images names " + source + ", which does not exist");
            }
        }
        return candidates;
    }

    private static boolean looksLikeImages(Path path) {
        if (Files.isDirectory(path)) {
            return Files.isRegularFile(path.resolve(OciLayoutReader.MARK))
                    || Files.isRegularFile(path.resolve(DockerArchiveReader.MANIFEST));
        }
        String name = path.getFileName().toString();
        return Files.isRegularFile(path)
                && (name.endsWith(".tar") || name.endsWith(".tar.gz") || name.endsWith(".tgz"));
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
