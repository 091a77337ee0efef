package io.bivouac.engine.store;

import io.bivouac.engine.oci.Descriptor;
import java.io.IOException;
import java.util.List;

/**
 * An image found in an archive or layout.
 *
 * @param references as the archive names it, possibly none
 * @param loader brings its blobs into a store
 */
record ArchivedImage(List<String> references, Loader loader) {
    ArchivedImage {
        references = List.copyOf(references);
    }

    /** Brings blobs in and returns the descriptor of the manifest. */
    @FunctionalInterface
    interface Loader {
        Descriptor load(Blobs blobs) throws IOException;
    }
}
