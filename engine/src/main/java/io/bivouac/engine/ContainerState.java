package io.bivouac.engine;

import org.apiguardian.api.API;

/** Where a container is in its life. */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public enum ContainerState {
    /** Its first process runs. */
    RUNNING,
    /** Every process of it is frozen. */
    PAUSED,
    /** Its first process has ended; the user space is kept for diff, copy, commit and restart. */
    EXITED,
    /** Closed: the user space is gone. */
    CLOSED
}
