#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apart.h"
#include "detach.h"
#include "io.h"
#include "process.h"
#include "protect.h"
#include "space.h"
#include "worker.h"

/* A worker is forked ahead when one has ended, or so long after the last request: not while one is carried out, which it would
 * hold up. */
enum { QUIET_MILLISECONDS = 10 };

struct warden {
    struct session session;
    struct registry containers;
    int listener;
    int jvm;
    int guardian;
    int changes; /* our end of the registry */
    int signals;
    int layers; /* clones of the store's folders, until they are attached */
    int folder;
    int ahead; /* to the worker that was forked ahead */
    pid_t ahead_pid;
};

/* In a container whose /proc is covered in parts the kernel mounts none: a new one would be uncovered. Its own is taken then, with
 * what covers it; but never by a root that shares its user namespace with the surroundings, whose processes and files in there are
 * then its own. */
static int open_proc(struct session *session, bool mapped, struct failure *failure) {
    struct statfs status;
    session->proc = detached_proc(failure);
    if (session->proc >= 0) {
        return 0;
    }
    struct failure ignored = {0};
    bool shared = mapped && failure->error == EPERM && apart_possible();
    OWNED_FD surroundings = shared ? detached_clone("/proc", &ignored) : -1;
    if (surroundings < 0 || fstatfs(surroundings, &status) != 0 || status.f_type != PROC_SUPER_MAGIC) {
        return -1;
    }
    *failure = (struct failure){0};
    session->proc = fd_keep(&surroundings);
    session->covered = true;
    return 0;
}

static int mount_namespace(int proc) {
    return openat(proc, "self/ns/mnt", O_RDONLY | O_CLOEXEC);
}

static int mount_proc(const struct session *session) {
    return session->covered ? mount("/proc", "/tmp/proc", NULL, MS_BIND | MS_REC, NULL)
                            : mount("proc", "/tmp/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

/* In a user namespace procfs and sysfs can be mounted only where a fully visible one already is (mount_namespaces(7)): the
 * empty namespace carries both, and a container loses them when it leaves for its own root. */
static int fill_empty(const struct warden *warden, bool within, struct failure *failure) {
    if (mount("none", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64k") != 0) {
        return fail(failure, "build the empty mount namespace", "mount", "tmpfs");
    }
    static const char *const folders[] = {"/tmp/root", "/tmp/below", "/tmp/dev",     "/tmp/files", "/tmp/layers",
                                          "/tmp/proc", "/tmp/sys",   "/tmp/session", "/tmp/old"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (mkdir(folders[i], 0755) != 0) {
            return fail(failure, "build the empty mount namespace", "mkdir", folders[i]);
        }
    }
    if (within && (mount_proc(&warden->session) != 0 || mount("/sys", "/tmp/sys", NULL, MS_BIND | MS_REC, NULL) != 0)) {
        return fail(failure, "build the empty mount namespace", "mount", "proc");
    }
    int placed = warden->folder < 0
                     ? mount("none", "/tmp/session", "tmpfs", MS_NOSUID | MS_NODEV, "mode=700")
                     : move_mount(warden->folder, "", AT_FDCWD, "/tmp/session", MOVE_MOUNT_F_EMPTY_PATH);
    if (placed != 0 || move_mount(warden->layers, "", AT_FDCWD, "/tmp/layers", MOVE_MOUNT_F_EMPTY_PATH) != 0) {
        return fail(failure, "build the empty mount namespace", "move_mount", "/layers");
    }
    if (chdir("/tmp") != 0 || syscall(SYS_pivot_root, ".", "old") != 0 || umount2("/old", MNT_DETACH) != 0
        || rmdir("/old") != 0
        || mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) != 0) {
        return fail(failure, "build the empty mount namespace", "pivot_root", "/");
    }
    return 0;
}

static int build_namespaces(struct warden *warden, const char *layers, const char *folder, bool mapped,
                            struct failure *failure) {
    struct session *session = &warden->session;
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0) {
        return fail(failure, "separate the session's mounts", "mount", "/");
    }
    char map[128];
    if (open_proc(session, mapped, failure) != 0) {
        return -1;
    }
    if (read_text_at(session->proc, "self/uid_map", map, sizeof map) <= 0) {
        return fail(failure, "build the empty mount namespace", "read", "uid_map");
    }
    /* One that the session has, or one that all around it is in. */
    bool within = strstr(map, "4294967295") == NULL;
    session->host = mount_namespace(session->proc);
    if (session->host < 0 || unshare(CLONE_NEWNS) != 0
        || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        return fail(failure, "build the empty mount namespace", "unshare", "");
    }
    warden->layers = detached_clone(layers, failure);
    warden->folder = detached_clone(folder, failure);
    if (warden->layers < 0 || warden->folder < 0 || space_choose(session, &warden->folder, failure) != 0
        || fill_empty(warden, within, failure) != 0) {
        return -1;
    }
    fd_close(&warden->layers);
    fd_close(&warden->folder);
    session->empty = mount_namespace(session->proc);
    if (session->empty < 0 || setns(session->host, CLONE_NEWNS) != 0) {
        return fail(failure, "build the empty mount namespace", "setns", "");
    }
    return 0;
}

static int prepare(struct warden *warden, const char *layers, const char *folder, bool mapped, struct failure *failure) {
    /* Before any container exists: none of its processes may ever trace or open one of ours (CVE-2016-9962). */
    if (STANDS(NOT_DUMPABLE) && prctl(PR_SET_DUMPABLE, 0) != 0) {
        return fail(failure, "protect the warden", "prctl", "PR_SET_DUMPABLE");
    }
    prctl(PR_SET_NAME, "bivouac-warden");
    process_reset_signals();
    signal(SIGPIPE, SIG_IGN);
    umask(022);
    /* One keyring for the session, not one for each container: a user has a quota of 200 keys. */
    if (STANDS(KEYRING) && syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "bivouac") < 0 && errno != ENOSYS && errno != EPERM) {
        return fail(failure, "protect the warden", "keyctl", ""); /* without the call there is no keyring to keep apart */
    }
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        return fail(failure, "start the warden", "socketpair", "");
    }
    warden->changes = pair[0];
    warden->session.registry = pair[1];
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    warden->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (warden->signals < 0) {
        return fail(failure, "start the warden", "signalfd", "");
    }
    return build_namespaces(warden, layers, folder, mapped, failure);
}

