package io.bivouac.engine;

import org.apiguardian.api.API;

/**
 * What a container had changed in its file system at one instant, kept aside until it is committed or closed. Taking one costs
 * far less than a commit: nothing is packed or hashed.
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public interface Snapshot extends AutoCloseable {
    /** The container it was taken of; it may have been closed since. */
    Container container();

    /** Whether every process stood still meanwhile: without a freezer they are stopped one after the other. */
    boolean exact();

    /** Makes an image of the container's image and these changes. */
    Image commit(String reference);

    @Override
    void close();
}
