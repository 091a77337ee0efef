package io.bivouac.engine;

import org.apiguardian.api.API;

/**
 * One path in which a container's file system differs from its image.
 *
 * @param kind how it differs
 * @param path absolute, as the container sees it
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public record Change(Kind kind, String path) {
    /** How a path differs. */
    public enum Kind {
        ADDED,
        MODIFIED,
        DELETED
    }
}
