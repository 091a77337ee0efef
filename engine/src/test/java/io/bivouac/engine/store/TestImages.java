package io.bivouac.engine.store;

import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageConfig;
import io.bivouac.engine.oci.ImageReference;
import io.bivouac.engine.oci.Manifest;
import io.bivouac.engine.oci.MediaTypes;
import io.bivouac.engine.oci.Platform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Images in a store that nobody unpacks. */
final class TestImages {
    private TestImages() {}

    static StoredImage add(Store store, String name, String content) throws IOException {
        return add(store, name, content.getBytes(StandardCharsets.UTF_8), Optional.empty());
    }

    static StoredImage add(Store store, String name, byte[] content, Optional<ImageReference> source)
            throws IOException {
        return store.bringIn(() -> {
            Descriptor layer = store.blobs().add(MediaTypes.LAYER_TAR, content);
            ImageConfig config =
                    ImageConfig.empty(Platform.host()).withLayer(Digest.of(content), "2026-01-01T00:00:00Z", "test");
            Descriptor stored = store.blobs().addJson(MediaTypes.CONFIG, config.json());
            StoredImage image = store.index()
                    .add(
                            store.blobs()
                                    .addJson(
                                            MediaTypes.MANIFEST,
                                            Manifest.ofImage(stored, List.of(layer))
                                                    .toJson()),
                            source);
            if (!name.isEmpty()) {
                store.index().tag(ImageReference.parse(name), image);
            }
            return image;
        });
    }

    /** As if it had been used that long ago. */
    static void age(Store store, StoredImage image, Duration age) throws IOException {
        Files.setLastModifiedTime(
                store.layout().image(image.descriptor().digest()),
                FileTime.from(Instant.now().minus(age)));
    }
}
