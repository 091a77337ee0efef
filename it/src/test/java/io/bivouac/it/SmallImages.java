package io.bivouac.it;

import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageConfig;
import io.bivouac.engine.oci.Index;
import io.bivouac.engine.oci.Manifest;
import io.bivouac.engine.oci.MediaTypes;
import io.bivouac.engine.oci.Platform;
import io.bivouac.fixtures.FixtureImages;
import io.bivouac.fixtures.TarBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Layouts of images made on the spot, hostile ones too. Each has the probe as its first layer. */
final class SmallImages {
    private SmallImages() {}

    /** Fills a layer. */
    @FunctionalInterface
    interface Layer {
        void fill(TarBuilder tar) throws IOException;
    }

    static Path write(Path folder, String name, Layer... layers) throws IOException {
        return write(folder, name, Platform.host(), layers);
    }

    static Path writeFor(Path folder, String name, String architecture) throws IOException {
        return write(folder, name, new Platform("linux", architecture, ""));
    }

    private static Path write(Path folder, String name, Platform platform, Layer... fillers) throws IOException {
        Path blobs = Files.createDirectories(folder.resolve("blobs/sha256"));
        List<Descriptor> layers = new ArrayList<>();
        Map<String, Object> json =
                new LinkedHashMap<>(ImageConfig.empty(platform).json());
        json.put("config", Map.of("Entrypoint", List.of("/probe"), "Cmd", List.of("sleep", "0")));
        ImageConfig config = ImageConfig.of(json);
        List<Layer> all = new ArrayList<>(List.of(tar -> tar.file("probe", 0755, FixtureImages.probeProgram())));
        all.addAll(List.of(fillers));
        for (Layer filler : all) {
            Path tar = folder.resolve("layer.tar");
            try (TarBuilder builder = new TarBuilder(tar)) {
                filler.fill(builder);
            }
            Descriptor layer = add(blobs, MediaTypes.LAYER_TAR, Files.readAllBytes(tar));
            Files.delete(tar);
            layers.add(layer);
            config = config.withLayer(layer.digest(), "2026-01-01T00:00:00Z", "test");
        }
        Descriptor stored = add(blobs, MediaTypes.CONFIG, Json.write(config.json()));
        Descriptor manifest = add(
                blobs,
                MediaTypes.MANIFEST,
                Json.write(Manifest.ofImage(stored, layers).toJson()));
        Index index = new Index(List.of(manifest.withAnnotation(Descriptor.REFERENCE_NAME, name)));
        Files.write(folder.resolve("index.json"), Json.write(index.toJson()));
        Files.writeString(
                folder.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}", StandardCharsets.US_ASCII);
        return folder;
    }

    private static Descriptor add(Path blobs, String mediaType, byte[] content) throws IOException {
        Digest digest = Digest.of(content);
        Files.write(blobs.resolve(digest.hex()), content);
        return new Descriptor(mediaType, digest, content.length);
    }

    static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
