package io.bivouac.engine.oci;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apiguardian.api.API;

/**
 * Lists what an image is made of: its configuration and its layers, the lowest first. Sample:
 * {@code {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{…},"layers":[{…}]}}.
 *
 * @param mediaType the manifest's own
 * @param artifactType what an artifact is, empty for an image
 * @see <a href="https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md">image-spec, manifest</a>
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public record Manifest(
        String mediaType,
        String artifactType,
        Descriptor config,
        List<Descriptor> layers,
        Map<String, String> annotations) {
    /** No registry accepts more than this; larger ones are refused, 4 MiB. */
    public static final int SIZE_LIMIT = 4 << 20;

    public Manifest {
        layers = List.copyOf(layers);
        annotations = Map.copyOf(annotations);
    }

    /** Makes an image's manifest. */
    public static Manifest ofImage(Descriptor config, List<Descriptor> layers) {
        return new Manifest(MediaTypes.MANIFEST, "", config, layers, Map.of());
    }

    /** Reads a manifest from parsed JSON; {@link IllegalArgumentException} names the field that is wrong. */
    public static Manifest of(Map<String, ?> json) {
        if (json.containsKey("manifests")) {
            throw new IllegalArgumentException("this is an index of manifests, not a manifest");
        }
        List<Descriptor> layers = new ArrayList<>();
        for (Map<String, ?> layer : Fields.objects(json, "layers")) {
            layers.add(Descriptor.of(layer));
        }
        Map<String, String> annotations = new LinkedHashMap<>();
        Fields.object(json, "annotations").forEach((key, value) -> annotations.put(key, String.valueOf(value)));
        return new Manifest(
                Fields.text(json, "mediaType", MediaTypes.MANIFEST),
                Fields.text(json, "artifactType", ""),
                Descriptor.of(Fields.object(json, "config")),
                layers,
                annotations);
    }

    /** The JSON form, fields in the order of the specification. */
    public Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("schemaVersion", 2L);
        json.put("mediaType", mediaType);
        if (!artifactType.isEmpty()) {
            json.put("artifactType", artifactType);
        }
        json.put("config", config.toJson());
        json.put("layers", layers.stream().map(Descriptor::toJson).toList());
        if (!annotations.isEmpty()) {
            json.put("annotations", new java.util.TreeMap<>(annotations));
        }
        return json;
    }
}
