package io.bivouac.engine.store;

import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import java.io.IOException;
import java.util.List;

/**
 * An image found in an archive or layout.
 *
 * @param references as the archive names it, possibly none
 * @param identity digest of its manifest, or of its configuration where the archive has no manifest
 * @param loader brings its blobs into a store
 */
record ArchivedImage(List<String> references, Digest identity, Loader loader) {
    ArchivedImage {
        references = List.copyOf(references);
    }

    /** Whether the store's image is this one. */
    boolean is(StoredImage image) {
        return identity.equals(image.descriptor().digest()) || identity.equals(image.id());
    }

    /** Brings blobs in and returns the descriptor of the manifest. */
    @FunctionalInterface
    interface Loader {
        Descriptor load(Blobs blobs) throws IOException;
    }
}
