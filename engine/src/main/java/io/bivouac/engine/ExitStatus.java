package io.bivouac.engine;

import java.util.Optional;
import org.apiguardian.api.API;

/** How a process ended. */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public interface ExitStatus {
    /** The exit code, or 128 plus the signal's number. */
    int code();

    /** The signal that ended it, such as {@code SIGKILL}. */
    Optional<String> signal();

    /** Whether the kernel killed the container, or a process of it, because memory was short: its own, or the host's. */
    boolean outOfMemory();
}
