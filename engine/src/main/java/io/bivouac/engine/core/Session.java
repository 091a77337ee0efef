package io.bivouac.engine.core;

import io.bivouac.engine.cgroup.Cgroups;
import io.bivouac.engine.warden.MonitorEvents;
import io.bivouac.engine.warden.WardenClient;
import io.bivouac.engine.warden.WardenProcess;
import java.nio.file.Path;

/**
 * A running session.
 *
 * @param process its guardian and warden
 * @param client speaks to the warden
 * @param events what monitors report
 * @param cgroups where containers' groups lie
 */
record Session(WardenProcess process, WardenClient client, MonitorEvents events, Cgroups cgroups)
        implements AutoCloseable {
    /** The session's own folder. */
    Path folder() {
        return process.plan().folder();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void close() {
        process.close();
        events.close();
    }
}
