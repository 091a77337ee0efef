#include "remains.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "group.h"
#include "io.h"
#include "remove.h"

enum { LOCK_NAME_SIZE = 160, RECORD_SIZE = 64 << 10, END_MILLISECONDS = 5000 };

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
    for (int attempt = 0; attempt < 100; attempt++) {
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
    OWNED_FD lock = lock_session(sessions, id);
    if (lock < 0) {
        return fail(failure, "lock the session", "fcntl", id);
    }
    if (mkdirat(sessions, id, 0700) != 0) {
        return fail(failure, "make the session's folder", "mkdir", id);
    }
    return fd_keep(&lock);
}

/* Start time in clock ticks since boot, field 22 of proc_pid_stat(5), which with the pid names a process for good. */
static unsigned long long start_time(pid_t pid) {
    char path[64];
    char text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (read_text_at(AT_FDCWD, path, text, sizeof text) <= 0) {
        return 0;
    }
    const char *at = strrchr(text, ')');
    for (int field = 2; at != NULL && field < 22; field++) {
        at = strchr(at + 1, ' ');
    }
    return at == NULL ? 0 : strtoull(at + 1, NULL, 10);
}

static void boot_id(char *id, size_t size) {
    if (read_text_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", id, size) <= 0) {
        snprintf(id, size, "unknown");
    }
    id[strcspn(id, "\n")] = '\0';
}

static unsigned long long pid_namespace(pid_t pid) {
    char path[64];
    struct stat status;
    snprintf(path, sizeof path, "/proc/%d/ns/pid", pid);
    return stat(path, &status) == 0 ? status.st_ino : 0;
}

int remains_record(int sessions, const struct session_request *request, pid_t warden, struct failure *failure) {
    OWNED_FD folder = openat(sessions, request->id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED_FD file = folder < 0 ? -1 : openat(folder, "session", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) {
        return fail(failure, "record the session", "openat", request->id);
    }
    dprintf(file, "socket %s\n", request->socket);
    for (uint32_t i = 0; i < request->cgroups.count; i++) {
        dprintf(file, "cgroup %u %s\n", request->cgroups.items[i].version, request->cgroups.items[i].path);
    }
    if (warden > 0) {
        char boot[64];
        boot_id(boot, sizeof boot);
        if (dprintf(file, "warden %d %llu %s %llu\n", warden, start_time(warden), boot, pid_namespace(warden)) < 0) {
            return fail(failure, "record the session", "write", request->id);
        }
    }
    return 0;
}

/* Ends the recorded warden, and with it every process of its PID namespace: its pidfd becomes readable only when the last
 * of them is gone. Whoever kills thaws first, and again, since a container may have been frozen in between. */
static bool end_warden(const char *line, char *const *groups, size_t group_count) {
    int pid;
    unsigned long long started;
    unsigned long long namespace;
    char boot[64];
    char boot_now[64];
    boot_id(boot_now, sizeof boot_now);
    if (sscanf(line, "%d %llu %63s %llu", &pid, &started, boot, &namespace) != 4 || strcmp(boot, boot_now) != 0) {
        return true;
    }
    OWNED_FD process = pidfd_of(pid);
    if (process < 0 || started == 0 || start_time(pid) != started || pid_namespace(pid) != namespace) {
        return true;
    }
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

static void remove_socket(const char *path) {
    char folder[SESSION_PATH_SIZE];
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    if (length == 0 || length >= sizeof folder) {
        return;
    }
    memcpy(folder, path, length);
    folder[length] = '\0';
    const char *name = strrchr(folder, '/');
    if (name != NULL && strncmp(name, "/bivouac-", 9) == 0) {
        unlink(path);
        rmdir(folder);
    }
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
    char *warden;
    char *socket;
    char *groups[8];
    size_t group_count;
};

static void read_record(int sessions, const char *id, struct record *record) {
    char path[LOCK_NAME_SIZE];
    memset(record, 0, offsetof(struct record, text) + 1);
    record->warden = record->socket = NULL;
    record->group_count = 0;
    if (snprintf(path, sizeof path, "%s/session", id) >= (int)sizeof path
        || read_text_at(sessions, path, record->text, sizeof record->text) <= 0) {
        return;
    }
    char *rest = record->text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        if (strncmp(line, "warden ", 7) == 0) {
            record->warden = line + 7;
        } else if (strncmp(line, "socket ", 7) == 0) {
            record->socket = line + 7;
        } else if (strncmp(line, "cgroup ", 7) == 0 && strlen(line) > 9 && record->group_count < 8) {
            record->groups[record->group_count++] = line + 9;
        }
    }
}

bool remains_clear(int sessions, const char *id, int user_namespace) {
    OWNED struct record *record = malloc(sizeof *record);
    if (record == NULL) {
        return false;
    }
    read_record(sessions, id, record);
    if (record->warden != NULL && !end_warden(record->warden, record->groups, record->group_count)) {
        return false;
    }
    bool clean = true;
    for (size_t i = 0; i < record->group_count; i++) {
        clean &= group_remove_all(record->groups[i]);
    }
    if (record->socket != NULL) {
        remove_socket(record->socket);
    }
    char name[LOCK_NAME_SIZE];
    clean = clean && remove_folder(sessions, id, user_namespace);
    return clean && lock_name(id, name) == 0 && unlinkat(sessions, name, 0) == 0;
}

void remains_sweep(int sessions, const char *own_id, int user_namespace) {
    int copy = openat(sessions, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = copy < 0 ? NULL : fdopendir(copy);
    if (listing == NULL) {
        fd_close(&copy);
        return;
    }
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        char id[sizeof entry->d_name];
        memcpy(id, entry->d_name, sizeof id);
        size_t length = strlen(id);
        size_t suffix = sizeof lock_suffix - 1;
        if (length > suffix && strcmp(id + length - suffix, lock_suffix) == 0) {
            id[length - suffix] = '\0';
        }
        if (!is_component(id) || strcmp(id, own_id) == 0) {
            continue;
        }
        OWNED_FD lock = lock_session(sessions, id);
        if (lock >= 0) {
            remains_clear(sessions, id, user_namespace);
        }
    }
    closedir(listing);
}
