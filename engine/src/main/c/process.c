#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "apart.h"
#include "io.h"
#include "label.h"
#include "path.h"
#include "protect.h"

enum { NULL_MAJOR = 1, NULL_MINOR = 3 };

static const char operation[] = "confine the process";

/* A hard limit can be raised only with CAP_SYS_RESOURCE, which even root may lack: then as high as is allowed. */
static int set_limits(const struct process *process, struct failure *failure) {
    for (uint32_t i = 0; i < process->limit_count; i++) {
        const struct limit *wanted = &process->limits[i];
        struct rlimit limit = {.rlim_cur = wanted->soft, .rlim_max = wanted->hard};
        if (setrlimit((__rlimit_resource_t)wanted->resource, &limit) == 0) {
            continue;
        }
        struct rlimit current;
        if (errno != EPERM || getrlimit((__rlimit_resource_t)wanted->resource, &current) != 0) {
            return fail(failure, operation, "setrlimit", "");
        }
        limit.rlim_max = current.rlim_max;
        limit.rlim_cur = limit.rlim_cur < current.rlim_max ? limit.rlim_cur : current.rlim_max;
        if (setrlimit((__rlimit_resource_t)wanted->resource, &limit) != 0) {
            return fail(failure, operation, "setrlimit", "");
        }
    }
    return 0;
}

void process_reset_signals(void) {
    for (int number = 1; number <= 64; number++) {
        if (number != SIGKILL && number != SIGSTOP) {
            signal(number, SIG_DFL);
        }
    }
}

/* Ignored signals and a blocked set survive execve(2); of the former there is only one. */
static void reset_own_signals(void) {
    sigset_t none;
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The working directory is a name out of an image: it must not lead to a leaked descriptor (CVE-2024-21626). */
static int enter_directory(const struct process *process, bool make, struct failure *failure) {
    OWNED_FD root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    OWNED_FD folder = root < 0 ? -1
                      : make   ? path_make_folder(root, process->directory, 0755)
                               : path_open(root, process->directory, O_PATH | O_DIRECTORY, 0);
    char reached[PATH_SIZE];
    if (folder < 0 || fchdir(folder) != 0) {
        return fail(failure, "enter the working directory", "openat2", process->directory);
    }
    if (STANDS(REACHABLE_DIRECTORY) && (syscall(SYS_getcwd, reached, sizeof reached) < 0 || reached[0] != '/')) {
        return fail_with(failure, ENOENT, "enter the working directory", "getcwd", process->directory);
    }
    return 0;
}

static int limit_capabilities(const struct process *process, struct failure *failure) {
    /* EINVAL tells of the first number that this kernel does not know. */
    for (int capability = 0; STANDS(BOUNDING) && capability < 64; capability++) {
        if ((process->bounding >> capability & 1) == 0 && prctl(PR_CAPBSET_DROP, capability) != 0) {
            return errno == EINVAL ? 0 : fail(failure, operation, "prctl", "PR_CAPBSET_DROP");
        }
    }
    return 0;
}

static int load_seccomp(const struct process *process, struct failure *failure) {
    if (process->seccomp.length == 0 || !STANDS(SECCOMP)) {
        return 0;
    }
    struct sock_filter filter[4096];
    memcpy(filter, process->seccomp.data, process->seccomp.length);
    struct sock_fprog program = {
        .len = (unsigned short)(process->seccomp.length / sizeof *filter),
        .filter = filter,
    };
    /* Before Linux 5.16 a filter alone would turn on the costly mitigation of speculative store bypass: interpreters take up to
     * twice as long under it. runc and crun leave it off too. */
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) == 0
               ? 0
               : fail(failure, operation, "seccomp", "");
}

int process_fail_user(const struct process *process, const char *syscall, struct failure *failure) {
    int error = errno;
    char object[64];
    snprintf(object, sizeof object, "%u:%u", process->uid, process->gid);
    return fail_with(failure, error, "change the user", syscall, object);
}

static int change_user(const struct process *process, struct failure *failure) {
    if (prctl(PR_SET_KEEPCAPS, 1) != 0) {
        return fail(failure, operation, "prctl", "PR_SET_KEEPCAPS");
    }
    if (process->set_groups && setgroups(process->group_count, process->groups) != 0) {
        return process_fail_user(process, "setgroups", failure);
    }
    if (setresgid(process->gid, process->gid, process->gid) != 0) {
        return process_fail_user(process, "setresgid", failure);
    }
    if (setresuid(process->uid, process->uid, process->uid) != 0) {
        return process_fail_user(process, "setresuid", failure);
    }
    /* Another user's process may be dumpable again (fs.suid_dumpable), and until it executes a program this one's memory is the
     * worker's too. */
    return !STANDS(NOT_DUMPABLE) || prctl(PR_SET_DUMPABLE, 0) == 0 ? 0 : fail(failure, operation, "prctl", "PR_SET_DUMPABLE");
}

