package io.bivouac.engine.cgroup;

import io.bivouac.engine.warden.LaunchOp;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** This host's hierarchies, looked at once, when they are first asked for. */
public final class CgroupHost {
    private static final String VIEW = "/sys/fs/cgroup";
    private static final int FLAGS = LaunchOp.NO_SUID | LaunchOp.NO_DEV | LaunchOp.NO_EXEC;

    private @Nullable HostCgroups known;

    synchronized HostCgroups look() throws IOException {
        if (known == null) {
            known = HostCgroups.read(Path.of("/proc/self"));
        }
        return known;
    }

    /**
     * How a container sees its own groups, as software does that asks how much memory it has.
     *
     * @param limited whether there is anything to see; on hosts with version 1 each controller is a mount of its own, which only
     *     those pay for that have limits
     */
    public List<LaunchOp> views(boolean limited, boolean writable) throws IOException {
        HostCgroups host = look();
        int flags = writable ? FLAGS : FLAGS | LaunchOp.READ_ONLY;
        if (host.controllers().isEmpty()) {
            return host.unified().isPresent()
                    ? List.of(new LaunchOp.Mount("cgroup2", VIEW, flags, List.of()))
                    : List.of();
        }
        return limited ? separateViews(host, flags) : List.of();
    }

    private static List<LaunchOp> separateViews(HostCgroups host, int flags) {
        List<LaunchOp> ops = new ArrayList<>();
        ops.add(new LaunchOp.Mount("tmpfs", VIEW, FLAGS, List.of("mode=755", "size=4k")));
        Map<Path, TreeSet<String>> hierarchies = new TreeMap<>();
        host.controllers()
                .forEach((controller, hierarchy) -> hierarchies
                        .computeIfAbsent(hierarchy.mount(), key -> new TreeSet<>())
                        .add(controller));
        hierarchies.forEach((mount, controllers) -> ops.add(
                new LaunchOp.Mount("cgroup", VIEW + "/" + mount.getFileName(), flags, List.copyOf(controllers))));
        if (host.unified().isPresent()) {
            ops.add(new LaunchOp.Mount("cgroup2", VIEW + "/unified", flags, List.of()));
        }
        ops.add(new LaunchOp.ReadOnly(VIEW));
        return ops;
    }
}
