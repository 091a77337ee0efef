package io.bivouac.engine.core;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Limits;
import io.bivouac.engine.Mount;
import io.bivouac.engine.cgroup.CgroupHost;
import io.bivouac.engine.network.ContainerNetwork;
import io.bivouac.engine.warden.IdMapping;
import io.bivouac.engine.warden.LaunchOp;
import io.bivouac.engine.warden.LaunchOp.Bind;
import io.bivouac.engine.warden.LaunchOp.Console;
import io.bivouac.engine.warden.LaunchOp.Device;
import io.bivouac.engine.warden.LaunchOp.Folder;
import io.bivouac.engine.warden.LaunchOp.Mask;
import io.bivouac.engine.warden.LaunchOp.ProvidedFile;
import io.bivouac.engine.warden.LaunchOp.ReadOnly;
import io.bivouac.engine.warden.LaunchOp.Symlink;
import io.bivouac.engine.warden.LaunchOp.Sysctl;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What every container is given and denied: Docker's defaults, or stricter. */
final class Isolation {
    private static final int TTY_GROUP = 5;
    private static final int COLUMNS = 80;
    private static final int ROWS = 24;
    private static final int NO_SUID = LaunchOp.NO_SUID;
    private static final int NO_SUID_DEV_EXEC = LaunchOp.NO_SUID | LaunchOp.NO_DEV | LaunchOp.NO_EXEC;

    private static final List<String> MASKED = List.of(
            "/proc/acpi",
            "/proc/asound",
            "/proc/interrupts",
            "/proc/kcore",
            "/proc/keys",
            "/proc/latency_stats",
            "/proc/sched_debug",
            "/proc/scsi",
            "/proc/timer_list",
            "/proc/timer_stats",
            "/sys/firmware",
            "/sys/devices/virtual/powercap");

    private static final List<String> READ_ONLY =
            List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

    private record Node(String name, int major, int minor) {}

    private static final List<Node> DEVICES = List.of(
            new Node("null", 1, 3),
            new Node("zero", 1, 5),
            new Node("full", 1, 7),
            new Node("random", 1, 8),
            new Node("urandom", 1, 9),
            new Node("tty", 5, 0));

    private static final String PROC = "/proc";

    private final IdMapping mapping;
    private final CgroupHost cgroups;

    Isolation(IdMapping mapping, CgroupHost cgroups) {
        this.mapping = mapping;
        this.cgroups = cgroups;
    }

    /**
     * The steps of building a container's file system on its {@link #devices}.
     *
     * @param volumes folders the image declares as volumes; they stay in the container's own layer, so that a commit has them
     */
    List<LaunchOp> ops(ContainerSpec spec, Iterable<String> volumes, String hostname) throws IOException {
        List<LaunchOp> ops = new ArrayList<>();
        // Of the container's IPC namespace, unlike the other devices.
        ops.add(new LaunchOp.Mount("mqueue", "/dev/mqueue", NO_SUID_DEV_EXEC, List.of()));
        if (spec.privileged() && !mapping.rootless()) {
            ops.addAll(HostDevices.all());
        }
        kernelViews(ops, spec);
        volumes.forEach(volume -> ops.add(new Folder(volume.startsWith("/") ? volume : "/" + volume, 0755)));
        Set<String> targets = spec.mounts().stream().map(Mount::target).collect(Collectors.toSet());
        provide(ops, targets, "/etc/hosts", ContainerNetwork.hosts(hostname));
        provide(ops, targets, "/etc/hostname", (hostname + "\n").getBytes(StandardCharsets.UTF_8));
        provide(ops, targets, "/etc/resolv.conf", ContainerNetwork.resolvConf());
        spec.mounts().forEach(mount -> ops.add(op(mount)));
        // After the mounts: where the host's /dev is one, its console is not to be written to.
        if (spec.tty()) {
            ops.add(new Console("/dev/console", COLUMNS, ROWS));
        }
        if (!spec.privileged()) {
            MASKED.forEach(path -> ops.add(new Mask(path)));
            HostDevices.thermalThrottles().forEach(path -> ops.add(new Mask(path)));
            READ_ONLY.forEach(path -> ops.add(new ReadOnly(path)));
        }
        if (spec.readOnlyRoot()) {
            ops.add(new ReadOnly("/"));
        }
        return ops;
    }

