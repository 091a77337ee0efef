#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
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
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "detach.h"
#include "io.h"
#include "protect.h"
#include "space.h"
#include "worker.h"

/* Descriptors of containers start here, so that a worker closes all of them with one close_range(2). */
enum { CONTAINER_FD_BASE = 64 };

struct change_message {
    enum change change;
    pid_t init_pid;
    pid_t monitor_pid;
    char id[CONTAINER_ID_SIZE];
};

struct warden {
    struct session session;
    int listener;
    int jvm;
    int guardian;
    int changes; /* our end of the registry */
    int signals;
    int layers; /* clones of the store's folders, until they are attached */
    int folder;
    uint32_t capacity;
};

static int mount_namespace(int proc) {
    return openat(proc, "self/ns/mnt", O_RDONLY | O_CLOEXEC);
}

/* In a user namespace procfs and sysfs can be mounted only where a fully visible one already is (mount_namespaces(7)): the
 * empty namespace carries both, and a container loses them when it leaves for its own root. */
static int fill_empty(const struct warden *warden, bool mapped, struct failure *failure) {
    if (mount("none", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64k") != 0) {
        return fail(failure, "build the empty mount namespace", "mount", "tmpfs");
    }
    static const char *const folders[] = {"/tmp/root", "/tmp/below", "/tmp/files",   "/tmp/layers",
                                          "/tmp/proc", "/tmp/sys",   "/tmp/session", "/tmp/old"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (mkdir(folders[i], 0755) != 0) {
            return fail(failure, "build the empty mount namespace", "mkdir", folders[i]);
        }
    }
    if (mapped
        && (mount("proc", "/tmp/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0
            || mount("/sys", "/tmp/sys", NULL, MS_BIND | MS_REC, NULL) != 0)) {
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

static int build_namespaces(struct warden *warden, const char *layers, const char *folder, struct failure *failure) {
    struct session *session = &warden->session;
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0) {
        return fail(failure, "separate the session's mounts", "mount", "/");
    }
    session->proc = detached_proc(failure);
    if (session->proc < 0) {
        return -1;
    }
    char map[128];
    if (read_text_at(session->proc, "self/uid_map", map, sizeof map) <= 0) {
        return fail(failure, "build the empty mount namespace", "read", "uid_map");
    }
    bool mapped = strstr(map, "4294967295") == NULL;
    session->host = mount_namespace(session->proc);
    if (session->host < 0 || unshare(CLONE_NEWNS) != 0
        || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        return fail(failure, "build the empty mount namespace", "unshare", "");
    }
    warden->layers = detached_clone(layers, failure);
    warden->folder = detached_clone(folder, failure);
    if (warden->layers < 0 || warden->folder < 0 || space_choose(session, &warden->folder, failure) != 0
        || fill_empty(warden, mapped, failure) != 0) {
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

static int prepare(struct warden *warden, const char *layers, const char *folder, struct failure *failure) {
    /* Before any container exists: none of its processes may ever trace or open one of ours (CVE-2016-9962). */
    if (STANDS(NOT_DUMPABLE) && prctl(PR_SET_DUMPABLE, 0) != 0) {
        return fail(failure, "protect the warden", "prctl", "PR_SET_DUMPABLE");
    }
    prctl(PR_SET_NAME, "bivouac-warden");
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
    return build_namespaces(warden, layers, folder, failure);
}

static struct container *find(const struct session *session, const char *id) {
    for (uint32_t i = 0; i < session->container_count; i++) {
        if (strcmp(session->containers[i].id, id) == 0) {
            return &session->containers[i];
        }
    }
    return NULL;
}

int session_select(struct session *session, const char *id, struct container **selected, struct failure *failure) {
    struct container *container = find(session, id);
    if (container != NULL) {
        int *const fds[] = {&container->mounts, &container->network, &container->init, &container->monitor,
                            &container->proxy};
        for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
            if (*fds[i] >= 0 && (*fds[i] = fcntl(*fds[i], F_DUPFD_CLOEXEC, 3)) < 0) {
                return fail(failure, "find the container", "fcntl", id);
            }
        }
    }
    *selected = container;
    return close_range(CONTAINER_FD_BASE, ~0U, 0) == 0 ? 0 : fail(failure, "find the container", "close_range", id);
}

int session_change(const struct session *session, enum change change, const struct container *container,
                   struct failure *failure) {
    struct change_message message = {
        .change = change, .init_pid = container->init_pid, .monitor_pid = container->monitor_pid};
    memcpy(message.id, container->id, sizeof message.id);
    int fds[3];
    size_t count = 0;
    if (change == CHANGE_CREATED) {
        fds[count++] = container->mounts;
        fds[count++] = container->network;
        if (container->proxy >= 0) {
            fds[count++] = container->proxy;
        }
    } else if (change == CHANGE_STARTED) {
        fds[count++] = container->init;
        fds[count++] = container->monitor;
    }
    return send_with_fds(session->registry, &message, sizeof message, fds, count) == 0
               ? 0
               : fail(failure, "register the container", "sendmsg", container->id);
}

static int lift(struct container *container, int fd) {
    int lifted = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, CONTAINER_FD_BASE);
    container->unheld |= lifted < 0;
    return lifted;
}

static struct container *add(struct warden *warden, const char *id) {
    struct session *session = &warden->session;
    if (session->container_count == warden->capacity) {
        uint32_t capacity = warden->capacity * 2 + 16;
        struct container *grown = realloc(session->containers, capacity * sizeof *grown);
        if (grown == NULL) {
            return NULL;
        }
        session->containers = grown;
        warden->capacity = capacity;
    }
    struct container *container = &session->containers[session->container_count++];
    *container = (struct container){.mounts = -1, .network = -1, .init = -1, .monitor = -1, .proxy = -1};
    memcpy(container->id, id, sizeof container->id);
    return container;
}

static void forget(struct session *session, struct container *container) {
    int *const fds[] = {&container->mounts, &container->network, &container->init, &container->monitor,
                        &container->proxy};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        fd_close(fds[i]);
    }
    *container = session->containers[--session->container_count];
}

/* What nobody could end later must not go on. */
static void end_unheld(const struct change_message *message, const int *fds, size_t count) {
    if (count > 0) {
        pidfd_signal(fds[0], SIGKILL);
    } else {
        kill(message->init_pid, SIGKILL);
    }
}

static void apply_started(struct container *container, const struct change_message *message, const int *fds, size_t count) {
    fd_close(&container->init);
    fd_close(&container->monitor);
    container->init = lift(container, count > 0 ? fds[0] : -1);
    container->monitor = lift(container, count > 1 ? fds[1] : -1);
    container->init_pid = message->init_pid;
    container->monitor_pid = message->monitor_pid;
    if (container->unheld) {
        end_unheld(message, fds, count);
    }
}

static void apply(struct warden *warden, const struct change_message *message, const int *fds, size_t count) {
    struct container *container = find(&warden->session, message->id);
    if (container == NULL && message->change == CHANGE_CREATED) {
        container = add(warden, message->id);
    }
    if (container == NULL) {
        if (message->change == CHANGE_STARTED) {
            end_unheld(message, fds, count);
        }
        return;
    }
    switch (message->change) {
    case CHANGE_CREATED:
        container->mounts = lift(container, count > 0 ? fds[0] : -1);
        container->network = lift(container, count > 1 ? fds[1] : -1);
        if (count > 2) {
            container->proxy = lift(container, fds[2]);
        }
        break;
    case CHANGE_STARTED:
        apply_started(container, message, fds, count);
        break;
    case CHANGE_ENDED:
        fd_close(&container->init);
        break;
    case CHANGE_FORGOTTEN:
        forget(&warden->session, container);
        break;
    }
}

static void read_changes(struct warden *warden) {
    struct pollfd waiting = {.fd = warden->changes, .events = POLLIN};
    for (;;) {
        int ready = poll(&waiting, 1, 0);
        if (ready == 0) {
            return;
        }
        if (ready < 0) {
            continue;
        }
        struct change_message message;
        int fds[FD_PASS_LIMIT];
        size_t count;
        if (receive_with_fds(warden->changes, &message, sizeof message, fds, &count) != sizeof message) {
            return;
        }
        apply(warden, &message, fds, count);
        for (size_t i = 0; i < count; i++) {
            fd_close(&fds[i]);
        }
    }
}

/* A monitor that was killed takes its container with it: nobody would drain or report it. */
static void reap(struct warden *warden) {
    struct signalfd_siginfo ignored;
    while (read(warden->signals, &ignored, sizeof ignored) > 0) {
    }
    for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) > 0;) {
        for (uint32_t i = 0; i < warden->session.container_count; i++) {
            struct container *container = &warden->session.containers[i];
            if (container->monitor_pid == pid && container->init >= 0) {
                pidfd_signal(container->init, SIGKILL);
                fd_close(&container->init);
            }
        }
    }
}

