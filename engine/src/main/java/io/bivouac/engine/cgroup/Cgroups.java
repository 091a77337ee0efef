package io.bivouac.engine.cgroup;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.warden.CgroupPath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Where containers' control groups lie on this host: below the group this process is in, so that limits an administrator set
 * for it hold for its containers too.
 *
 * <p>The v2 hierarchy is preferred wherever it is mounted and writable, also on hybrid hosts whose controllers are bound to v1:
 * its freezer lets a frozen process be killed, which v1's does not.
 *
 * @param session the group of a session in the hierarchy that freezes, empty where no freezer may be used
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html">cgroup-v2</a>, cgroups(7)
 */
public record Cgroups(Optional<CgroupPath> session) {
    /** Which hierarchy to use; {@code auto} is right, the others serve tests. */
    public static final String PROPERTY = "bivouac.cgroup";

    private static final String NAME_PREFIX = "bivouac-";

    private enum Choice {
        AUTO,
        V2,
        V1,
        NONE
    }

    /** Looks at this host. */
    public static Cgroups ofHost(String sessionId) throws IOException {
        return of(Path.of("/proc/self"), sessionId, System.getProperty(PROPERTY, "auto"));
    }

    static Cgroups of(Path self, String sessionId, String choice) throws IOException {
        List<String> mounts = Files.readAllLines(self.resolve("mountinfo"), StandardCharsets.UTF_8);
        List<String> groups = Files.readAllLines(self.resolve("cgroup"), StandardCharsets.UTF_8);
        Optional<CgroupPath> v2 = find(mounts, groups, 2);
        Optional<CgroupPath> v1 = find(mounts, groups, 1);
        Optional<CgroupPath> chosen = switch (parse(choice)) {
            case AUTO -> v2.or(() -> v1);
            case V2 -> v2;
            case V1 -> v1;
            case NONE -> Optional.empty();
        };
        return new Cgroups(chosen.map(own -> own.child(NAME_PREFIX + sessionId)));
    }

    private static Choice parse(String choice) {
        try {
            return Choice.valueOf(choice.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(PROPERTY + "=" + choice + " is not a choice: auto, v2, v1 or none.", e);
        }
    }

    /** A line of proc_pid_mountinfo(5): {@code 41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw}. */
    private static Optional<CgroupPath> find(List<String> mounts, List<String> groups, int version) {
        for (String mount : mounts) {
            int separator = mount.indexOf(" - ");
            String[] head = separator < 0
                    ? new String[0]
                    : mount.substring(0, separator).split(" ");
            String[] tail = separator < 0
                    ? new String[0]
                    : mount.substring(separator + 3).split(" ");
            boolean matches = head.length >= 6
                    && tail.length >= 3
                    && (version == 2
                            ? tail[0].equals("cgroup2")
                            : tail[0].equals("cgroup")
                                    && Arrays.asList(tail[2].split(",")).contains("freezer"));
            if (matches) {
                Optional<Path> own = ownGroup(groups, version)
                        .map(group -> Path.of(head[4] + "/" + relative(group, head[3]))
                                .normalize())
                        .filter(Files::isWritable);
                if (own.isPresent()) {
                    return Optional.of(new CgroupPath(version, own.get().toString()));
                }
            }
        }
        return Optional.empty();
    }

    private static String relative(String group, String mountRoot) {
        return group.startsWith(mountRoot) ? group.substring(mountRoot.length()) : group;
    }

    /** A line of {@code /proc/self/cgroup}: {@code 0::/user.slice} in v2, {@code 6:freezer:/} in v1. */
    private static Optional<String> ownGroup(List<String> groups, int version) {
        for (String group : groups) {
            String[] fields = group.split(":", 3);
            boolean matches = fields.length == 3
                    && (version == 2
                            ? fields[0].equals("0") && fields[1].isEmpty()
                            : Arrays.asList(fields[1].split(",")).contains("freezer"));
            if (matches) {
                return Optional.of(fields[2]);
            }
        }
        return Optional.empty();
    }

    /** The groups to be made for a session. */
    public List<CgroupPath> sessionGroups() {
        return session.stream().toList();
    }

    /** The group of a container, a child of the session's. */
    public Optional<CgroupPath> container(String name) {
        return session.map(group -> group.child(name));
    }
}
