package io.bivouac.engine.registry;

import io.bivouac.engine.oci.Manifest;
import java.util.List;

/**
 * A manifest found in a registry, for the platform that was asked for, with the indexes that led to it.
 *
 * @param indexes the one that was asked for first; empty when that was the manifest itself
 * @param document its bytes
 * @param manifest parsed
 * @param source where its blobs are
 */
public record RemoteManifest(
        List<ManifestDocument> indexes, ManifestDocument document, Manifest manifest, Source source) {
    public RemoteManifest {
        indexes = List.copyOf(indexes);
    }

    /** What the reference names: an index, or the manifest. */
    public ManifestDocument root() {
        return indexes.isEmpty() ? document : indexes.get(0);
    }
}
