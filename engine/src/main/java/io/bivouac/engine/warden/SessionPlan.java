package io.bivouac.engine.warden;

import java.nio.file.Path;
import java.util.List;

/**
 * A session to be started.
 *
 * @param sessions folder of all sessions of the store
 * @param layers folder of all unpacked layers of the store
 * @param id names the session
 * @param socket in a folder of its own, which must not exist
 * @param cgroups the session's own groups, parents of its containers'
 */
public record SessionPlan(
        Path sessions, Path layers, String id, Path socket, IdMapping mapping, List<CgroupPlan> cgroups) {
    public SessionPlan {
        cgroups = List.copyOf(cgroups);
    }

    /** The session's own folder. */
    public Path folder() {
        return sessions.resolve(id);
    }
}
