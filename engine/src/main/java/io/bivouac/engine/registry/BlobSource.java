package io.bivouac.engine.registry;

import io.bivouac.engine.oci.Descriptor;
import java.io.IOException;
import java.io.InputStream;

/** Where a push takes blobs from. */
@FunctionalInterface
public interface BlobSource {
    /**
     * The blob's content from some byte on. Read from the first to the end, it fails when it is not what its descriptor says.
     */
    InputStream open(Descriptor blob, long offset) throws IOException;
}