    private void kernelViews(List<LaunchOp> ops, ContainerSpec spec) throws IOException {
        ops.add(new LaunchOp.Mount("proc", PROC, NO_SUID_DEV_EXEC, List.of()));
        // Through the container's own procfs, so as long as /proc/sys can be written.
        ops.add(new Sysctl("net/ipv4/ip_unprivileged_port_start", "0", false));
        ops.add(new Sysctl(
                "net/ipv4/ping_group_range", "0 " + (mapping.rootless() ? largestGid() : Integer.MAX_VALUE), false));
        spec.sysctls().forEach((name, value) -> ops.add(new Sysctl(name.replace('.', '/'), value, true)));
        int flags = spec.privileged() ? NO_SUID_DEV_EXEC : NO_SUID_DEV_EXEC | LaunchOp.READ_ONLY;
        ops.add(new LaunchOp.Mount("sysfs", "/sys", flags, List.of()));
        boolean limited = !spec.limits().equals(Limits.none()) || spec.privileged();
        ops.addAll(cgroups.views(limited, spec.privileged()));
    }

    /** In a user namespace only mapped groups can be named. */
    private long largestGid() {
        long largest = 0;
        for (IdMapping.Range range : mapping.gids()) {
            largest = Math.max(largest, range.inside() + range.count() - 1);
        }
        return largest;
    }

    /** The steps of making a container's {@code /dev}. */
    List<LaunchOp> devices(long shmSize) {
        List<LaunchOp> ops = new ArrayList<>();
        ops.add(new LaunchOp.Mount("tmpfs", "/dev", NO_SUID | LaunchOp.NO_DEV, List.of("mode=755", "size=65536k")));
        for (Node node : DEVICES) {
            String path = "/dev/" + node.name();
            // A bind of the host's node would let a container that is root change the node's mode for everybody.
            ops.add(
                    mapping.rootless()
                            ? new Bind(path, path, false)
                            : new Device(path, false, 0666, node.major(), node.minor()));
        }
        List<String> terminals = new ArrayList<>(List.of("newinstance", "ptmxmode=0666", "mode=0620"));
        if (mapping.mapsGid(TTY_GROUP)) {
            terminals.add("gid=" + TTY_GROUP);
        }
        ops.add(new LaunchOp.Mount("devpts", "/dev/pts", LaunchOp.NO_SUID | LaunchOp.NO_EXEC, terminals));
        ops.add(new LaunchOp.Mount("tmpfs", "/dev/shm", NO_SUID_DEV_EXEC, List.of("mode=1777", "size=" + shmSize)));
        ops.add(new Symlink("/dev/ptmx", "pts/ptmx"));
        ops.add(new Symlink("/dev/fd", "/proc/self/fd"));
        ops.add(new Symlink("/dev/stdin", "/proc/self/fd/0"));
        ops.add(new Symlink("/dev/stdout", "/proc/self/fd/1"));
        ops.add(new Symlink("/dev/stderr", "/proc/self/fd/2"));
        return ops;
    }

    private static void provide(List<LaunchOp> ops, Set<String> mounted, String path, byte[] content) {
        if (!mounted.contains(path)) {
            ops.add(new ProvidedFile(path, 0644, content));
        }
    }

    private static LaunchOp op(Mount mount) {
        if (mount.target().equals(PROC) || mount.target().startsWith(PROC + "/")) {
            throw new ConfigurationException("Nothing can be mounted at " + mount.target()
                    + ": /proc is the kernel's own view of the container.");
        }
        if (mount instanceof Mount.Bind bind) {
            return new Bind(bind.source().toString(), bind.target(), bind.readOnly());
        }
        Mount.Tmpfs tmpfs = (Mount.Tmpfs) mount;
        List<String> options = new ArrayList<>(List.of("mode=1777"));
        if (tmpfs.size() > 0) {
            options.add("size=" + tmpfs.size());
        }
        return new LaunchOp.Mount("tmpfs", tmpfs.target(), NO_SUID_DEV_EXEC, options);
    }
}
