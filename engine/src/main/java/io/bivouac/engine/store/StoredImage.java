package io.bivouac.engine.store;

import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageConfig;
import io.bivouac.engine.oci.Manifest;
import java.util.ArrayList;
import java.util.List;

/**
 * An image whose blobs are all in the store.
 *
 * @param descriptor of the manifest
 * @param manifest parsed
 * @param config parsed
 * @param chain the chain ID after each layer, the lowest first
 */
public record StoredImage(Descriptor descriptor, Manifest manifest, ImageConfig config, List<Digest> chain) {
    public StoredImage {
        chain = List.copyOf(chain);
    }

    /** Identifies the image's content however its layers are compressed. */
    public Digest id() {
        return manifest.config().digest();
    }

    /** Digests of its blobs: manifest, configuration, layers. */
    public List<Digest> blobs() {
        List<Digest> digests = new ArrayList<>(List.of(descriptor.digest(), id()));
        manifest.layers().forEach(layer -> digests.add(layer.digest()));
        return digests;
    }

    /** Bytes of its blobs. */
    public long size() {
        return descriptor.size()
                + manifest.config().size()
                + manifest.layers().stream().mapToLong(Descriptor::size).sum();
    }
}
