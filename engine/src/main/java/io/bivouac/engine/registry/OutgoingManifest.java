package io.bivouac.engine.registry;

import io.bivouac.engine.oci.Descriptor;
import java.util.ArrayList;
import java.util.List;

/**
 * A manifest or an index to be pushed, with what has to be there before it.
 *
 * @param document its very bytes
 * @param blobs what a manifest needs
 * @param children what an index lists, as far as it is not in the registry already
 */
public record OutgoingManifest(ManifestDocument document, List<Descriptor> blobs, List<OutgoingManifest> children) {
    public OutgoingManifest {
        blobs = List.copyOf(blobs);
        children = List.copyOf(children);
    }

    /** Every blob of it and below it. */
    public List<Descriptor> allBlobs() {
        List<Descriptor> all = new ArrayList<>(blobs);
        children.forEach(child -> all.addAll(child.allBlobs()));
        return all;
    }
}
