package io.bivouac.engine.core;

import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.ExecSpec;
import io.bivouac.engine.cgroup.Cgroups;
import io.bivouac.engine.io.RandomNames;
import io.bivouac.engine.lsm.ContainerLabels;
import io.bivouac.engine.network.ContainerNetwork;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.ImageConfig;
import io.bivouac.engine.rootfs.OverlayStacks;
import io.bivouac.engine.store.StoredImage;
import io.bivouac.engine.warden.Announcement;
import io.bivouac.engine.warden.ExecPlan;
import io.bivouac.engine.warden.LaunchOp;
import io.bivouac.engine.warden.LaunchPlan;
import io.bivouac.engine.warden.ProcessPlan;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Decides everything about a start; nothing here touches the system but to look at the store. */
final class LaunchPlanner {
    private static final int ID_BYTES = 32;
    private static final int SHORT_ID = 12;

    private final OverlayStacks stacks;
    private final long logLimit;
    private final Isolation isolation;
    private final ProcessPlanner processes;

    LaunchPlanner(Isolation isolation, ProcessPlanner processes, OverlayStacks stacks, long logLimit) {
        this.isolation = isolation;
        this.processes = processes;
        this.stacks = stacks;
        this.logLimit = logLimit;
    }

    /** The id of a new container. */
    static String newId() {
        return RandomNames.hex(ID_BYTES);
    }

    /** The name of a container's folder and control group. */
    static String folder(String id) {
        return id.substring(0, SHORT_ID);
    }

    private static String hostname(ContainerSpec spec, String id) {
        return spec.hostname().orElse(folder(id));
    }

    /** What is decided about a start without a session: most of it, so that it is done while the session starts. */
    record Draft(String hostname, List<LaunchOp> devices, List<LaunchOp> ops, ProcessPlan process) {}

    Draft draft(String id, ContainerSpec spec, StoredImage image, Accounts accounts) throws IOException {
        ImageConfig config = image.config();
        String hostname = hostname(spec, id);
        ProcessPlan process = processes.first(spec, config, accounts, hostname);
        List<LaunchOp> devices = isolation.devices(spec.shmSize());
        return new Draft(hostname, devices, isolation.ops(spec, config.volumes(), hostname), process);
    }

    /** What a new container is announced as. */
    Announcement announcement(Cgroups cgroups, Expected expected) {
        String id = newId();
        String folder = folder(id);
        return new Announcement(
                id,
                folder,
                expected.layers().flatMap(layers -> root(layers, folder)),
                expected.shmSize().isPresent()
                        ? isolation.devices(expected.shmSize().getAsLong())
                        : List.of(),
                ContainerNetwork.ADDRESSES,
                cgroups.container(folder));
    }

    private Optional<LaunchPlan.Root> root(List<Digest> layers, String folder) {
        try {
            return Optional.of(stacks.root(layers, folder, Optional.empty()));
        } catch (IOException e) {
            // The start that needs it says so.
            return Optional.empty();
        }
    }

    /**
     * The whole plan.
     *
     * @param create false to start again what is there
     */
    LaunchPlan launch(ContainerRun run, Draft draft, boolean create, boolean trace) throws IOException {
        return new LaunchPlan(
                run.id(),
                create,
                trace,
                run.spec().init(),
                stacks.root(run.image().chain(), folder(run.id()), run.labels().ofFiles()),
                ContainerNetwork.plan(run.spec().ports()),
                run.groups().plans(),
                logLimit,
                draft.hostname(),
                labelled(draft.devices(), run.labels()),
                draft.ops(),
                draft.process().withLabel(label(run.labels())));
    }

    /** Before anything is mounted. */
    private static List<LaunchOp> labelled(List<LaunchOp> ops, ContainerLabels labels) {
        return labels.ofFiles()
                .map(label -> Stream.concat(Stream.of((LaunchOp) new LaunchOp.Context(label)), ops.stream())
                        .toList())
                .orElse(ops);
    }

    private static ProcessPlan.Label label(ContainerLabels labels) {
        return labels.ofProcesses()
                .map(context -> new ProcessPlan.Label(ProcessPlan.Module.SELINUX, context))
                .or(() -> labels.appArmor().map(profile -> new ProcessPlan.Label(ProcessPlan.Module.APPARMOR, profile)))
                .orElse(ProcessPlan.Label.NONE);
    }

    ExecPlan exec(ContainerRun run, Accounts accounts, ExecSpec exec) {
        ContainerSpec spec = run.spec();
        return new ExecPlan(
                run.id(),
                run.groups().plans(),
                exec.stdin().isPresent(),
                exec.terminal().map(ExecSpec.TerminalSize::columns).orElse(0),
                exec.terminal().map(ExecSpec.TerminalSize::rows).orElse(0),
                processes
                        .more(spec, run.image().config(), accounts, hostname(spec, run.id()), exec)
                        .withLabel(label(run.labels())));
    }

    /** The filter of the container's processes; the first question for one makes it. */
    byte[] filter(ContainerSpec spec) {
        return processes.filter(spec);
    }

    /** Whether ids and home can only be told by looking into the container's files. */
    static boolean needsAccounts(String user, Map<String, String> environment) {
        return !user.matches("\\d+:\\d+") || !environment.containsKey("HOME");
    }
}
