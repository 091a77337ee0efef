#include "group.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"

enum { WAIT_MILLISECONDS = 2000 };

void group_close(struct group_set *set) {
    fd_close(&set->unified);
    for (uint32_t i = 0; i < set->task_count; i++) {
        fd_close(&set->tasks[i]);
    }
    set->task_count = 0;
}

static int make_group(const char *path) {
    if (mkdir(path, 0755) == 0 || errno == EEXIST) {
        return 0;
    }
    char parent[4096];
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    if (errno != ENOENT || length == 0 || length >= sizeof parent) {
        return -1;
    }
    memcpy(parent, path, length);
    parent[length] = '\0';
    return (mkdir(parent, 0755) == 0 || errno == EEXIST) && (mkdir(path, 0755) == 0 || errno == EEXIST) ? 0 : -1;
}

int group_open(const struct cgroups *groups, bool make, struct group_set *set, struct failure *failure) {
    for (uint32_t i = 0; i < groups->count; i++) {
        const struct cgroup *group = &groups->items[i];
        if (make && make_group(group->path) != 0) {
            return fail(failure, "make a control group", "mkdir", group->path);
        }
        OWNED_FD folder = open(group->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0) {
            return fail(failure, "open a control group", "open", group->path);
        }
        if (group->version == 2) {
            fd_close(&set->unified);
            set->unified = fd_keep(&folder);
        } else if (set->task_count < GROUP_LIMIT) {
            int tasks = openat(folder, "tasks", O_WRONLY | O_CLOEXEC);
            if (tasks < 0) {
                return fail(failure, "open a control group", "openat", group->path);
            }
            set->tasks[set->task_count++] = tasks;
        }
    }
    return 0;
}

int group_join(const struct group_set *set, struct failure *failure) {
    for (uint32_t i = 0; i < set->task_count; i++) {
        if (write_all(set->tasks[i], "0", 1) != 0) {
            return fail(failure, "join a control group", "write", "tasks");
        }
    }
    return 0;
}

static bool contains_line(const char *text, const char *line) {
    const char *at = strstr(text, line);
    return at != NULL && (at == text || at[-1] == '\n');
}

static bool has_line(int folder, const char *file, const char *line) {
    char text[512];
    return read_text_at(folder, file, text, sizeof text) > 0 && contains_line(text, line);
}

/* cgroup.events raises POLLPRI on a change since the descriptor was last read (cgroup-v2.rst). */
static bool await_event(int folder, const char *line, int milliseconds) {
    int64_t end = now_milliseconds() + milliseconds;
    OWNED_FD events = openat(folder, "cgroup.events", O_RDONLY | O_CLOEXEC);
    for (;;) {
        char text[512];
        ssize_t length = events < 0 ? -1 : pread(events, text, sizeof text - 1, 0);
        if (length < 0) {
            return false;
        }
        text[length] = '\0';
        if (contains_line(text, line)) {
            return true;
        }
        int64_t left = end - now_milliseconds();
        struct pollfd change = {.fd = events, .events = POLLPRI};
        if (left <= 0 || (poll(&change, 1, (int)left) < 0 && errno != EINTR)) {
            errno = ETIMEDOUT;
            return false;
        }
    }
}

/* The v1 freezer has no event: it is asked again, a few times at once, then at growing intervals. */
static bool await_freezer(int folder, const char *state) {
    int64_t end = now_milliseconds() + WAIT_MILLISECONDS;
    for (int pause = 0; !has_line(folder, "freezer.state", state); pause = pause < 20 ? pause + 1 : 20) {
        if (now_milliseconds() > end || write_text_at(folder, "freezer.state", state) != 0) {
            return false;
        }
        poll(NULL, 0, pause / 4);
    }
    return true;
}

int group_freeze(const struct cgroup *group, bool freeze, struct failure *failure) {
    const char *operation = freeze ? "freeze the container" : "thaw the container";
    OWNED_FD folder = open(group->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return fail(failure, operation, "open", group->path);
    }
    if (group->version == 2) {
        if (write_text_at(folder, "cgroup.freeze", freeze ? "1" : "0") != 0) {
            return fail(failure, operation, "write", group->path);
        }
        return await_event(folder, freeze ? "frozen 1" : "frozen 0", WAIT_MILLISECONDS)
                   ? 0
                   : fail(failure, operation, "poll", group->path);
    }
    return await_freezer(folder, freeze ? "FROZEN" : "THAWED") ? 0
                                                               : fail(failure, operation, "write", group->path);
}

typedef void child_action(int parent, const char *name);

static void each_child(const char *group, child_action *action) {
    DIR *listing = opendir(group);
    if (listing == NULL) {
        return;
    }
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        if (entry->d_type == DT_DIR && is_component(entry->d_name)) {
            action(dirfd(listing), entry->d_name);
        }
    }
    closedir(listing);
}

static void thaw(int parent, const char *name) {
    OWNED_FD folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        write_text_at(folder, "freezer.state", "THAWED");
        write_text_at(folder, "cgroup.freeze", "0");
    }
}

void group_thaw_children(const char *session_group) {
    each_child(session_group, thaw);
}

/* The kernel takes a dead process out of its group a moment after its parent could reap it. */
static bool remove_when_empty(int parent, const char *name) {
    int64_t end = now_milliseconds() + WAIT_MILLISECONDS;
    while (unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT) {
        int64_t left = end - now_milliseconds();
        if (errno != EBUSY || left <= 0) {
            return false;
        }
        OWNED_FD folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0 || faccessat(folder, "cgroup.events", F_OK, 0) != 0) {
            poll(NULL, 0, 1);
        } else if (has_line(folder, "cgroup.events", "populated 0")) {
            poll(NULL, 0, 1);
        } else {
            await_event(folder, "populated 0", (int)left);
        }
    }
    return true;
}

static void remove_child(int parent, const char *name) {
    remove_when_empty(parent, name);
}

bool group_remove(const char *path) {
    return remove_when_empty(AT_FDCWD, path);
}

bool group_remove_all(const char *session_group) {
    each_child(session_group, remove_child);
    return remove_when_empty(AT_FDCWD, session_group);
}
