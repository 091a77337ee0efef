package io.bivouac.engine.cgroup;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.IoLimits;
import io.bivouac.engine.Limits;
import io.bivouac.engine.warden.CgroupPath;
import io.bivouac.engine.warden.CgroupPlan;
import io.bivouac.engine.warden.CgroupPlan.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Where containers' control groups lie on this host, and what is written to them: below the group this process is in, so that
 * limits an administrator set for it hold for its containers too.
 *
 * <p>The v2 hierarchy is preferred wherever it is mounted and writable, also on hybrid hosts whose controllers are bound to v1:
 * its freezer lets a frozen process be killed, which v1's does not. Limits are set by whichever version has the controller.
 */
public final class Cgroups {
    /** Which hierarchy to use; {@code auto} is right, the others serve tests. */
    public static final String PROPERTY = "bivouac.cgroup";

    private static final String NAME_PREFIX = "bivouac-";
    /** Of containers that are given more devices than the others: what a group is denied none below it is allowed. */
    private static final String OPEN_SUFFIX = "-open";

    /** Bytes that any limit of them may be, where only its kind matters. */
    private static final long EVERY_LIMIT = 1 << 30;

    private static final String FREEZER = "freezer";
    private static final String DEVICES = "devices";
    private static final String ACCOUNTING = "cpuacct";
    /** Kept for every container: for statistics, for the number of processes, and to tell why one was killed. */
    private static final List<String> ALWAYS = List.of(ControllerSettings.PIDS, ControllerSettings.MEMORY, ACCOUNTING);

    private static final List<String> ON_DEMAND =
            List.of(ControllerSettings.CPU, ControllerSettings.CPUSET, ControllerSettings.BLKIO);

    private static final Demands NOTHING = new Demands(Limits.none(), false, List.of(), "");

    private final HostCgroups host;
    private final Optional<UnifiedBase> unified;
    private final String name;
    /** As {@link #parents}. */
    private final List<CgroupPlan> usual;

    private enum Choice {
        AUTO,
        V2,
        V1,
        NONE
    }

    private Cgroups(HostCgroups host, Optional<UnifiedBase> unified, String name) throws IOException {
        this.host = host;
        this.unified = unified;
        this.name = name;
        this.usual = parents(NOTHING);
    }

    /**
     * What this host has for containers.
     *
     * @param hierarchies in words
     * @param missing limits that cannot be enforced
     * @param freezes whether they can be frozen at one instant
     */
    public record Offer(List<String> hierarchies, List<String> missing, boolean freezes) {
        public Offer {
            hierarchies = List.copyOf(hierarchies);
            missing = List.copyOf(missing);
        }
    }

    /**
     * What one container asks for.
     *
     * @param limits the user's
     * @param allDevices whether it may open any device
     * @param devices of the host it was given beside those that all have: {@code c 10:229}
     * @param disk {@code MAJOR:MINOR} of the disk its file system lies on
     */
    public record Demands(Limits limits, boolean allDevices, List<HostDevice> devices, String disk) {
        public Demands {
            devices = List.copyOf(devices);
        }

        private boolean open() {
            return allDevices || !devices.isEmpty();
        }

        private boolean areUsual() {
            return !open() && limits.equals(Limits.none());
        }
    }

    /** Those of a session. */
    public static Cgroups of(CgroupHost host, String sessionId) throws IOException {
        return of(host.look(), sessionId, System.getProperty(PROPERTY, "auto"));
    }

    static Cgroups of(HostCgroups all, String sessionId, String choice) throws IOException {
        HostCgroups host = switch (parse(choice)) {
            case AUTO -> all;
            case V2 -> all.withoutControllers();
            case V1 -> all.withoutUnified();
            case NONE -> all.withoutControllers().withoutUnified();
        };
        Optional<UnifiedBase> unified = host.unified().isPresent()
                ? Optional.of(UnifiedBase.of(host.unified().get()))
                : Optional.empty();
        return new Cgroups(host, unified, NAME_PREFIX + sessionId);
    }

