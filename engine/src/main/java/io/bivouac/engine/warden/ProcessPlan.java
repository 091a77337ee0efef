package io.bivouac.engine.warden;

import io.bivouac.engine.wire.WireWriter;
import java.util.List;

/**
 * A process to run inside a container, everything decided.
 *
 * @param candidates paths to execute, the first that exists wins
 * @param arguments including the zeroth
 * @param environment {@code KEY=value}
 * @param directory absolute
 * @param user ids, and the groups beside the primary one
 * @param capabilities as bit masks of capability numbers, see capabilities(7)
 * @param noNewPrivileges whether setuid programs lose their power
 * @param seccomp an array of {@code struct sock_filter}; empty: unconfined
 * @param limits see setrlimit(2)
 * @param oomScoreAdjustment 0 to 1000, how readily the kernel kills it when memory is short
 */
public record ProcessPlan(
        List<String> candidates,
        List<String> arguments,
        List<String> environment,
        String directory,
        Identity user,
        Capabilities capabilities,
        boolean noNewPrivileges,
        byte[] seccomp,
        List<Limit> limits,
        int oomScoreAdjustment) {
    public ProcessPlan {
        candidates = List.copyOf(candidates);
        arguments = List.copyOf(arguments);
        environment = List.copyOf(environment);
        limits = List.copyOf(limits);
    }

    /**
     * Who a process runs as.
     *
     * @param setGroups false where the user namespace denies setgroups(2)
     */
    public record Identity(long uid, long gid, boolean setGroups, List<Long> groups) {
        public Identity {
            groups = List.copyOf(groups);
        }
    }

    /** Capability sets; inheritable and ambient stay empty. */
    public record Capabilities(long bounding, long permitted, long effective) {}

    /** A resource limit by its number; -1 is unlimited. */
    public record Limit(int resource, long soft, long hard) {}

    void encode(WireWriter out) {
        out.putTexts(candidates).putTexts(arguments).putTexts(environment).putText(directory);
        out.putUnsigned(user.uid()).putUnsigned(user.gid()).put(user.setGroups());
        out.putInt(user.groups().size());
        user.groups().forEach(out::putUnsigned);
        out.putLong(capabilities.bounding()).putLong(capabilities.permitted()).putLong(capabilities.effective());
        out.put(noNewPrivileges).putBytes(seccomp);
        out.putInt(limits.size());
        for (Limit limit : limits) {
            out.putInt(limit.resource()).putLong(limit.soft()).putLong(limit.hard());
        }
        out.putInt(oomScoreAdjustment);
    }
}
