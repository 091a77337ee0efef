package io.bivouac.engine.warden;

import io.bivouac.engine.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * A control group to be made and joined.
 *
 * @param group where it lies
 * @param shared whether it is the session's, joined by its containers but neither made nor removed with one
 * @param countsKills whether it tells how often its processes ran out of memory
 * @param outer written to the group it lies in, before it is made
 * @param inner written to itself, once it is made
 * @param devices an eBPF program that decides about devices; empty for none
 */
public record CgroupPlan(
        CgroupPath group,
        boolean shared,
        boolean countsKills,
        List<Setting> outer,
        List<Setting> inner,
        byte[] devices) {
    private static final byte[] NO_PROGRAM = {};

    public CgroupPlan {
        outer = List.copyOf(outer);
        inner = List.copyOf(inner);
    }

    /**
     * A file of a group and what is written to it.
     *
     * @param file its name
     */
    public record Setting(String file, String value) {}

    /** A group of a container's own, with nothing set. */
    public static CgroupPlan of(CgroupPath group) {
        return new CgroupPlan(group, false, false, List.of(), List.of(), NO_PROGRAM);
    }

    /** The same of a group that lies in this one. */
    public CgroupPlan ofChild(String name) {
        return new CgroupPlan(group.child(name), shared, countsKills, outer, inner, devices);
    }

    public CgroupPlan asShared() {
        return new CgroupPlan(group, true, countsKills, outer, inner, devices);
    }

    public CgroupPlan countingKills() {
        return new CgroupPlan(group, shared, true, outer, inner, devices);
    }

    public CgroupPlan withOuter(List<Setting> more) {
        return new CgroupPlan(group, shared, countsKills, plus(outer, more), inner, devices);
    }

    public CgroupPlan withInner(List<Setting> more) {
        return new CgroupPlan(group, shared, countsKills, outer, plus(inner, more), devices);
    }

    public CgroupPlan withDevices(byte[] program) {
        return new CgroupPlan(group, shared, countsKills, outer, inner, program);
    }

    private static List<Setting> plus(List<Setting> some, List<Setting> more) {
        List<Setting> all = new ArrayList<>(some);
        all.addAll(more);
        return all;
    }

    private void encode(WireWriter out) {
        out.put(group.version()).putText(group.path()).put(shared).put(countsKills);
        encode(out, outer);
        encode(out, inner);
        out.putBytes(devices, 0, devices.length);
    }

    private static void encode(WireWriter out, List<Setting> settings) {
        out.putInt(settings.size());
        settings.forEach(setting -> out.putText(setting.file()).putText(setting.value()));
    }

    static void encodeAll(WireWriter out, List<CgroupPlan> plans) {
        out.putInt(plans.size());
        plans.forEach(plan -> plan.encode(out));
    }
}
