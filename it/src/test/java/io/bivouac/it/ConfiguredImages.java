package io.bivouac.it;

import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageConfig;
import io.bivouac.engine.oci.Index;
import io.bivouac.engine.oci.Manifest;
import io.bivouac.engine.oci.MediaTypes;
import io.bivouac.fixtures.FixtureImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The image of BusyBox with another configuration. */
final class ConfiguredImages {
    static final String PATH = "PATH=/bin";

    private ConfiguredImages() {}

    /**
     * Writes a layout.
     *
     * @param run the {@code config} object
     */
    static Path write(Path folder, String name, Map<String, ?> run) throws IOException {
        Path busybox = FixtureImages.busybox();
        Path blobs = Files.createDirectories(folder.resolve("blobs/sha256"));
        Index index = Index.of(Json.parseObject(Files.readAllBytes(busybox.resolve("index.json"))));
        Manifest base = Manifest.of(Json.parseObject(
                Files.readAllBytes(blob(busybox, index.manifests().get(0)))));
        for (Descriptor layer : base.layers()) {
            Files.copy(blob(busybox, layer), blob(folder, layer));
        }
        Map<String, Object> json =
                new LinkedHashMap<>(ImageConfig.of(Json.parseObject(Files.readAllBytes(blob(busybox, base.config()))))
                        .json());
        json.put("config", run);
        Descriptor config = add(blobs, MediaTypes.CONFIG, Json.write(json));
        Descriptor manifest = add(
                blobs,
                MediaTypes.MANIFEST,
                Json.write(Manifest.ofImage(config, base.layers()).toJson()));
        Index written = new Index(List.of(manifest.withAnnotation(Descriptor.REFERENCE_NAME, name)));
        Files.write(folder.resolve("index.json"), Json.write(written.toJson()));
        Files.copy(busybox.resolve("oci-layout"), folder.resolve("oci-layout"));
        return folder;
    }

    private static Path blob(Path layout, Descriptor descriptor) {
        return layout.resolve("blobs/sha256").resolve(descriptor.digest().hex());
    }

    private static Descriptor add(Path blobs, String mediaType, byte[] content) throws IOException {
        Digest digest = Digest.of(content);
        Files.write(blobs.resolve(digest.hex()), content);
        return new Descriptor(mediaType, digest, content.length);
    }
}
