package io.bivouac.engine.warden;

import java.util.Optional;

/**
 * A container to be frozen or thawed.
 *
 * @param id of the container
 * @param cgroup whose freezer holds it; empty where there is none: its processes are stopped by SIGSTOP, one after the other
 */
public record Freezing(String id, Optional<CgroupPath> cgroup) {}
