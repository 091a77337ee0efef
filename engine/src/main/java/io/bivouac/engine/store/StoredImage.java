package io.bivouac.engine.store;

import io.bivouac.engine.oci.ChainId;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageConfig;
import io.bivouac.engine.oci.Manifest;
import java.util.List;

/**
 * An image whose blobs are all in the store.
 *
 * @param descriptor of the manifest
 * @param manifest parsed
 * @param config parsed
 */
public record StoredImage(Descriptor descriptor, Manifest manifest, ImageConfig config) {
    /** Identifies the image's content however its layers are compressed. */
    public Digest id() {
        return manifest.config().digest();
    }

    /** The chain ID after each layer, the lowest first. */
    public List<Digest> chain() {
        return ChainId.of(config.diffIds());
    }

    /** Bytes of its blobs. */
    public long size() {
        return descriptor.size()
                + manifest.config().size()
                + manifest.layers().stream().mapToLong(Descriptor::size).sum();
    }
}
