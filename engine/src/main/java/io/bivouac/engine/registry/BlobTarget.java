package io.bivouac.engine.registry;

import io.bivouac.engine.io.PartialFile;
import io.bivouac.engine.oci.Descriptor;
import java.io.IOException;

/** Where a pull puts what it brings in. */
public interface BlobTarget {
    boolean has(Descriptor blob);

    /** Provides the file, lets it be filled, and keeps it; does nothing when somebody else brought the blob in meanwhile. */
    void receive(Descriptor blob, Filling filling) throws IOException;

    /** Fills a file with a blob, going on behind what is there; what it has filled is checked. */
    @FunctionalInterface
    interface Filling {
        void into(PartialFile file) throws IOException;
    }
}
