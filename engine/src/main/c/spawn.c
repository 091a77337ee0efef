#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io.h"
#include "protect.h"
#include "sharing.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

static struct clone_args new_process(uint64_t flags, int cgroup, int *pidfd) {
    return (struct clone_args){
        .flags = flags | CLONE_PIDFD | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
        .pidfd = (uint64_t)(uintptr_t)pidfd,
        .exit_signal = SIGCHLD,
        .cgroup = (uint64_t)(cgroup >= 0 ? cgroup : 0),
    };
}

pid_t spawn(uint64_t flags, int cgroup, int *pidfd) {
    int descriptor = -1;
    struct clone_args arguments = new_process(flags, cgroup, &descriptor);
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid > 0) {
        *pidfd = descriptor;
    }
    return pid;
}

pid_t spawn_sharing(uint64_t flags, int cgroup, int *pidfd, void (*child)(void *), void *argument) {
    int descriptor = -1;
    struct clone_args arguments = new_process(flags | CLONE_VM | CLONE_VFORK, cgroup, &descriptor);
    pid_t pid = clone_sharing(&arguments, sizeof arguments, child, argument);
    if (pid > 0) {
        *pidfd = descriptor;
    }
    return pid;
}

static int sealed_copy(int source) {
    OWNED_FD copy = memfd_create("bivouac-warden", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
    if (copy < 0 && errno == EINVAL) {
        copy = memfd_create("bivouac-warden", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    }
    struct stat status;
    if (copy < 0 || fstat(source, &status) != 0) {
        return -1;
    }
    for (off_t offset = 0; offset < status.st_size;) {
        ssize_t count = sendfile(copy, source, &offset, (size_t)(status.st_size - offset));
        if (count <= 0) {
            return -1;
        }
    }
    if (fchmod(copy, 0555) != 0
        || fcntl(copy, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) {
        return -1;
    }
    return fd_keep(&copy);
}

/* Resolved by name: the magic link leads into the mount namespace this process was cloned from. */
static int read_only_mount(void) {
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length < 0) {
        return -1;
    }
    path[length] = '\0';
    OWNED_FD mount = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    if (mount < 0 || mount_setattr(mount, "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0) {
        return -1;
    }
    return fd_keep(&mount);
}

/* Moves descriptors out of the way first: a target number may be one of the sources. */
static int place(const int *fds, int count) {
    int moved[16];
    for (int i = 0; i < count; i++) {
        moved[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3 + count);
        if (moved[i] < 0) {
            return -1;
        }
    }
    for (int i = 0; i < count; i++) {
        if (dup2(moved[i], 3 + i) < 0) {
            return -1;
        }
    }
    return close_range((unsigned)(3 + count), ~0U, CLOSE_RANGE_CLOEXEC);
}

int execute_self(const char *const arguments[], const int *fds, int count, struct failure *failure) {
    static const char self[] = "/proc/self/exe";
    OWNED_FD program = open(self, O_RDONLY | O_CLOEXEC);
    if (program < 0) {
        return fail(failure, "execute the warden", "open", self);
    }
    const char *environment[] = {NULL};
    OWNED_FD copy = STANDS(SEALED) ? sealed_copy(program) : fcntl(program, F_DUPFD_CLOEXEC, 3);
    OWNED_FD high = copy < 0 ? -1 : fcntl(copy, F_DUPFD_CLOEXEC, 3 + count);
    if (place(fds, count) != 0) {
        return fail(failure, "execute the warden", "dup2", arguments[1]);
    }
    if (high >= 0) {
        execveat(high, "", (char *const *)arguments, (char *const *)environment, AT_EMPTY_PATH);
    }
    OWNED_FD mount = read_only_mount();
    if (mount >= 0) {
        execveat(mount, "", (char *const *)arguments, (char *const *)environment, AT_EMPTY_PATH);
    }
    return fail(failure, "execute the warden", "execveat", arguments[1]);
}

int run_program(const char *path, const char *const arguments[]) {
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        if (null >= 0) {
            dup2(null, 0);
            dup2(null, 1);
            dup2(null, 2);
        }
        close_range(3, ~0U, 0);
        execv(path, (char *const *)arguments);
        _exit(127);
    }
    int status;
    while (pid > 0 && waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