/* Inheritable and ambient sets stay empty, for exec too (CVE-2022-29162). Nobody can be given what this process lacks. */
static int set_capabilities(const struct process *process, const struct __user_cap_data_struct own[2],
                            struct failure *failure) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    for (int i = 0; i < 2; i++) {
        data[i].permitted = (uint32_t)(process->permitted >> 32 * i) & own[i].permitted;
        data[i].effective = (uint32_t)(process->effective >> 32 * i) & own[i].permitted;
        data[i].inheritable = STANDS(EMPTY_INHERITABLE) ? 0 : (uint32_t)(process->bounding >> 32 * i) & own[i].permitted;
    }
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) {
        return fail(failure, operation, "prctl", "PR_CAP_AMBIENT_CLEAR_ALL");
    }
    return syscall(SYS_capset, &header, data) == 0 ? 0 : fail(failure, operation, "capset", "");
}

int process_confine(const struct process *process, int proc, bool make_directory, struct failure *failure) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct own[2];
    char score[16];
    umask(022);
    reset_own_signals();
    if (syscall(SYS_capget, &header, own) != 0) {
        return fail(failure, operation, "capget", "");
    }
    if (set_limits(process, failure) != 0) {
        return -1;
    }
    snprintf(score, sizeof score, "%d", process->oom_score_adjustment);
    if (process->oom_score_adjustment > 0 && proc >= 0 && write_text_at(proc, "self/oom_score_adj", score) != 0) {
        return fail(failure, operation, "write", "oom_score_adj");
    }
    if (enter_directory(process, make_directory, failure) != 0 || limit_capabilities(process, failure) != 0) {
        return -1;
    }
    if (label_next_program(proc, process->label_module, process->label, failure) != 0) {
        return -1;
    }
    if (process->no_new_privileges && STANDS(NO_NEW_PRIVILEGES) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return fail(failure, operation, "prctl", "PR_SET_NO_NEW_PRIVS");
    }
    if (process->apart && STANDS(APART) && apart_enter(failure) != 0) {
        return -1;
    }
    /* Nothing is opened any more, and a filter of the user's may refuse it. */
    if (STANDS(CLOSE_RANGE) && close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
        return fail(failure, operation, "close_range", "");
    }
    /* Without no_new_privs loading a filter takes CAP_SYS_ADMIN, which goes with the next two steps. */
    if (load_seccomp(process, failure) != 0 || change_user(process, failure) != 0) {
        return -1;
    }
    return set_capabilities(process, own, failure);
}

int process_empty_input(struct failure *failure) {
    struct stat status;
    OWNED_FD root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int follow = STANDS(REAL_INPUT) ? O_NOFOLLOW : 0;
    OWNED_FD input = root < 0 ? -1 : path_open(root, "/dev/null", O_PATH | follow, 0);
    bool real = input >= 0 && fstat(input, &status) == 0
                && (!STANDS(REAL_INPUT)
                    || (S_ISCHR(status.st_mode) && status.st_rdev == makedev(NULL_MAJOR, NULL_MINOR)));
    fd_close(&input);
    input = real ? path_open(root, "/dev/null", O_RDWR | follow, 0) : -1;
    if (input < 0) {
        int pair[2];
        if (pipe2(pair, O_CLOEXEC) != 0) {
            return fail(failure, operation, "pipe2", "");
        }
        close(pair[1]);
        input = pair[0];
    }
    return dup2(input, 0) >= 0 ? 0 : fail(failure, operation, "dup2", "");
}

int process_execute(const struct process *process, struct failure *failure) {
    int error = ENOENT;
    for (uint32_t i = 0; i < process->candidate_count; i++) {
        execve(process->candidates[i], (char *const *)process->arguments, (char *const *)process->environment);
        /* As execvp(3): a candidate that may not be executed does not end the search, but is the better reason. */
        if (errno == EACCES) {
            error = EACCES;
        } else if (errno != ENOENT && errno != ENOTDIR) {
            return fail(failure, "execute the command", "execve", process->candidates[i]);
        }
    }
    return fail_with(failure, error, "execute the command", "execve",
                     process->candidate_count == 1 ? process->candidates[0] : process->arguments[0]);
}
