package io.bivouac.engine.warden;

import io.bivouac.engine.wire.FrameType;
import io.bivouac.engine.wire.WireWriter;
import java.util.List;
import java.util.Optional;

/** Encodes the requests that have no type of their own. The peer is {@code request.c}. */
final class Requests {
    private Requests() {}

    private static WireWriter begin(FrameType type) {
        return new WireWriter().begin(type).put(FrameType.VERSION);
    }

    static WireWriter session(SessionPlan plan) {
        WireWriter out = begin(FrameType.SESSION);
        out.putText(plan.sessions().toString())
                .putText(plan.layers().toString())
                .putText(plan.id());
        out.putText(plan.socket().toString());
        out.put(plan.mapping().kind().code());
        encodeRanges(out, plan.mapping().uids());
        encodeRanges(out, plan.mapping().gids());
        CgroupPlan.encodeAll(out, plan.cgroups());
        return out.end();
    }

    private static void encodeRanges(WireWriter out, List<IdMapping.Range> ranges) {
        out.putInt(ranges.size());
        for (IdMapping.Range range : ranges) {
            out.putUnsigned(range.inside()).putUnsigned(range.outside()).putUnsigned(range.count());
        }
    }

    static WireWriter announcement(Announcement announced) {
        WireWriter out = begin(FrameType.ANNOUNCE);
        announced
                .root()
                .orElseGet(() -> new LaunchPlan.Root(announced.folder(), "", "", ""))
                .encode(out);
        LaunchOp.encodeAll(out, announced.devices());
        out.putTexts(announced.addresses());
        CgroupPlan.encodeAll(out, announced.cgroups());
        return out.end();
    }

    static WireWriter exec(ExecPlan plan) {
        WireWriter out = begin(FrameType.EXEC).putText(plan.id());
        CgroupPlan.encodeAll(out, plan.cgroups());
        out.put(plan.input()).put(plan.columns() > 0).putInt(plan.columns()).putInt(plan.rows());
        plan.process().encode(out);
        return out.end();
    }

    static WireWriter signal(String id, int signal) {
        return begin(FrameType.SIGNAL).putText(id).putInt(signal).end();
    }

    static WireWriter discard(String id, List<String> folders, List<CgroupPlan> cgroups) {
        WireWriter out = begin(FrameType.DISCARD).putText(id).putTexts(folders);
        CgroupPlan.encodeAll(out, cgroups);
        return out.end();
    }

    static WireWriter remove(List<String> folders) {
        return begin(FrameType.REMOVE).putTexts(folders).end();
    }

    static WireWriter awaitPort(String id, int port, String address) {
        return begin(FrameType.AWAIT_PORTS)
                .putText(id)
                .putInt(1)
                .putInt(port)
                .putText(address)
                .end();
    }

    static WireWriter freeze(boolean freeze, List<Freezing> containers) {
        WireWriter out = begin(FrameType.FREEZE).put(freeze).putInt(containers.size());
        for (Freezing container : containers) {
            Optional<CgroupPath> cgroup = container.cgroup();
            out.putText(container.id()).put(cgroup.map(CgroupPath::version).orElse(0));
            out.putText(cgroup.map(CgroupPath::path).orElse(""));
        }
        return out.end();
    }

    static WireWriter tree(FrameType type, TreePlan plan) {
        WireWriter out =
                begin(type).put(plan.container() ? 0 : 1).putText(plan.root()).putText(plan.path());
        out.putText(plan.name()).putInt(plan.flags());
        out.putText(plan.layers()).putText(plan.below()).putText(plan.output()).putText(plan.label());
        return out.end();
    }
}
