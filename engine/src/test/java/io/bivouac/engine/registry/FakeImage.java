package io.bivouac.engine.registry;

import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageConfig;
import io.bivouac.engine.oci.Manifest;
import io.bivouac.engine.oci.MediaTypes;
import io.bivouac.engine.oci.Platform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/** An image of random layers, and the scripts of a registry that has it. */
final class FakeImage {
    static final String REPOSITORY = "camp/fire";
    static final Platform PLATFORM = new Platform("linux", "amd64", "v3");

    final Map<Digest, byte[]> blobs = new LinkedHashMap<>();
    final ManifestDocument document;
    final List<Descriptor> layers = new ArrayList<>();

    FakeImage(int... layerSizes) {
        Random random = new Random(Arrays.hashCode(layerSizes));
        for (int size : layerSizes) {
            byte[] content = new byte[size];
            random.nextBytes(content);
            layers.add(add(MediaTypes.LAYER_GZIP, content));
        }
        Descriptor config =
                add(MediaTypes.CONFIG, Json.write(ImageConfig.empty(PLATFORM).json()));
        byte[] manifest = Json.write(Manifest.ofImage(config, layers).toJson());
        document = new ManifestDocument(
                new Descriptor(MediaTypes.MANIFEST, Digest.of(manifest), manifest.length), manifest);
    }

    private Descriptor add(String type, byte[] content) {
        Digest digest = Digest.of(content);
        blobs.put(digest, content);
        return new Descriptor(type, digest, content.length);
    }

    Digest digest() {
        return document.descriptor().digest();
    }

    byte[] layer(int number) {
        return Objects.requireNonNull(blobs.get(layers.get(number).digest()));
    }

    String layerPath(int number) {
        return "/v2/" + REPOSITORY + "/blobs/" + layers.get(number).digest();
    }

    static String manifestPath(Object name) {
        return "/v2/" + REPOSITORY + "/manifests/" + name;
    }

    /** The reference of a tag at a server. */
    static String at(ScriptedServer server) {
        return server.name() + "/" + REPOSITORY + ":1";
    }

    /** Lets a server have it under the tag 1. */
    FakeImage serve(ScriptedServer server) {
        server.on("/v2/", 200, "{}");
        for (Object name : List.of("1", digest())) {
            server.on(manifestPath(name), exchange -> sendManifest(exchange, document));
        }
        blobs.forEach((digest, content) ->
                server.on("/v2/" + REPOSITORY + "/blobs/" + digest, exchange -> sendBlob(exchange, content)));
        return this;
    }

    static void sendManifest(ScriptedServer.Exchange exchange, ManifestDocument document) throws IOException {
        exchange.header("Content-Type", document.descriptor().mediaType())
                .header("Docker-Content-Digest", document.descriptor().digest().toString())
                .send(200, document.content());
    }

    /** As registries do: the whole, or from some byte on. */
    static void sendBlob(ScriptedServer.Exchange exchange, byte[] content) throws IOException {
        String range = exchange.request().range();
        if (range.isEmpty()) {
            exchange.send(200, content);
            return;
        }
        int begin = Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
        exchange.header("Content-Range", "bytes " + begin + "-" + (content.length - 1) + "/" + content.length)
                .send(206, Arrays.copyOfRange(content, begin, content.length));
    }
}
