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
 * @param label what a security module of the kernel is told
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
        Label label,
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

    /** The security module that labels a process. */
    public enum Module {
        NONE(0),
        APPARMOR(1),
        SELINUX(2);

        private final int code;

        Module(int code) {
            this.code = code;
        }
    }

    /**
     * The label of a process from when it executes its program.
     *
     * @param text an AppArmor profile, or an SELinux context
     */
    public record Label(Module module, String text) {
        public static final Label NONE = new Label(Module.NONE, "");
    }

    /** The same with another label. */
    public ProcessPlan withLabel(Label other) {
        return new ProcessPlan(
                candidates,
                arguments,
                environment,
                directory,
                user,
                capabilities,
                noNewPrivileges,
                other,
                seccomp,
                limits,
                oomScoreAdjustment);
    }

    /** A resource limit by its number; -1 is unlimited. */
    public record Limit(int resource, long soft, long hard) {}

    void encode(WireWriter out) {
        out.putTexts(candidates).putTexts(arguments).putTexts(environment).putText(directory);
        out.putUnsigned(user.uid()).putUnsigned(user.gid()).put(user.setGroups());
        out.putInt(user.groups().size());
        user.groups().forEach(out::putUnsigned);
        out.putLong(capabilities.bounding()).putLong(capabilities.permitted()).putLong(capabilities.effective());
        out.put(noNewPrivileges);
        out.put(label.module().code).putText(label.text());
        out.putBytes(seccomp);
        out.putInt(limits.size());
        for (Limit limit : limits) {
            out.putInt(limit.resource()).putLong(limit.soft()).putLong(limit.hard());
        }
        out.putInt(oomScoreAdjustment);
    }
}
