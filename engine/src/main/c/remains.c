#include "remains.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "group.h"
#include "io.h"
#include "remove.h"

enum { LOCK_NAME_SIZE = 160, RECORD_SIZE = 64 << 10, END_MILLISECONDS = 5000, ATTEMPTS = 3, RETRY_MILLISECONDS = 1000, LOCK_ATTEMPTS = 100 };

static const char lock_suffix[] = ".lock";

static int lock_name(const char *id, char *name) {
    return snprintf(name, LOCK_NAME_SIZE, "%s%s", id, lock_suffix) < LOCK_NAME_SIZE ? 0 : -1;
}

/* Locks <id>.lock: the descriptor, -1 with EAGAIN when held. A file that was removed between open and lock is tried anew. */
static int lock_session(int sessions, const char *id) {
    char name[LOCK_NAME_SIZE];
    if (lock_name(id, name) != 0) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (int attempt = 0; attempt < LOCK_ATTEMPTS; attempt++) {
        OWNED_FD lock = openat(sessions, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        struct stat held;
        struct stat named;
        if (lock < 0 || fcntl(lock, F_OFD_SETLK, &range) != 0 || fstat(lock, &held) != 0) {
            return -1;
        }
        if (fstatat(sessions, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && named.st_ino == held.st_ino) {
            return fd_keep(&lock);
        }
    }
    errno = EAGAIN;
    return -1;
}

int remains_claim(int sessions, const char *id, struct failure *failure) {
    /* A sweep that has found the new file holds it for a moment, until it has found nothing else. */
    OWNED_FD lock = lock_session(sessions, id);
    for (int attempt = 0; lock < 0 && errno == EAGAIN && attempt < LOCK_ATTEMPTS; attempt++) {
        poll(NULL, 0, 1);
        lock = lock_session(sessions, id);
    }
    if (lock >= 0 && mkdirat(sessions, id, 0700) == 0) {
        return fd_keep(&lock);
    }
    char name[LOCK_NAME_SIZE];
    fail(failure, lock < 0 ? "lock the session" : "make the session's folder", lock < 0 ? "fcntl" : "mkdir", id);
    if (lock_name(id, name) == 0) {
        unlinkat(sessions, name, 0);
    }
    return -1;
}

/* What names a process for good, whatever becomes of its number. */
struct identity {
    int pid;
    unsigned long long started; /* clock ticks since boot, field 22 of proc_pid_stat(5) */
    char boot[64];
    unsigned long long namespace;
    bool ending; /* killed, whether it has noticed or not */
};

/* See proc_pid_stat(5); the flag and the bit are those of the kernel's sched.h and of signal(7). */
static int read_status(pid_t pid, struct identity *identity) {
    enum { FLAGS = 9, STARTED = 22, PENDING = 31, EXITING = 0x4 };
    char path[64];
    char text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (read_text_at(AT_FDCWD, path, text, sizeof text) <= 0) {
        return -1;
    }
    const char *at = strrchr(text, ')');
    at = at == NULL ? NULL : strchr(at, ' ');
    for (int field = 3; at != NULL && field <= PENDING; field++, at = strchr(at + 1, ' ')) {
        unsigned long long value = strtoull(at + 1, NULL, 10);
        if (field == STARTED) {
            identity->started = value;
        }
        identity->ending |= (field == FLAGS && (value & EXITING) != 0) || (field == PENDING && (value >> (SIGKILL - 1) & 1) != 0);
    }
    return 0;
}

static int read_boot(char *id, size_t size) {
    if (read_text_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", id, size) <= 0) {
        return -1;
    }
    id[strcspn(id, "\n")] = '\0';
    return 0;
}

/* -1 with errno ENOENT or ESRCH when there is no such process. The namespace of one that is dying may not be asked for: then
 * it is 0, and its number and age must do. */
static int identify(pid_t pid, struct identity *identity) {
    char path[64];
    struct stat status;
    snprintf(path, sizeof path, "/proc/%d/ns/pid", pid);
    *identity = (struct identity){.pid = pid};
    if (read_boot(identity->boot, sizeof identity->boot) != 0 || read_status(pid, identity) != 0) {
        return -1;
    }
    identity->namespace = stat(path, &status) == 0 ? status.st_ino : 0;
    return 0;
}

static bool parse_identity(const char *line, struct identity *identity) {
    return sscanf(line, "%d %llu %63s %llu", &identity->pid, &identity->started, identity->boot, &identity->namespace) == 4;
}

static bool is_same(const struct identity *a, const struct identity *b) {
    return a->pid == b->pid && a->started == b->started && strcmp(a->boot, b->boot) == 0
           && (a->namespace == b->namespace || a->namespace == 0 || b->namespace == 0);
}

static int open_record(int sessions, const char *id, int flags) {
    OWNED_FD folder = openat(sessions, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder < 0 ? -1 : openat(folder, "session", O_WRONLY | O_APPEND | O_CLOEXEC | flags, 0600);
}

static int record_identity(int file, const char *role, pid_t pid) {
    struct identity identity;
    char line[LOCK_NAME_SIZE];
    if (identify(pid, &identity) != 0) {
        return -1;
    }
    int length = snprintf(line, sizeof line, "%s %d %llu %s %llu\n", role, pid, identity.started, identity.boot,
                          identity.namespace);
    return write_all(file, line, (size_t)length);
}

int remains_record(int sessions, const struct session_request *request, struct failure *failure) {
    OWNED_FD file = open_record(sessions, request->id, O_CREAT | O_EXCL);
    if (file < 0) {
        return fail(failure, "record the session", "openat", request->id);
    }
    int written = dprintf(file, "socket %s\n", request->socket);
    for (uint32_t i = 0; written >= 0 && i < request->cgroups.count; i++) {
        written = dprintf(file, "cgroup %u %s\n", request->cgroups.items[i].version, request->cgroups.items[i].path);
    }
    return written >= 0 && record_identity(file, "guardian", getpid()) == 0
               ? 0
               : fail(failure, "record the session", "write", request->id);
}

int remains_record_warden(int sessions, const char *id, pid_t pid, struct failure *failure) {
    OWNED_FD file = open_record(sessions, id, 0);
    if (file < 0) {
        return fail(failure, "record the session", "openat", id);
    }
    return record_identity(file, "warden", pid) == 0 ? 0 : fail(failure, "record the session", "write", id);
}

/* Ends the recorded warden, and with it every process of its PID namespace: its pidfd becomes readable only when the last
 * of them is gone. Whoever kills thaws first, and again, since a container may have been frozen in between. */
static bool end_process(int process, char *const *groups, size_t group_count) {
    for (int waited = 0; waited < END_MILLISECONDS; waited += 50) {
        pidfd_signal(process, SIGKILL);
        for (size_t i = 0; i < group_count; i++) {
            group_thaw_children(groups[i]);
        }
        if (pidfd_wait(process, 50)) {
            return true;
        }
    }
    return false;
}

/* True when it is gone. What cannot be told is not. */
static bool end_warden(const char *line, char *const *groups, size_t group_count) {
    struct identity recorded;
    struct identity found;
    if (!parse_identity(line, &recorded)) {
        return true; /* cut off before the warden was let go */
    }
    OWNED_FD process = pidfd_of(recorded.pid);
    if (process < 0 || identify(recorded.pid, &found) != 0) {
        return errno == ESRCH || errno == ENOENT;
    }
    return !is_same(&recorded, &found) || end_process(process, groups, group_count);
}

static bool remove_socket(const char *path) {
    char folder[SESSION_PATH_SIZE];
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    if (length == 0 || length >= sizeof folder) {
        return true;
    }
    memcpy(folder, path, length);
    folder[length] = '\0';
    const char *name = strrchr(folder, '/');
    if (name == NULL || strncmp(name, "/bivouac-", 9) != 0) {
        return true;
    }
    return (unlink(path) == 0 || errno == ENOENT) && (rmdir(folder) == 0 || errno == ENOENT);
}

/* In a child that has joined the user namespace, where files of mapped ids can be removed. */
static bool remove_folder(int sessions, const char *id, int user_namespace) {
    pid_t pid = fork();
    if (pid == 0) {
        struct failure failure = {0};
        bool joined = user_namespace < 0 || setns(user_namespace, CLONE_NEWUSER) == 0;
        _exit(joined && remove_tree_at(sessions, id, &failure) == 0 ? 0 : 1);
    }
    int status = 1;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

struct record {
    char text[RECORD_SIZE];
    char *guardian;
    char *warden;
    char *socket;
    char *groups[GROUP_LIMIT];
    size_t group_count;
};

/* A session that was killed before it wrote anything has no record. */
static int read_record(int sessions, const char *id, struct record *record) {
    char path[LOCK_NAME_SIZE];
    memset(record, 0, offsetof(struct record, text) + 1);
    record->guardian = record->warden = record->socket = NULL;
    record->group_count = 0;
    if (snprintf(path, sizeof path, "%s/session", id) >= (int)sizeof path) {
        return 0;
    }
    ssize_t length = read_text_at(sessions, path, record->text, sizeof record->text);
    if (length <= 0) {
        return length == 0 || errno == ENOENT || errno == ENOTDIR ? 0 : -1;
    }
    char *rest = record->text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        if (strncmp(line, "warden ", 7) == 0) {
            record->warden = line + 7;
        } else if (strncmp(line, "guardian ", 9) == 0) {
            record->guardian = line + 9;
        } else if (strncmp(line, "socket ", 7) == 0) {
            record->socket = line + 7;
        } else if (strncmp(line, "cgroup ", 7) == 0 && strlen(line) > 9 && record->group_count < GROUP_LIMIT) {
            record->groups[record->group_count++] = line + 9;
        }
    }
    return 0;
}

/* The record goes last, with the folder: what is left is still known then. */
static bool clear(int sessions, const char *id, int user_namespace) {
    char name[LOCK_NAME_SIZE];
    OWNED struct record *record = malloc(sizeof *record);
    if (record == NULL || read_record(sessions, id, record) != 0) {
        return false;
    }
    if (record->warden != NULL && !end_warden(record->warden, record->groups, record->group_count)) {
        return false;
    }
    bool clean = record->socket == NULL || remove_socket(record->socket);
    for (size_t i = 0; i < record->group_count; i++) {
        clean &= group_remove_all(record->groups[i]);
    }
    return clean && remove_folder(sessions, id, user_namespace) && lock_name(id, name) == 0
           && (unlinkat(sessions, name, 0) == 0 || errno == ENOENT);
}

/* What fails for want of memory or descriptors may succeed a moment later; what takes long to fail will not. */
bool remains_clear(int sessions, const char *id, int user_namespace) {
    int64_t end = now_milliseconds() + RETRY_MILLISECONDS;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (clear(sessions, id, user_namespace)) {
            return true;
        }
        if (now_milliseconds() > end) {
            break;
        }
    }
    return false;
}

static bool has_ended(const char *line) {
    struct identity recorded;
    struct identity found;
    return line != NULL && parse_identity(line, &recorded)
           && (identify(recorded.pid, &found) != 0 || !is_same(&recorded, &found) || found.ending);
}

/* Whether a session whose lock is held is about to let go: who keeps it is dead, or as good as. */
static bool is_dying(int sessions, const char *id) {
    OWNED struct record *record = malloc(sizeof *record);
    return record != NULL && read_record(sessions, id, record) == 0
           && (has_ended(record->guardian) || has_ended(record->warden));
}

enum sweeping { SWEPT, DYING, FAILED };

static enum sweeping sweep_one(int sessions, const char *id, int user_namespace) {
    OWNED_FD lock = lock_session(sessions, id);
    if (lock >= 0) {
        return remains_clear(sessions, id, user_namespace) ? SWEPT : FAILED;
    }
    if (errno != EAGAIN) {
        return FAILED;
    }
    return is_dying(sessions, id) ? DYING : SWEPT;
}

/* The worst of what became of the sessions but our own. */
static enum sweeping sweep(int sessions, const char *own_id, int user_namespace) {
    enum sweeping worst = SWEPT;
    OWNED_LIST names = folder_open_list(sessions);
    if (names == NULL) {
        return FAILED;
    }
    for (const char *name; (name = folder_next(names)) != NULL;) {
        char id[NAME_MAX + 1];
        size_t length = strlen(name);
        size_t suffix = sizeof lock_suffix - 1;
        bool lock_file = length > suffix && strcmp(name + length - suffix, lock_suffix) == 0;
        snprintf(id, sizeof id, "%.*s", (int)(lock_file ? length - suffix : length), name);
        enum sweeping result = strcmp(id, own_id) == 0 ? SWEPT : sweep_one(sessions, id, user_namespace);
        worst = result > worst ? result : worst;
    }
    return errno == 0 ? worst : FAILED;
}

/* Who was killed a moment ago, with all its keepers, may hold its lock still, however long the others took. */
void remains_sweep(int sessions, const char *own_id, int user_namespace) {
    int64_t end = now_milliseconds() + END_MILLISECONDS;
    int failures = 0;
    for (int pass = 0; failures < ATTEMPTS && (pass < ATTEMPTS || now_milliseconds() <= end); pass++) {
        enum sweeping result = sweep(sessions, own_id, user_namespace);
        if (result == SWEPT) {
            return;
        }
        failures += result == FAILED;
        poll(NULL, 0, 10);
    }
}
