package io.bivouac.engine.cgroup;

import io.bivouac.engine.IoLimits;
import io.bivouac.engine.Limits;
import io.bivouac.engine.warden.CgroupPlan.Setting;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Limits in the words of the kernel. */
final class ControllerSettings {
    static final String MEMORY = "memory";
    static final String CPU = "cpu";
    static final String CPUSET = "cpuset";
    static final String PIDS = "pids";
    static final String IO = "io";
    /** What version 1 calls {@link #IO}. */
    static final String BLKIO = "blkio";

    private static final String CPU_MEMORY_NODES = "cpuset.mems";
    private static final long CPU_PERIOD_MICROS = 100_000;

    private final Limits limits;
    /** {@code MAJOR:MINOR} of the disk that I/O limits are about. */
    private final String disk;

    ControllerSettings(Limits limits, String disk) {
        this.limits = limits;
        this.disk = disk;
    }

    boolean choosesProcessors() {
        return limits.cpuset().isPresent();
    }

    private long pids() {
        return limits.pids().orElse(Limits.DEFAULT_PIDS);
    }

    private long quota() {
        return Math.round(limits.cpus().orElse(0) * CPU_PERIOD_MICROS);
    }

    private long swap() {
        return Math.max(
                limits.memorySwap().orElse(limits.memory().orElse(0))
                        - limits.memory().orElse(0),
                0);
    }

    /** By controller, those that were asked for and the number of processes. */
    Map<String, List<Setting>> version2() {
        Map<String, List<Setting>> settings = new LinkedHashMap<>();
        settings.put(PIDS, List.of(new Setting("pids.max", pids() < 0 ? "max" : Long.toString(pids()))));
        limits.memory()
                .ifPresent(memory -> settings.put(
                        MEMORY,
                        List.of(
                                new Setting("memory.max", Long.toString(memory)),
                                // All of it or nothing: half a service is worse than none.
                                new Setting("memory.oom.group", "1"),
                                new Setting("memory.swap.max", Long.toString(swap())))));
        limits.cpus()
                .ifPresent(
                        cpus -> settings.put(CPU, List.of(new Setting("cpu.max", quota() + " " + CPU_PERIOD_MICROS))));
        limits.cpuset().ifPresent(cpus -> settings.put(CPUSET, List.of(new Setting("cpuset.cpus", cpus))));
        limits.io().ifPresent(io -> settings.put(IO, List.of(new Setting("io.max", disk + words(io)))));
        return settings;
    }

    private static String words(IoLimits io) {
        StringBuilder text = new StringBuilder();
        word(text, "rbps", io.readBytesPerSecond());
        word(text, "wbps", io.writeBytesPerSecond());
        word(text, "riops", io.readsPerSecond());
        word(text, "wiops", io.writesPerSecond());
        return text.toString();
    }

    private static void word(StringBuilder text, String key, long value) {
        if (value > 0) {
            text.append(' ').append(key).append('=').append(value);
        }
    }

    /**
     * The same for version 1.
     *
     * @param memoryNodes that the container's processors may use; needed where it chooses some
     */
    Map<String, List<Setting>> version1(String memoryNodes) {
        Map<String, List<Setting>> settings = new LinkedHashMap<>();
        settings.put(PIDS, List.of(new Setting("pids.max", pids() < 0 ? "max" : Long.toString(pids()))));
        limits.memory()
                .ifPresent(memory -> settings.put(
                        MEMORY,
                        List.of(
                                new Setting("memory.limit_in_bytes", Long.toString(memory)),
                                new Setting("memory.memsw.limit_in_bytes", Long.toString(memory + swap())))));
        limits.cpus()
                .ifPresent(cpus -> settings.put(
                        CPU,
                        List.of(
                                new Setting("cpu.cfs_period_us", Long.toString(CPU_PERIOD_MICROS)),
                                new Setting("cpu.cfs_quota_us", Long.toString(quota())))));
        limits.cpuset()
                .ifPresent(cpus -> settings.put(
                        CPUSET, List.of(new Setting("cpuset.cpus", cpus), new Setting(CPU_MEMORY_NODES, memoryNodes))));
        limits.io().ifPresent(io -> settings.put(BLKIO, throttles(io)));
        return settings;
    }

    private List<Setting> throttles(IoLimits io) {
        List<Setting> settings = new ArrayList<>();
        throttle(settings, "read_bps", io.readBytesPerSecond());
        throttle(settings, "write_bps", io.writeBytesPerSecond());
        throttle(settings, "read_iops", io.readsPerSecond());
        throttle(settings, "write_iops", io.writesPerSecond());
        return settings;
    }

    private void throttle(List<Setting> settings, String what, long value) {
        if (value > 0) {
            settings.add(new Setting("blkio.throttle." + what + "_device", disk + " " + value));
        }
    }
}
