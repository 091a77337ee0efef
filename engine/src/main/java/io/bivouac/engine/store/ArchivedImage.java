package io.bivouac.engine.store;

import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * An image found in an archive or layout.
 *
 * @param references as the archive names it, possibly none
 * @param identity digest of its manifest or index, or of its configuration where the archive has no manifest
 * @param loader brings its blobs into a store
 */
record ArchivedImage(List<String> references, Digest identity, Loader loader) {
    ArchivedImage {
        references = List.copyOf(references);
    }

    /** Which of several platforms are brought in. */
    enum Extent {
        /** This host's. */
        HOST,
        /** All that the archive has. */
        ALL
    }

    /**
     * What was brought in.
     *
     * @param manifest of this host's platform
     * @param index that led to it, empty when nothing did
     */
    record Loaded(Descriptor manifest, Optional<Descriptor> index) {}

    /** Brings blobs in. */
    @FunctionalInterface
    interface Loader {
        Loaded load(Blobs blobs, Extent extent) throws IOException;
    }
}