/* A monitor that was killed takes its container with it: nobody would drain or report it. */
static bool reap(struct warden *warden) {
    struct signalfd_siginfo ignored;
    bool any = false;
    while (read(warden->signals, &ignored, sizeof ignored) > 0) {
    }
    for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) > 0; any = true) {
        registry_reaped(&warden->containers, pid);
        if (pid == warden->ahead_pid) {
            fd_close(&warden->ahead);
        }
    }
    return any;
}

/* Everything of PID 1 but what every worker inherits. */
static void become_worker(struct warden *warden, int handed) {
    char byte;
    int connection = -1;
    size_t count = 0;
    sigset_t none;
    prctl(PR_SET_NAME, "bivouac-worker");
    close(warden->listener);
    close(warden->jvm);
    close(warden->guardian);
    close(warden->changes);
    close(warden->signals);
    close(3 + SESSION_LOCK);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (close_range(REGISTRY_FD_BASE, ~0U, 0) == 0 && receive_with_fds(handed, &byte, 1, &connection, &count) == 1
        && count == 1) {
        close(handed);
        worker_main(&warden->session, connection);
    }
    _exit(0);
}

/* The worker of the next connection. */
static int fork_ahead(struct warden *warden, struct failure *failure) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        return fail(failure, "start a worker", "socketpair", "");
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(pair[0]);
        become_worker(warden, pair[1]);
    }
    int error = errno;
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return fail_with(failure, error, "start a worker", "fork", "");
    }
    warden->ahead = pair[0];
    warden->ahead_pid = pid;
    return 0;
}

/* Only the user the session belongs to may speak to it: root of our user namespace, whose uid the kernel vouches for. */
static bool is_ours(int connection) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == geteuid();
}

/* Hands the next connection to the worker that waits. `failure`: why there is none. */
static void accept_one(struct warden *warden, struct failure *failure) {
    OWNED_FD connection = accept4(warden->listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
        poll(NULL, 0, 10); /* the connection stays in the backlog: try again when others have ended */
    }
    if (connection < 0 || !is_ours(connection)) {
        return;
    }
    if (warden->ahead >= 0 && send_with_fds(warden->ahead, "", 1, &connection, 1) != 0) {
        /* One that was killed while it waited has taken nothing: another may serve as well. */
        fd_close(&warden->ahead);
        if (fork_ahead(warden, failure) == 0 && send_with_fds(warden->ahead, "", 1, &connection, 1) != 0) {
            fail(failure, "start a worker", "sendmsg", "");
        }
    }
    fd_close(&warden->ahead);
    if (failure->error != 0) {
        frame_send_failure(connection, failure);
    }
}

/* When guardian or JVM die, so does this process, and with it, by the kernel's hand, every process of the session. */
static void serve(struct warden *warden) {
    enum { JVM, GUARDIAN, CHANGES, SIGNALS, LISTENER, COUNT };
    struct pollfd events[COUNT] = {
        [JVM] = {.fd = warden->jvm, .events = POLLIN},
        [GUARDIAN] = {.fd = warden->guardian, .events = POLLIN},
        [CHANGES] = {.fd = warden->changes, .events = POLLIN},
        [SIGNALS] = {.fd = warden->signals, .events = POLLIN},
        [LISTENER] = {.fd = warden->listener, .events = POLLIN},
    };
    for (int quiet = 0;; quiet = warden->ahead < 0 ? QUIET_MILLISECONDS : -1) {
        struct failure failure = {0};
        int ready = poll(events, COUNT, quiet);
        if (ready < 0) {
            continue;
        }
        if (events[JVM].revents != 0 || events[GUARDIAN].revents != 0) {
            return;
        }
        registry_serve(&warden->containers, warden->changes);
        bool idle = reap(warden) || ready == 0;
        bool asked = events[LISTENER].revents != 0;
        if (warden->ahead < 0 && (idle || asked)) {
            fork_ahead(warden, &failure);
        }
        if (asked) {
            accept_one(warden, &failure);
        }
    }
}

int session_main(const char *layers, const char *folder, bool mapped) {
    struct failure failure = {0};
    struct warden warden = {
        .listener = 3 + SESSION_LISTENER,
        .jvm = 3 + SESSION_JVM,
        .guardian = 3 + SESSION_GUARDIAN,
        .ahead = -1,
        .session = {.control = 3 + SESSION_CONTROL, .disk = -1, .folder = folder},
    };
    for (int fd = 3; fd < 3 + SESSION_FDS; fd++) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    OWNED_FD report = 3 + SESSION_REPORT;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0) {
        fail(&failure, "start the warden", "open", "/dev/null");
    }
    fd_close(&null);
    bool ready = failure.error == 0 && prepare(&warden, layers, folder, mapped, &failure) == 0;
    if (write_all(report, &failure, sizeof failure) != 0 || !ready) {
        return 1;
    }
    fd_close(&report);
    serve(&warden);
    return 0;
}
