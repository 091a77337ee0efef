#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apart.h"
#include "detach.h"
#include "io.h"
#include "mapping.h"
#include "remains.h"
#include "request.h"
#include "space.h"
#include "spawn.h"
#include "wire.h"

enum { PROBE_SECONDS = 5 };

/* Says how one thing went; its name is the one of io.bivouac.engine.warden.HostProbe. */
static int say(const char *what, const struct failure *failure) {
    OWNED_WRITER writer = {0};
    put_frame(&writer, FRAME_PROBED);
    put_text(&writer, what);
    put_failure(&writer, failure);
    end_frame(&writer, 0);
    return writer_flush(&writer, STDOUT_FILENO);
}

/* The same for a child, whose parent notices when it ends like this. */
static void tell(const char *what, const struct failure *failure) {
    if (say(what, failure) != 0) {
        _exit(1);
    }
}

static void tell_result(const char *what, int result, const char *syscall_name) {
    struct failure failure = {0};
    if (result != 0) {
        fail(&failure, what, syscall_name, "");
    }
    tell(what, &failure);
}

static int try_seccomp(void) {
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = 1, .filter = &allow};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return -1;
    }
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

/* Whether a child came to its end without trouble of its own. */
static bool is_well(pid_t pid) {
    int status = 1;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return false;
        }
    }
    return status == 0;
}

/* As a session lays out its empty namespace, with a lower and an upper folder. */
static int lay_out(int layers, int folder, struct failure *failure) {
    if (mount("none", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64k") != 0) {
        return fail(failure, "mount the overlay", "mount", "tmpfs");
    }
    static const char *const folders[] = {"/tmp/root", "/tmp/layers", "/tmp/session", "/tmp/upper", "/tmp/work"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (mkdir(folders[i], 0755) != 0) {
            return fail(failure, "mount the overlay", "mkdir", folders[i]);
        }
    }
    if (move_mount(layers, "", AT_FDCWD, "/tmp/layers", MOVE_MOUNT_F_EMPTY_PATH) != 0
        || move_mount(folder, "", AT_FDCWD, "/tmp/session", MOVE_MOUNT_F_EMPTY_PATH) != 0) {
        return fail(failure, "mount the overlay", "move_mount", "");
    }
    if (mkdir("/tmp/session/upper", 0755) != 0 || mkdir("/tmp/session/work", 0755) != 0) {
        return fail(failure, "mount the overlay", "mkdir", "upper");
    }
    return 0;
}

static void try_overlay(const char *what, const char *place, bool mapped) {
    char options[160];
    struct failure failure = {0};
    snprintf(options, sizeof options, "lowerdir=/tmp/layers,upperdir=%s/upper,workdir=%s/work%s", place, place,
             mapped ? ",userxattr" : "");
    if (mount("overlay", "/tmp/root", "overlay", 0, options) != 0) {
        fail(&failure, "mount the overlay", "mount", options);
    }
    tell(what, &failure);
}

static void look_at_overlay(const struct session_request *request) {
    char path[SESSION_PATH_SIZE];
    struct failure failure = {0};
    if (snprintf(path, sizeof path, "%s/%s", request->sessions, request->id) >= (int)sizeof path) {
        fail_with(&failure, ENAMETOOLONG, "open the store", "open_tree", request->sessions);
    }
    OWNED_FD layers = failure.error != 0 ? -1 : detached_clone(request->layers, &failure);
    OWNED_FD folder = layers < 0 ? -1 : detached_clone(path, &failure);
    bool fit = true;
    if (folder < 0 || space_judge(folder, &fit, &failure) != 0 || lay_out(layers, folder, &failure) != 0) {
        tell("overlay", &failure);
        return;
    }
    if (!fit) {
        fail_with(&failure, EINVAL, "write on the store", "fstatfs", "");
    }
    tell("fit for writing", &failure);
    bool mapped = request->mapping != MAPPING_NONE;
    if (fit) {
        try_overlay("overlay", "/tmp/session", mapped);
    } else {
        try_overlay("overlay on tmpfs", "/tmp", mapped);
    }
}

/* PID 1 of a namespace of its own, as a warden is. */
static void look_inside(const struct session_request *request) {
    struct failure failure = {0};
    int proc = detached_proc(&failure);
    fd_close(&proc);
    tell("procfs", &failure);
    if (failure.error == EPERM && request->mapping != MAPPING_NONE) {
        tell_result("processes apart", apart_possible() ? 0 : -1, "landlock_create_ruleset");
    }
    look_at_overlay(request);
    tell_result("seccomp", try_seccomp(), "seccomp");
}

static void look_at_namespaces(const struct session_request *request) {
    static const struct {
        int flag;
        const char *name;
    } namespaces[] = {
        {CLONE_NEWNS, "mount namespace"},   {CLONE_NEWUTS, "UTS namespace"},       {CLONE_NEWIPC, "IPC namespace"},
        {CLONE_NEWNET, "network namespace"}, {CLONE_NEWCGROUP, "cgroup namespace"},
    };
    bool own_mounts = false;
    for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces; i++) {
        int result = unshare(namespaces[i].flag);
        own_mounts |= namespaces[i].flag == CLONE_NEWNS && result == 0;
        tell_result(namespaces[i].name, result, "unshare");
    }
    if (!own_mounts) {
        return;
    }
    /* Nothing that follows may be seen outside. */
    int result = mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    tell_result("private mounts", result, "mount");
    int pidfd = -1;
    pid_t pid = result != 0 ? -1 : spawn(CLONE_NEWPID, -1, &pidfd);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        look_inside(request);
        _exit(0);
    }
    if (result == 0) {
        tell_result("PID namespace", pid < 0 ? -1 : 0, "clone3");
    }
    if (pid > 0 && !is_well(pid)) {
        _exit(1);
    }
}

