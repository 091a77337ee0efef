package io.bivouac.engine;

import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageConfig;
import java.util.List;
import org.apiguardian.api.API;

/** An image in the store: the pristine user space containers start from. */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public interface Image {
    /** {@code sha256:} and the digest of its configuration: the same wherever the image is stored or compressed. */
    String id();

    /** The tags it is known by here, possibly none. */
    List<String> references();

    /** The digest of its manifest, by which a registry knows it. */
    Digest digest();

    ImageConfig config();

    /** Bytes of its blobs as stored. */
    long size();
}
