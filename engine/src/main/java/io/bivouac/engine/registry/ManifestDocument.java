package io.bivouac.engine.registry;

import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.Index;
import io.bivouac.engine.oci.Manifest;
import io.bivouac.engine.oci.MediaTypes;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A manifest or an index as a registry keeps it.
 *
 * @param descriptor with the media type it was kept under
 * @param content its very bytes: what they digest to is its name
 */
public record ManifestDocument(Descriptor descriptor, byte[] content) {
    private static final String OLD = "application/vnd.docker.distribution.manifest.v1";

    /** Media types that are asked for. */
    static final String ACCEPTED = String.join(
            ", ", MediaTypes.INDEX, MediaTypes.MANIFEST, MediaTypes.DOCKER_INDEX, MediaTypes.DOCKER_MANIFEST);

    /**
     * Reads what a registry sent; {@link IllegalArgumentException} says what is wrong with it.
     *
     * @param contentType of the answer, which registries often leave general
     */
    static ManifestDocument of(byte[] content, String contentType) {
        if (contentType.startsWith(OLD)) {
            throw new IllegalArgumentException("it is of an old format, schema 1, that no tool writes any more");
        }
        Map<String, ?> json = Json.parseObject(content);
        boolean index = json.containsKey("manifests");
        if (index && (json.containsKey("layers") || json.containsKey("config"))) {
            throw new IllegalArgumentException("it is both a manifest and an index");
        }
        String mediaType = mediaType(json, contentType, index);
        if (MediaTypes.isIndex(mediaType) != index) {
            throw new IllegalArgumentException("it says that it is " + Texts.printable(mediaType) + ", and is "
                    + (index ? "an index" : "a manifest"));
        }
        if (index) {
            Index.of(json);
        } else {
            Manifest.of(json);
        }
        return new ManifestDocument(new Descriptor(mediaType, Digest.of(content), content.length), content);
    }

    private static String mediaType(Map<String, ?> json, String contentType, boolean index) {
        @Nullable Object own = json.get("mediaType");
        boolean known = MediaTypes.isIndex(contentType) || MediaTypes.isManifest(contentType);
        if (own == null) {
            String standard = index ? MediaTypes.INDEX : MediaTypes.MANIFEST;
            return known ? contentType : standard;
        }
        if (!(own instanceof String text)) {
            throw new IllegalArgumentException("its media type is no text");
        }
        if (known && !text.equals(contentType)) {
            throw new IllegalArgumentException(
                    "it says that it is " + Texts.printable(text) + ", and was sent as " + contentType);
        }
        if (!MediaTypes.isIndex(text) && !MediaTypes.isManifest(text)) {
            throw new IllegalArgumentException(
                    "its media type is " + Texts.printable(text) + ", which is none of a manifest");
        }
        return text;
    }

    public boolean isIndex() {
        return MediaTypes.isIndex(descriptor.mediaType());
    }

    /** The list of manifests it is. */
    public Index index() {
        return Index.of(Json.parseObject(content));
    }

    public Manifest manifest() {
        return Manifest.of(Json.parseObject(content));
    }
}
