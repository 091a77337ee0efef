package io.bivouac.engine.oci;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;

/**
 * Points at a blob by digest and size. Sample:
 * {@code {"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:…","size":32654}}.
 *
 * @param mediaType what the blob is, see {@link MediaTypes}
 * @param digest of the blob's bytes
 * @param size of the blob in bytes, never negative
 * @param annotations free-form facts
 * @param platformOrNull in an index, what the manifest is for
 * @see <a href="https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md">image-spec, descriptor</a>
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public record Descriptor(
        String mediaType,
        Digest digest,
        long size,
        Map<String, String> annotations,
        @Nullable Platform platformOrNull) {
    /** The annotation by which an image layout names its images. */
    public static final String REFERENCE_NAME = "org.opencontainers.image.ref.name";

    public Descriptor {
        if (size < 0) {
            throw new IllegalArgumentException("the size of blob " + digest + " is negative: " + size);
        }
        annotations = Map.copyOf(annotations);
    }

    public Descriptor(String mediaType, Digest digest, long size) {
        this(mediaType, digest, size, Map.of(), null);
    }

    /** Reads a descriptor from parsed JSON; {@link IllegalArgumentException} names the field that is wrong. */
    public static Descriptor of(Map<String, ?> json) {
        Map<String, String> annotations = new LinkedHashMap<>();
        Fields.object(json, "annotations").forEach((key, value) -> annotations.put(key, String.valueOf(value)));
        return new Descriptor(
                Fields.text(json, "mediaType", ""),
                Digest.parse(Fields.requiredText(json, "digest")),
                Fields.requiredNumber(json, "size"),
                annotations,
                json.get("platform") == null ? null : Platform.of(Fields.object(json, "platform")));
    }

    public Optional<Platform> platform() {
        return Optional.ofNullable(platformOrNull);
    }

    public Descriptor withAnnotation(String key, String value) {
        Map<String, String> changed = new LinkedHashMap<>(annotations);
        changed.put(key, value);
        return new Descriptor(mediaType, digest, size, changed, platformOrNull);
    }

    /** The JSON form, fields in the order of the specification. */
    public Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("mediaType", mediaType);
        json.put("digest", digest.toString());
        json.put("size", size);
        if (!annotations.isEmpty()) {
            json.put("annotations", new java.util.TreeMap<>(annotations));
        }
        platform().ifPresent(platform -> {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("architecture", platform.architecture());
            object.put("os", platform.os());
            if (!platform.variant().isEmpty()) {
                object.put("variant", platform.variant());
            }
            json.put("platform", object);
        });
        return json;
    }
}
