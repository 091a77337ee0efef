package io.bivouac.engine.oci;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apiguardian.api.API;

/**
 * Lists manifests: the {@code index.json} of an image layout, or one image for several platforms.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md">image-spec, index</a>
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public record Index(List<Descriptor> manifests) {
    public Index {
        manifests = List.copyOf(manifests);
    }

    /** Reads an index from parsed JSON; {@link IllegalArgumentException} names the field that is wrong. */
    public static Index of(Map<String, ?> json) {
        List<Descriptor> manifests = new ArrayList<>();
        for (Map<String, ?> manifest : Fields.objects(json, "manifests")) {
            manifests.add(Descriptor.of(manifest));
        }
        return new Index(manifests);
    }

    public Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("schemaVersion", 2L);
        json.put("mediaType", MediaTypes.INDEX);
        json.put("manifests", manifests.stream().map(Descriptor::toJson).toList());
        return json;
    }
}
