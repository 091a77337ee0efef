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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A layout whose layers are given byte by byte, on top of BusyBox. */
final class HostileImage {
    private final Path blobs;
    private final Path folder;
    private final List<Descriptor> layers;
    private ImageConfig config;

    HostileImage(Path folder, Map<String, ?> run) throws IOException {
        this.folder = folder;
        this.blobs = Files.createDirectories(folder.resolve("blobs/sha256"));
        Path base = FixtureImages.busybox();
        Index index = Index.of(json(base.resolve("index.json")));
        Manifest manifest = Manifest.of(json(blob(base, index.manifests().get(0))));
        layers = new ArrayList<>(manifest.layers());
        for (Descriptor layer : layers) {
            Files.copy(blob(base, layer), blobs.resolve(layer.digest().hex()));
        }
        Map<String, Object> json = new LinkedHashMap<>(
                ImageConfig.of(json(blob(base, manifest.config()))).json());
        json.put("config", run);
        config = ImageConfig.of(json);
    }

    private static Map<String, ?> json(Path file) throws IOException {
        return Json.parseObject(Files.readAllBytes(file));
    }

    private static Path blob(Path layout, Descriptor blob) {
        return layout.resolve("blobs/sha256").resolve(blob.digest().hex());
    }

    /** Adds a layer; {@code archive} is what the blob unpacks to. */
    HostileImage layer(byte[] blob, byte[] archive) throws IOException {
        layers.add(add(MediaTypes.LAYER_TAR, blob));
        config = config.withLayer(Digest.of(archive), "2026-01-01T00:00:00Z", "test");
        return this;
    }

    Path write(String name) throws IOException {
        Descriptor stored = add(MediaTypes.CONFIG, Json.write(config.json()));
        Descriptor manifest = add(
                MediaTypes.MANIFEST, Json.write(Manifest.ofImage(stored, layers).toJson()));
        Index index = new Index(List.of(manifest.withAnnotation(Descriptor.REFERENCE_NAME, name)));
        Files.write(folder.resolve("index.json"), Json.write(index.toJson()));
        Files.writeString(
                folder.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}", StandardCharsets.US_ASCII);
        return folder;
    }

    private Descriptor add(String mediaType, byte[] content) throws IOException {
        Digest digest = Digest.of(content);
        Files.write(blobs.resolve(digest.hex()), content);
        return new Descriptor(mediaType, digest, content.length);
    }
}