/* The child waits until its ids are mapped. */
static int look(const struct session_request *request, struct failure *failure) {
    bool mapped = request->mapping != MAPPING_NONE;
    int go[2];
    if (pipe2(go, O_CLOEXEC) != 0) {
        return fail(failure, "look at the host", "pipe2", "");
    }
    int pidfd = -1;
    pid_t pid = spawn(mapped ? CLONE_NEWUSER : 0, -1, &pidfd);
    if (pid == 0) {
        char byte;
        close(go[1]);
        alarm(PROBE_SECONDS);
        if (read_all(go[0], &byte, 1) == 1) {
            look_at_namespaces(request);
        }
        _exit(0);
    }
    close(go[0]);
    const char *first = mapped ? "user namespace" : "process";
    struct failure unmade = {0};
    struct failure unmapped = {0};
    if (pid < 0) {
        fail(&unmade, first, "clone3", "");
    } else {
        mapping_apply(request, pid, &unmapped);
    }
    bool told = say(first, &unmade) == 0
                && (pid < 0 || (say("ids", &unmapped) == 0 && write_all(go[1], "", 1) == 0));
    close(go[1]);
    bool well = pid < 0 || is_well(pid);
    return well && told ? 0 : fail_with(failure, ECHILD, "look at the host", "waitpid", "");
}

int probe_main(void) {
    struct failure failure = {0};
    struct session_request request = {0};
    OWNED_ARENA arena = {0};
    OWNED_FRAME frame = {0};
    signal(SIGPIPE, SIG_IGN);
    umask(022);
    alarm(PROBE_SECONDS);
    prctl(PR_SET_NAME, "bivouac-probe");
    if (receive_session(STDIN_FILENO, &frame, &arena, &request, &failure) == 0) {
        OWNED_FD sessions = open(request.sessions, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        OWNED_FD lock = sessions < 0 ? fail(&failure, "open the folder of sessions", "open", request.sessions)
                                     : remains_claim(sessions, request.id, &failure);
        if (lock >= 0) {
            look(&request, &failure);
            remains_clear(sessions, request.id, -1);
        }
    }
    return say("probe", &failure) == 0 ? 0 : 1;
}
