package io.bivouac.engine.core;

import io.bivouac.engine.io.DigestingInputStream;
import io.bivouac.engine.layer.LayerCompression;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageConfig;
import io.bivouac.engine.oci.ImageReference;
import io.bivouac.engine.oci.Manifest;
import io.bivouac.engine.oci.MediaTypes;
import io.bivouac.engine.oci.Platform;
import io.bivouac.engine.store.Store;
import io.bivouac.engine.store.StoredImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** Makes an image of a tar that holds a whole user space. The archive becomes its one layer, byte for byte. */
final class RootfsImport {
    private final Store store;

    RootfsImport(Store store) {
        this.store = store;
    }

    StoredImage run(Path archive, ImageReference reference) throws IOException {
        // The same archive makes the same image.
        String created = Files.getLastModifiedTime(archive)
                .toInstant()
                .truncatedTo(ChronoUnit.SECONDS)
                .toString();
        return store.bringIn(() -> {
            Descriptor layer = add(archive);
            ImageConfig config = ImageConfig.empty(Platform.host())
                    .withLayer(diffIdOf(layer), created, "import of " + archive.getFileName());
            Descriptor stored = store.blobs().addJson(MediaTypes.CONFIG, config.json());
            Manifest manifest = Manifest.ofImage(stored, List.of(layer));
            StoredImage image = store.index().add(store.blobs().addJson(MediaTypes.MANIFEST, manifest.toJson()));
            store.index().tag(reference, image);
            return image;
        });
    }

    private Descriptor add(Path archive) throws IOException {
        LayerCompression compression;
        try (InputStream in = Files.newInputStream(archive)) {
            compression = LayerCompression.detect(in);
        }
        try (InputStream in = Files.newInputStream(archive)) {
            return store.blobs().add(compression.mediaType(), in::transferTo);
        }
    }

    /** Reads what was stored, not the archive, which somebody may be writing to. */
    private Digest diffIdOf(Descriptor layer) throws IOException {
        try (DigestingInputStream plain = new DigestingInputStream(
                LayerCompression.decompress(store.blobs().open(layer.digest())))) {
            if (isEmpty(plain)) {
                throw new IOException("there are no files in it");
            }
            plain.drain();
            return plain.digest();
        }
    }

    private static boolean isEmpty(InputStream plain) throws IOException {
        TarArchiveInputStream tar = new TarArchiveInputStream(plain);
        try {
            boolean empty = true;
            while (tar.getNextEntry() != null) {
                empty = false;
            }
            return empty;
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException("it is no whole tar archive: " + e.getMessage(), e);
        }
    }
}
