#include "guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "group.h"
#include "io.h"
#include "listener.h"
#include "mapping.h"
#include "protect.h"
#include "remains.h"
#include "request.h"
#include "session.h"
#include "spawn.h"
#include "wire.h"

struct guardian {
    struct session_request request;
    int jvm;      /* pidfd */
    int signals;  /* signalfd */
    int sessions; /* folder of all sessions */
    int lock;
    int listener; /* the session's socket, accepted from by the warden */
    int control;  /* our end of the socket pair over which the warden's workers ask for listeners */
    int warden;   /* pidfd */
    pid_t warden_pid;
    int user_namespace;
};

/* The parent may have died between fork and here: then getppid() already names whoever adopted us, and a pidfd of it would
 * never fire. The JVM's stdin pipe ends in that case, which is checked beside it. */
static int watch_parent(struct guardian *guardian, struct failure *failure) {
    pid_t parent = getppid();
    guardian->jvm = pidfd_of(parent);
    if (guardian->jvm < 0 || getppid() != parent) {
        return fail(failure, "watch the JVM", "pidfd_open", "");
    }
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    guardian->signals = signalfd(-1, &signals, SFD_CLOEXEC);
    return guardian->signals < 0 ? fail(failure, "watch for signals", "signalfd", "") : 0;
}

/* The socket lies in a folder of its own with a short path, since sun_path holds 107 bytes whatever the store's path. */
static int open_socket(struct guardian *guardian, struct failure *failure) {
    const char *path = guardian->request.socket;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        return fail_with(failure, ENAMETOOLONG, "open the session's socket", "bind", path);
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    char folder[sizeof address.sun_path];
    memcpy(folder, path, sizeof folder < strlen(path) + 1 ? sizeof folder : strlen(path) + 1);
    char *slash = strrchr(folder, '/');
    *slash = '\0';
    if (mkdir(folder, 0700) != 0) {
        return fail(failure, "open the session's socket", "mkdir", folder);
    }
    guardian->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (guardian->listener < 0 || bind(guardian->listener, (struct sockaddr *)&address, sizeof address) != 0
        || listen(guardian->listener, SOMAXCONN) != 0) {
        return fail(failure, "open the session's socket", "bind", path);
    }
    return 0;
}

/* In the new process: waits until the guardian has recorded it and mapped its ids, so that no warden runs that nobody
 * could find, then executes the sealed copy. */
static void become_warden(const struct session_request *request, int go, const int *fds, struct failure *failure) {
    char byte;
    char folder[SESSION_PATH_SIZE];
    const char *mapped = request->mapping != MAPPING_NONE ? "mapped" : "unmapped";
    const char *arguments[] = {"bivouac-warden", "session", request->layers, folder, mapped, NULL};
    signal(SIGPIPE, SIG_DFL);
    if (read_all(go, &byte, 1) != 1) {
        fail(failure, "start the warden", "read", "");
    } else if (snprintf(folder, sizeof folder, "%s/%s", request->sessions, request->id) < (int)sizeof folder) {
        execute_self(arguments, fds, SESSION_FDS, failure);
    }
    write_all(fds[SESSION_REPORT], failure, sizeof *failure);
    _exit(1);
}

static int spawn_warden(struct guardian *guardian, int go[2], int report[2], int control[2],
                        struct failure *failure) {
    bool mapped = guardian->request.mapping != MAPPING_NONE;
    OWNED_FD self = pidfd_of(getpid());
    guardian->warden_pid =
        self < 0 ? -1 : spawn(CLONE_NEWNS | CLONE_NEWPID | (mapped ? CLONE_NEWUSER : 0), -1, &guardian->warden);
    if (guardian->warden_pid < 0) {
        return fail(failure, mapped ? "create a user namespace" : "create namespaces", "clone3", "");
    }
    if (guardian->warden_pid == 0) {
        close(go[1]);
        int fds[SESSION_FDS] = {
            [SESSION_LISTENER] = guardian->listener, [SESSION_CONTROL] = control[1], [SESSION_JVM] = guardian->jvm,
            [SESSION_GUARDIAN] = self,               [SESSION_REPORT] = report[1],   [SESSION_LOCK] = guardian->lock,
        };
        become_warden(&guardian->request, go[0], fds, failure);
    }
    return 0;
}

/* The warden reports once it serves, with no error, or what failed. Without a report it was killed. */
static int await_ready(int report, struct failure *failure) {
    struct failure reported = {0};
    ssize_t length = read_all(report, &reported, sizeof reported);
    if (length < 0) {
        return fail(failure, "start the warden", "read", "");
    }
    if (length != sizeof reported) {
        return fail_with(failure, ECHILD, "start the warden", "read", "");
    }
    *failure = reported;
    return reported.error == 0 ? 0 : -1;
}

