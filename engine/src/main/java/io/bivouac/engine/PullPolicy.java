package io.bivouac.engine;

import org.apiguardian.api.API;

/** When the image of a container is looked for in its registry. What {@code bivouac.images} names is never looked for there. */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public enum PullPolicy {
    /** When it is not in the store. */
    MISSING,
    /** At every start; what is downloaded is only what has changed. Offline, what the store has is good enough. */
    ALWAYS,
    /** Never. */
    NEVER
}
