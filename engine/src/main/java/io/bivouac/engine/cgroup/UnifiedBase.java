package io.bivouac.engine.cgroup;

import io.bivouac.engine.warden.CgroupPath;
import io.bivouac.engine.warden.CgroupPlan.Setting;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * The group of the v2 hierarchy below which sessions make theirs.
 *
 * <p>A group with processes in it cannot hand controllers to groups below (no-internal-process rule), and this process is in one.
 * So sessions lie in the nearest group upwards that hands some down and that this process may use: that of the slice it runs in,
 * for root; where nothing was delegated, its own, without any controller.
 *
 * @param group the folder
 * @param controllers that it hands down
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html#no-internal-process-constraint">cgroup-v2</a>
 */
record UnifiedBase(Path group, Set<String> controllers) {
    private static final String SUBTREE_CONTROL = "cgroup.subtree_control";

    UnifiedBase {
        controllers = Set.copyOf(controllers);
    }

    static UnifiedBase of(HostCgroups.Hierarchy hierarchy) throws IOException {
        Path candidate = hierarchy.own();
        while (candidate != null && candidate.startsWith(hierarchy.mount())) {
            Set<String> controllers = handedDown(candidate);
            if (!controllers.isEmpty() && isUsable(candidate)) {
                return new UnifiedBase(candidate, controllers);
            }
            candidate = candidate.getParent();
        }
        return new UnifiedBase(hierarchy.own(), Set.of());
    }

    /** A process moves only where it may write to the group above both its places. */
    private static boolean isUsable(Path group) {
        return Files.isWritable(group) && Files.isWritable(group.resolve("cgroup.procs"));
    }

    private static Set<String> handedDown(Path group) throws IOException {
        Path file = group.resolve(SUBTREE_CONTROL);
        if (!Files.isReadable(file)) {
            return Set.of();
        }
        String text = Files.readString(file, StandardCharsets.US_ASCII).strip();
        return text.isEmpty() ? Set.of() : Set.copyOf(Arrays.asList(text.split(" ", -1)));
    }

    CgroupPath group(String name) {
        return new CgroupPath(2, group + "/" + name);
    }

    /** What a session's group is told, so that its containers have these controllers, each by itself. */
    List<Setting> enable(List<String> wanted) {
        List<Setting> settings = new ArrayList<>();
        for (String controller : wanted) {
            if (controllers.contains(controller)) {
                settings.add(new Setting(SUBTREE_CONTROL, "+" + controller));
            }
        }
        return settings;
    }
}