static int start_warden(struct guardian *guardian, struct failure *failure) {
    int go[2];
    int report[2];
    int control[2];
    if (pipe2(go, O_CLOEXEC) != 0 || pipe2(report, O_CLOEXEC) != 0
        || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0) {
        return fail(failure, "start the warden", "pipe2", "");
    }
    guardian->control = control[0];
    int result = spawn_warden(guardian, go, report, control, failure);
    pid_t pid = guardian->warden_pid;
    close(go[0]);
    close(report[1]);
    close(control[1]);
    if (result == 0) {
        result = remains_record_warden(guardian->sessions, guardian->request.id, pid, failure);
    }
    if (result == 0) {
        result = mapping_apply(&guardian->request, pid, failure);
    }
    if (result == 0 && guardian->request.mapping != MAPPING_NONE) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
        guardian->user_namespace = open(path, O_RDONLY | O_CLOEXEC);
        result = guardian->user_namespace < 0 ? fail(failure, "open the user namespace", "open", path) : 0;
    }
    if (result == 0) {
        result = write_all(go[1], "", 1) == 0 ? await_ready(report[0], failure)
                                              : fail(failure, "start the warden", "write", "");
    }
    close(go[1]);
    close(report[0]);
    return result;
}

static int start(struct guardian *guardian, struct failure *failure) {
    const struct session_request *request = &guardian->request;
    guardian->sessions = open(request->sessions, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (guardian->sessions < 0) {
        return fail(failure, "open the folder of sessions", "open", request->sessions);
    }
    guardian->lock = remains_claim(guardian->sessions, request->id, failure);
    if (guardian->lock < 0 || remains_record(guardian->sessions, request, failure) != 0
        || group_prepare(&request->cgroups, failure) != 0 || open_socket(guardian, failure) != 0) {
        return -1;
    }
    return start_warden(guardian, failure);
}

/* Sessions that nobody was left to tidy up are cleared by the next guardian, beside its work. */
static void sweep_in_background(const struct guardian *guardian) {
    signal(SIGCHLD, SIG_IGN);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGCHLD, SIG_DFL);
        /* The lock is shared by fork: keeping it would make this session look alive after its end. */
        close(guardian->lock);
        close(guardian->control);
        close(guardian->listener);
        remains_sweep(guardian->sessions, guardian->request.id, guardian->user_namespace);
        _exit(0);
    }
}

static void watch(struct guardian *guardian) {
    struct pollfd events[] = {
        {.fd = guardian->jvm, .events = POLLIN},     {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = guardian->warden, .events = POLLIN},  {.fd = guardian->signals, .events = POLLIN},
        {.fd = guardian->control, .events = POLLIN},
    };
    enum { JVM, INPUT, WARDEN, SIGNALS, CONTROL, COUNT };
    for (;;) {
        if (poll(events, COUNT, -1) < 0) {
            continue;
        }
        /* Nothing is sent after the request: readable means ended. */
        if (events[JVM].revents != 0 || events[INPUT].revents != 0 || events[WARDEN].revents != 0
            || events[SIGNALS].revents != 0) {
            return;
        }
        if (events[CONTROL].revents != 0 && !listener_serve(guardian->control)) {
            return;
        }
    }
}

static void end(struct guardian *guardian) {
    signal(SIGCHLD, SIG_DFL);
    fd_close(&guardian->listener);
    fd_close(&guardian->control);
    if (guardian->warden >= 0) {
        pidfd_signal(guardian->warden, SIGKILL);
    }
    if (guardian->lock >= 0) {
        remains_clear(guardian->sessions, guardian->request.id, guardian->user_namespace);
    }
    if (guardian->warden_pid > 0) {
        waitpid(guardian->warden_pid, NULL, WNOHANG);
    }
}

static void raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int prepare(struct guardian *guardian, struct failure *failure) {
    signal(SIGPIPE, SIG_IGN);
    if (STANDS(GUARDIAN_SESSION)) {
        setsid();
    }
    umask(022);
    if (chdir("/") != 0) {
        return fail(failure, "leave the working directory", "chdir", "/");
    }
    prctl(PR_SET_NAME, "bivouac-guard");
    raise_descriptor_limit();
    return watch_parent(guardian, failure);
}

int guardian_main(void) {
    struct failure failure = {0};
    struct guardian guardian = {.jvm = -1, .signals = -1, .sessions = -1, .lock = -1, .listener = -1, .control = -1,
                                .warden = -1, .user_namespace = -1};
    OWNED_ARENA arena = {0};
    OWNED_FRAME frame = {0};
    int result = prepare(&guardian, &failure);
    if (result == 0) {
        result = receive_session(STDIN_FILENO, &frame, &arena, &guardian.request, &failure);
    }
    if (result == 0) {
        result = start(&guardian, &failure);
    }
    if (result == 0 && frame_send_empty(STDOUT_FILENO, FRAME_STARTED) != 0) {
        result = fail(&failure, "answer", "write", "");
    }
    if (result == 0) {
        close(STDOUT_FILENO);
        sweep_in_background(&guardian);
        watch(&guardian);
    }
    end(&guardian);
    if (result != 0) {
        frame_send_failure(STDOUT_FILENO, &failure);
    }
    return result == 0 ? 0 : 1;
}