/* Only the user the session belongs to may speak to it: root of our user namespace, whose uid the kernel vouches for. */
static bool is_ours(int connection) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == geteuid();
}

static void accept_one(struct warden *warden) {
    OWNED_FD connection = accept4(warden->listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
        poll(NULL, 0, 10); /* the connection stays in the backlog: try again when others have ended */
    }
    if (connection < 0 || !is_ours(connection)) {
        return;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(warden->listener);
        close(warden->jvm);
        close(warden->guardian);
        close(warden->changes);
        close(warden->signals);
        close(3 + SESSION_LOCK);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        worker_main(&warden->session, connection);
        _exit(0);
    }
    if (pid < 0) {
        struct failure failure = {0};
        fail(&failure, "start a worker", "fork", "");
        frame_send_failure(connection, &failure);
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
    for (;;) {
        if (poll(events, COUNT, -1) < 0) {
            continue;
        }
        if (events[JVM].revents != 0 || events[GUARDIAN].revents != 0) {
            return;
        }
        read_changes(warden);
        reap(warden);
        if (events[LISTENER].revents != 0) {
            accept_one(warden);
        }
    }
}

int session_main(const char *layers, const char *folder) {
    struct failure failure = {0};
    struct warden warden = {
        .listener = 3 + SESSION_LISTENER,
        .jvm = 3 + SESSION_JVM,
        .guardian = 3 + SESSION_GUARDIAN,
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
    bool ready = failure.error == 0 && prepare(&warden, layers, folder, &failure) == 0;
    if (write_all(report, &failure, sizeof failure) != 0 || !ready) {
        return 1;
    }
    fd_close(&report);
    serve(&warden);
    return 0;
}
