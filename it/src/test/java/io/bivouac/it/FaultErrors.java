package io.bivouac.it;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What system calls plausibly fail with, see their manual pages and errno(3). */
final class FaultErrors {
    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int EINTR = 4;
    static final int EIO = 5;
    static final int EAGAIN = 11;
    static final int ENOMEM = 12;
    static final int EACCES = 13;
    static final int EINVAL = 22;
    static final int EMFILE = 24;
    static final int ENOSPC = 28;
    static final int ENOBUFS = 105;

    /** Calls that wait. */
    private static final Set<String> INTERRUPTIBLE = Set.of(
            "accept4",
            "epoll_wait",
            "poll",
            "pread",
            "read",
            "recv",
            "recvmsg",
            "send",
            "sendmsg",
            "sigwaitinfo",
            "waitpid",
            "write",
            "writev");

    private static final Map<String, List<Integer>> ERRORS = Map.ofEntries(
            Map.entry("accept4", List.of(EMFILE)),
            Map.entry("access", List.of(EACCES)),
            Map.entry("bind", List.of(98)),
            Map.entry("chdir", List.of(EACCES)),
            Map.entry("clone3", List.of(EAGAIN, ENOSPC)),
            Map.entry("close_range", List.of(ENOMEM)),
            Map.entry("connect", List.of(101)),
            Map.entry("dprintf", List.of(ENOSPC)),
            Map.entry("epoll_wait", List.of()),
            Map.entry("execve", List.of(ENOMEM, EACCES)),
            Map.entry("faccessat", List.of(ENOENT)),
            Map.entry("fchown", List.of(EPERM)),
            Map.entry("fchownat", List.of(EPERM)),
            Map.entry("fcntl", List.of(EMFILE)),
            Map.entry("fork", List.of(EAGAIN)),
            Map.entry("keyctl", List.of(122)),
            Map.entry("kill", List.of(EPERM)),
            Map.entry("linkat", List.of(31)),
            Map.entry("lsetxattr", List.of(ENOSPC, 95)),
            Map.entry("fsetxattr", List.of(ENOSPC, 95)),
            Map.entry("mkdir", List.of(ENOSPC)),
            Map.entry("mkdirat", List.of(ENOSPC)),
            Map.entry("mknodat", List.of(EPERM)),
            Map.entry("mount", List.of(EPERM, EINVAL)),
            Map.entry("mount_setattr", List.of(EPERM)),
            Map.entry("move_mount", List.of(EINVAL)),
            Map.entry("open", List.of(EMFILE)),
            Map.entry("openat", List.of(EMFILE)),
            Map.entry("openat2", List.of(EMFILE, EAGAIN)),
            Map.entry("opendir", List.of(EMFILE)),
            Map.entry("pidfd_open", List.of(EMFILE)),
            Map.entry("pidfd_send_signal", List.of(EPERM)),
            Map.entry("pipe2", List.of(EMFILE)),
            Map.entry("pivot_root", List.of(EPERM)),
            Map.entry("prctl", List.of(EPERM)),
            // Not EIO, with which the reading of a terminal ends in good order.
            Map.entry("read", List.of(ENOMEM)),
            Map.entry("recvmsg", List.of(ENOMEM)),
            Map.entry("rmdir", List.of(16)),
            Map.entry("seccomp", List.of(EINVAL)),
            Map.entry("send", List.of(EAGAIN, ENOBUFS)),
            Map.entry("sendmsg", List.of(ENOBUFS)),
            Map.entry("setgroups", List.of(EPERM)),
            Map.entry("sethostname", List.of(EPERM)),
            Map.entry("setns", List.of(EPERM)),
            Map.entry("setresgid", List.of(EPERM)),
            Map.entry("setresuid", List.of(EAGAIN)),
            Map.entry("setrlimit", List.of(EPERM, EINVAL)),
            Map.entry("setsid", List.of(EPERM)),
            Map.entry("sigwaitinfo", List.of()),
            Map.entry("shutdown", List.of(EINVAL)),
            Map.entry("socket", List.of(EMFILE)),
            Map.entry("socketpair", List.of(EMFILE)),
            Map.entry("symlinkat", List.of(ENOSPC)),
            Map.entry("umount2", List.of(EINVAL)),
            Map.entry("unlinkat", List.of(EIO)),
            Map.entry("unshare", List.of(EPERM, ENOSPC)),
            Map.entry("waitpid", List.of()),
            Map.entry("write", List.of(ENOSPC)),
            Map.entry("writev", List.of(ENOSPC)));

    /** What functions that ask for memory fail with. */
    private static final Set<String> MEMORY = Set.of(
            "calloc",
            "malloc",
            "realloc",
            "strdup",
            "fdopen",
            "fdopendir",
            "epoll_create1",
            "epoll_ctl",
            "memfd_create",
            "scandirat",
            "poll");

    private FaultErrors() {}

    /** Interrupted calls are made again; a name that changed while it was looked up is looked up again. None is noticed. */
    static boolean isRetried(String call, int error) {
        return error == EINTR || (call.equals("openat2") && error == EAGAIN);
    }

    /** A session that does not start is tried once more by the start that needs it: then it has to fail twice. */
    static int times(String site) {
        boolean begins = site.endsWith("guardian_main < main") || site.endsWith("session_main < main");
        boolean ends = site.contains(" < end < ")
                || site.contains(" < watch < ")
                || site.contains(" < serve < ")
                || site.contains("sweep")
                // Asked of one folder after the other within one attempt.
                || site.startsWith("access ");
        return begins && !ends ? 2 : 1;
    }

    static List<Integer> of(String call) {
        List<Integer> errors =
                new ArrayList<>(ERRORS.getOrDefault(call, List.of(MEMORY.contains(call) ? ENOMEM : EIO)));
        if (INTERRUPTIBLE.contains(call)) {
            errors.add(EINTR);
        }
        return errors;
    }
}
