package io.bivouac.engine.core;

import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.HostException;
import io.bivouac.engine.Limits;
import io.bivouac.engine.Mount;
import io.bivouac.engine.Stats;
import io.bivouac.engine.cgroup.CgroupStats;
import io.bivouac.engine.cgroup.Cgroups;
import io.bivouac.engine.cgroup.HostDevice;
import io.bivouac.engine.warden.CgroupPath;
import io.bivouac.engine.warden.CgroupPlan;
import io.bivouac.engine.warden.Remedies;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The control groups of one container.
 *
 * @param plans to be made and joined
 * @param freezer the one it is frozen in; empty where there is none
 */
record ContainerGroups(List<CgroupPlan> plans, Optional<CgroupPath> freezer) {
    ContainerGroups {
        plans = List.copyOf(plans);
    }

    /** Before its first start. */
    static ContainerGroups none() {
        return new ContainerGroups(List.of(), Optional.empty());
    }

    /**
     * Decides.
     *
     * @param name of the container's own groups
     * @param disk a folder on the disk its files are written to
     */
    static ContainerGroups of(Cgroups cgroups, String name, ContainerSpec spec, EngineContext context, Path disk)
            throws IOException {
        Limits limits = spec.limits();
        List<String> missing = cgroups.unenforceable(limits);
        if (!missing.isEmpty() && !context.options.bestEffortLimits()) {
            throw new HostException(
                    "This host cannot limit a container's " + String.join(", ", missing)
                            + ": no control group with these controllers is open to this user. Start the tests in one of their"
                            + " own, " + Remedies.delegation(context.mapping.rootless()) + " COMMAND, or go without by"
                            + " -Dbivouac.limits=best-effort.",
                    null);
        }
        List<HostDevice> devices = new ArrayList<>();
        for (Mount mount : spec.mounts()) {
            if (mount instanceof Mount.Bind bind) {
                HostDevice.of(bind.source()).ifPresent(devices::add);
            }
        }
        String where = limits.io().isPresent() ? HostDevice.diskOf(disk) : "";
        Cgroups.Demands demands = new Cgroups.Demands(limits, spec.privileged(), devices, where);
        return new ContainerGroups(cgroups.container(name, demands), cgroups.freezer(name, demands));
    }

    Stats stats() {
        return CgroupStats.of(plans);
    }
}