    private static Choice parse(String choice) {
        try {
            return Choice.valueOf(choice.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(PROPERTY + "=" + choice + " is not a choice: auto, v2, v1 or none.", e);
        }
    }

    /** Every group the session's containers may come to lie in; those with settings are made with the session. */
    public List<CgroupPlan> session() {
        List<CgroupPlan> plans = new ArrayList<>();
        unified.ifPresent(base -> {
            CgroupPlan plan = CgroupPlan.of(base.group(name)).withInner(base.enable(ALWAYS));
            plans.add(
                    host.controllers().containsKey(DEVICES)
                            ? plan
                            : plan.withDevices(standardDevices().program()));
            plans.add(CgroupPlan.of(base.group(name + OPEN_SUFFIX)));
        });
        Map<String, CgroupPlan> byPath = new LinkedHashMap<>();
        for (String controller : host.controllers().keySet()) {
            if (isUsed(controller)) {
                CgroupPlan plan = CgroupPlan.of(group(controller, name));
                byPath.putIfAbsent(plan.group().path(), plan);
            }
        }
        if (host.controllers().containsKey(DEVICES)) {
            CgroupPlan confined = CgroupPlan.of(group(DEVICES, name))
                    .withInner(standardDevices().settings());
            byPath.put(confined.group().path(), confined);
            plans.add(CgroupPlan.of(group(DEVICES, name + OPEN_SUFFIX)));
        }
        plans.addAll(byPath.values());
        return plans;
    }

    private boolean isUsed(String controller) {
        return ALWAYS.contains(controller)
                || ON_DEMAND.contains(controller)
                || controller.equals(DEVICES)
                || (controller.equals(FREEZER) && unified.isEmpty());
    }

    private static DeviceRules standardDevices() {
        return new DeviceRules(List.of());
    }

    private CgroupPath group(String controller, String group) {
        HostCgroups.Hierarchy hierarchy = host.controllers().get(controller);
        if (hierarchy == null) {
            throw new IllegalArgumentException("no hierarchy has " + controller);
        }
        return new CgroupPath(1, hierarchy.own() + "/" + group);
    }

    /** The groups of a container that asks for nothing: many others have them too, and more. */
    public List<CgroupPlan> container(String container) {
        return children(usual, container);
    }

    /** The groups of a container to be made. */
    public List<CgroupPlan> container(String container, Demands demands) throws IOException {
        return children(demands.areUsual() ? usual : parents(demands), container);
    }

    private static List<CgroupPlan> children(List<CgroupPlan> parents, String container) {
        List<CgroupPlan> plans = new ArrayList<>(parents.size());
        for (CgroupPlan parent : parents) {
            plans.add(parent.shared() ? parent : parent.ofChild(container));
        }
        return plans;
    }

    /** The groups that a container's own, planned like these, lie in, and the shared ones. */
    private List<CgroupPlan> parents(Demands demands) throws IOException {
        Map<String, CgroupPlan> plans = new LinkedHashMap<>();
        ControllerSettings settings = new ControllerSettings(demands.limits(), demands.disk());
        Set<String> inUnified = Set.of();
        if (unified.isPresent()) {
            CgroupPlan plan = inUnified(unified.get(), demands, settings);
            plans.put(plan.group().path(), plan);
            inUnified = unified.get().controllers();
        }
        for (CgroupPlan plan : inVersion1(settings, inUnified)) {
            plans.merge(
                    plan.group().path(),
                    plan,
                    // Controllers that are mounted together share a group.
                    (one, other) -> (other.countsKills() ? one.countingKills() : one)
                            .withOuter(other.outer())
                            .withInner(other.inner()));
        }
        devices(demands).ifPresent(plan -> plans.put(plan.group().path(), plan));
        return List.copyOf(plans.values());
    }

    private CgroupPlan inUnified(UnifiedBase base, Demands demands, ControllerSettings settings) {
        boolean ownDevices = demands.open();
        CgroupPlan plan = CgroupPlan.of(base.group(ownDevices ? name + OPEN_SUFFIX : name));
        List<String> wanted = new ArrayList<>(ownDevices ? ALWAYS : List.of());
        for (Map.Entry<String, List<Setting>> each : settings.version2().entrySet()) {
            if (base.controllers().contains(each.getKey())) {
                plan = plan.withInner(each.getValue());
                if (!ALWAYS.contains(each.getKey())) {
                    wanted.add(each.getKey());
                }
            }
        }
        plan = plan.withOuter(base.enable(wanted));
        if (ownDevices && !demands.allDevices() && !host.controllers().containsKey(DEVICES)) {
            plan = plan.withDevices(new DeviceRules(demands.devices()).program());
        }
        return base.controllers().contains(ControllerSettings.MEMORY) ? plan.countingKills() : plan;
    }

    private List<CgroupPlan> inVersion1(ControllerSettings settings, Set<String> elsewhere) throws IOException {
        List<CgroupPlan> plans = new ArrayList<>();
        if (unified.isEmpty() && host.controllers().containsKey(FREEZER)) {
            plans.add(CgroupPlan.of(group(FREEZER, name)));
        }
        Map<String, List<Setting>> wanted =
                settings.version1(settings.choosesProcessors() ? read(ControllerSettings.CPUSET, "cpuset.mems") : "");
        for (String controller : host.controllers().keySet().stream().sorted().toList()) {
            boolean used =
                    ALWAYS.contains(controller) || (wanted.containsKey(controller) && ON_DEMAND.contains(controller));
            if (!used || elsewhere.contains(controller)) {
                continue;
            }
            CgroupPlan plan = CgroupPlan.of(group(controller, name))
                    .withInner(existing(controller, wanted.getOrDefault(controller, List.of())));
            if (controller.equals(ControllerSettings.CPUSET)) {
                // A new group has no processors at all until it is given some.
                plan = plan.withOuter(List.of(
                        new Setting("cpuset.cpus", read(controller, "cpuset.cpus")),
                        new Setting("cpuset.mems", read(controller, "cpuset.mems"))));
            }
            plans.add(controller.equals(ControllerSettings.MEMORY) ? plan.countingKills() : plan);
        }
        return plans;
    }

    /** Kernels without accounting of swap lack the files for it. */
    private List<Setting> existing(String controller, List<Setting> settings) {
        HostCgroups.Hierarchy hierarchy = host.controllers().get(controller);
        return settings.stream()
                .filter(setting -> !setting.file().contains("memsw")
                        || (hierarchy != null && Files.exists(hierarchy.own().resolve(setting.file()))))
                .toList();
    }

    private String read(String controller, String file) throws IOException {
        HostCgroups.Hierarchy hierarchy = host.controllers().get(controller);
        return hierarchy == null
                ? ""
                : Files.readString(hierarchy.own().resolve(file)).strip();
    }

    private Optional<CgroupPlan> devices(Demands demands) {
        if (!host.controllers().containsKey(DEVICES) || demands.allDevices()) {
            return Optional.empty();
        }
        return Optional.of(
                demands.open()
                        ? CgroupPlan.of(group(DEVICES, name + OPEN_SUFFIX))
                                .withInner(new DeviceRules(demands.devices()).settings())
                        : CgroupPlan.of(group(DEVICES, name)).asShared());
    }

    /** The limits that were asked for and that nothing here can enforce, in words. */
    public List<String> unenforceable(Limits limits) {
        List<String> missing = new ArrayList<>();
        check(missing, "memory", limits.memory().isPresent(), ControllerSettings.MEMORY, ControllerSettings.MEMORY);
        check(missing, "processors", limits.cpus().isPresent(), ControllerSettings.CPU, ControllerSettings.CPU);
        check(
                missing,
                "a set of processors",
                limits.cpuset().isPresent(),
                ControllerSettings.CPUSET,
                ControllerSettings.CPUSET);
        check(missing, "processes", limits.pids().isPresent(), ControllerSettings.PIDS, ControllerSettings.PIDS);
        check(missing, "disk speed", limits.io().isPresent(), ControllerSettings.IO, ControllerSettings.BLKIO);
        return missing;
    }

    private void check(List<String> missing, String what, boolean asked, String version2, String version1) {
        boolean enforced = host.controllers().containsKey(version1)
                || unified.filter(base -> base.controllers().contains(version2)).isPresent();
        if (asked && !enforced) {
            missing.add(what);
        }
    }

    /** What containers can be given here. */
    public Offer offer() {
        List<String> missing = unenforceable(Limits.none()
                .withMemory(EVERY_LIMIT)
                .withCpus(1)
                .withCpuset("0")
                .withPids(1)
                .withIo(IoLimits.ofBytes(EVERY_LIMIT, EVERY_LIMIT)));
        List<String> hierarchies = new ArrayList<>();
        unified.ifPresent(base -> hierarchies.add("v2 below " + base.group()
                + (base.controllers().isEmpty() ? " without controllers" : " with " + sorted(base.controllers()))));
        if (!host.controllers().isEmpty()) {
            hierarchies.add("v1 with " + sorted(host.controllers().keySet()));
        }
        return new Offer(
                hierarchies, missing, unified.isPresent() || host.controllers().containsKey(FREEZER));
    }

    private static String sorted(Set<String> names) {
        return String.join(", ", new TreeSet<>(names));
    }

    /** The group that holds a container's processes when it is frozen; empty where no freezer may be used. */
    public Optional<CgroupPath> freezer(String container, Demands demands) {
        if (unified.isPresent()) {
            String session = demands.open() ? name + OPEN_SUFFIX : name;
            return Optional.of(unified.get().group(session).child(container));
        }
        return host.controllers().containsKey(FREEZER)
                ? Optional.of(group(FREEZER, name).child(container))
                : Optional.empty();
    }
}
