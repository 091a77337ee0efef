package io.bivouac.engine.cgroup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The hierarchies that are mounted here, and the group of this process in each, as far as it may make groups below.
 *
 * @param unified of version 2
 * @param controllers of version 1, by the name of each controller
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html">cgroup-v2</a>, cgroups(7)
 */
record HostCgroups(Optional<Hierarchy> unified, Map<String, Hierarchy> controllers) {
    private static final String VERSION_1 = "cgroup";
    private static final String VERSION_2 = "cgroup2";
    private static final int OPTIONAL_FIELDS = 6;

    /**
     * One of them.
     *
     * @param version 1 or 2
     * @param mount where it is mounted
     * @param own the group of this process
     */
    record Hierarchy(int version, Path mount, Path own) {
        boolean isWritable() {
            return Files.isWritable(own);
        }
    }

    HostCgroups {
        controllers = Map.copyOf(controllers);
    }

    /** A line of proc_pid_mountinfo(5): {@code 41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw}. */
    private record Mount(String root, String target, String type, List<String> options) {
        static Optional<Mount> parse(String line) {
            int separator = line.indexOf(" - ");
            if (separator < 0) {
                return Optional.empty();
            }
            String[] head = line.substring(0, separator).split(" ", -1);
            String[] tail = line.substring(separator + 3).split(" ", -1);
            return head.length >= OPTIONAL_FIELDS && tail.length >= 3
                    ? Optional.of(new Mount(head[3], head[4], tail[0], Arrays.asList(tail[2].split(",", -1))))
                    : Optional.empty();
        }

        Hierarchy hierarchy(int version, String group) {
            String relative = group.startsWith(root) ? group.substring(root.length()) : group;
            return new Hierarchy(
                    version, Path.of(target), Path.of(target + "/" + relative).normalize());
        }
    }

    /**
     * Reads them.
     *
     * @param self the folder of this process in /proc
     */
    static HostCgroups read(Path self) throws IOException {
        Optional<Hierarchy> unified = Optional.empty();
        Map<String, Hierarchy> controllers = new HashMap<>();
        Map<String, String> groups = groups(self);
        for (String line : Files.readAllLines(self.resolve("mountinfo"), StandardCharsets.UTF_8)) {
            Optional<Mount> parsed = line.contains(" - cgroup") ? Mount.parse(line) : Optional.empty();
            if (parsed.isEmpty()) {
                continue;
            }
            Mount mount = parsed.get();
            if (mount.type().equals(VERSION_2) && unified.isEmpty() && groups.containsKey("")) {
                unified = Optional.of(mount.hierarchy(2, groups.getOrDefault("", "/")))
                        .filter(Hierarchy::isWritable);
            }
            for (String option : mount.type().equals(VERSION_1) ? mount.options() : List.<String>of()) {
                String group = groups.get(option);
                if (group != null) {
                    Hierarchy hierarchy = mount.hierarchy(1, group);
                    if (hierarchy.isWritable()) {
                        controllers.putIfAbsent(option, hierarchy);
                    }
                }
            }
        }
        return new HostCgroups(unified, controllers);
    }

    /**
     * Groups by controller, that of version 2 under the empty name. Lines of {@code /proc/self/cgroup}: {@code 0::/user.slice} in
     * v2, {@code 6:cpu,cpuacct:/} in v1.
     */
    private static Map<String, String> groups(Path self) throws IOException {
        Map<String, String> groups = new HashMap<>();
        for (String line : Files.readAllLines(self.resolve("cgroup"), StandardCharsets.UTF_8)) {
            String[] fields = line.split(":", 3);
            if (fields.length == 3) {
                for (String controller : fields[1].split(",", -1)) {
                    // A hierarchy with a name has no controllers: systemd's, for one.
                    if (controller.indexOf('=') < 0) {
                        groups.put(controller, fields[2]);
                    }
                }
            }
        }
        return groups;
    }

    HostCgroups withoutUnified() {
        return new HostCgroups(Optional.empty(), controllers);
    }

    HostCgroups withoutControllers() {
        return new HostCgroups(unified, Map.of());
    }
}
