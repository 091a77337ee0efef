#include "group.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io.h"
#include "protect.h"

enum { WAIT_MILLISECONDS = 2000, GONE_MILLISECONDS = 200 };

void group_close(struct group_set *set) {
    fd_close(&set->kills);
    group_joined(set);
}

void group_joined(struct group_set *set) {
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

static int apply(int folder, const char *path, const struct group_setting *setting, struct failure *failure) {
    return write_text_at(folder, setting->file, setting->value) == 0
               ? 0
               : fail_in(failure, "limit the container", "write", path, setting->file);
}

static int apply_to(int folder, const char *path, const struct group_settings *settings, struct failure *failure) {
    for (uint32_t i = 0; i < settings->count; i++) {
        if (apply(folder, path, &settings->items[i], failure) != 0) {
            return -1;
        }
    }
    return 0;
}

/* To the group this one lies in. */
static int apply_outer(const struct cgroup *group, struct failure *failure) {
    char parent[4096];
    const char *slash = strrchr(group->path, '/');
    size_t length = (size_t)(slash - group->path);
    if (group->outer.count == 0) {
        return 0;
    }
    if (length == 0 || length >= sizeof parent) {
        return fail_with(failure, ENAMETOOLONG, "limit the container", "open", group->path);
    }
    memcpy(parent, group->path, length);
    parent[length] = '\0';
    if (mkdir(parent, 0755) != 0 && errno != EEXIST) {
        return fail(failure, "make a control group", "mkdir", parent);
    }
    OWNED_FD folder = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder < 0 ? fail(failure, "open a control group", "open", parent)
                      : apply_to(folder, parent, &group->outer, failure);
}

static int make(const struct cgroup *group, struct failure *failure) {
    if (apply_outer(group, failure) != 0) {
        return -1;
    }
    return make_group(group->path) == 0 ? 0 : fail(failure, "make a control group", "mkdir", group->path);
}

/* A filter on devices is a second wall: a container's mounts let none be opened but those it was given. Where the kernel has
 * no such programs, or this process may not load any, the first one stands alone. */
static void attach_devices(int folder, struct span instructions) {
    if (instructions.length == 0 || !STANDS(DEVICE_RULES)) {
        return;
    }
    static const char license[] = "Apache-2.0";
    union bpf_attr load = {
        .prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
        .insn_cnt = instructions.length / sizeof(struct bpf_insn),
        .insns = (uint64_t)(uintptr_t)instructions.data,
        .license = (uint64_t)(uintptr_t)license,
    };
    OWNED_FD program = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
    if (program >= 0) {
        union bpf_attr attach = {
            .target_fd = (uint32_t)folder,
            .attach_bpf_fd = (uint32_t)program,
            .attach_type = BPF_CGROUP_DEVICE,
            .attach_flags = BPF_F_ALLOW_MULTI,
        };
        syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach);
    }
}

static bool is_device_rule(const struct group_setting *setting) {
    return strncmp(setting->file, "devices.", strlen("devices.")) == 0;
}

static int limit(int folder, const struct cgroup *group, struct failure *failure) {
    for (uint32_t i = 0; i < group->inner.count; i++) {
        const struct group_setting *setting = &group->inner.items[i];
        bool stands = is_device_rule(setting) ? STANDS(DEVICE_RULES) : STANDS(LIMITS);
        if (stands && apply(folder, group->path, setting, failure) != 0) {
            return -1;
        }
    }
    attach_devices(folder, group->devices);
    return 0;
}

static int open_one(const struct cgroup *group, bool made, struct group_set *set, struct failure *failure) {
    OWNED_FD folder = open(group->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return fail(failure, "open a control group", "open", group->path);
    }
    if (made && limit(folder, group, failure) != 0) {
        return -1;
    }
    if (group->counts_kills && set->kills < 0) {
        const char *file = group->version == 2 ? "memory.events" : "memory.oom_control";
        set->kills = openat(folder, file, O_RDONLY | O_CLOEXEC);
        if (set->kills < 0 && errno != ENOENT) {
            return fail_in(failure, "open a control group", "openat", group->path, file);
        }
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
    return 0;
}

int group_make(const struct cgroups *groups, struct failure *failure) {
    for (uint32_t i = 0; i < groups->count; i++) {
        if (!groups->items[i].shared && make(&groups->items[i], failure) != 0) {
            return -1;
        }
    }
    return 0;
}

int group_open(const struct cgroups *groups, bool made, struct group_set *set, struct failure *failure) {
    for (uint32_t i = 0; i < groups->count; i++) {
        const struct cgroup *group = &groups->items[i];
        if (open_one(group, made && !group->shared, set, failure) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Rules about devices are a second wall, and a controller that is not enabled fails the container that asks for its limit: what
 * cannot be written is left out. */
static int prepare_one(const struct cgroup *group, struct failure *failure) {
    struct failure ignored = {0};
    if (make_group(group->path) != 0) {
        return fail(failure, "make a control group", "mkdir", group->path);
    }
    OWNED_FD folder = open(group->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return fail(failure, "open a control group", "open", group->path);
    }
    for (uint32_t i = 0; i < group->inner.count; i++) {
        const struct group_setting *setting = &group->inner.items[i];
        if (STANDS(DEVICE_RULES) || !is_device_rule(setting)) {
            apply(folder, group->path, setting, &ignored);
        }
    }
    attach_devices(folder, group->devices);
    return 0;
}

int group_prepare(const struct cgroups *groups, struct failure *failure) {
    for (uint32_t i = 0; i < groups->count; i++) {
        const struct cgroup *group = &groups->items[i];
        bool prepared = group->inner.count > 0 || group->devices.length > 0;
        if (prepared && prepare_one(group, failure) != 0) {
            return -1;
        }
    }
    return 0;
}

/* From the beginning, as text. */
static ssize_t read_anew(int file, char *text, size_t size) {
    ssize_t length;
    do {
        length = pread(file, text, size - 1, 0);
    } while (length < 0 && errno == EINTR);
    text[length < 0 ? 0 : length] = '\0';
    return length;
}

/* A line "oom_kill N" in both versions (cgroup-v2.rst, memory.events; cgroup-v1/memory.rst, memory.oom_control). */
int group_kills(const struct group_set *set, uint64_t *count, struct failure *failure) {
    char text[512];
    *count = 0;
    if (set->kills < 0) {
        return 0;
    }
    if (read_anew(set->kills, text, sizeof text) < 0) {
        return fail(failure, "read a control group", "pread", "oom_kill");
    }
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, "oom_kill ", 9) == 0) {
            *count = strtoull(line + 9, NULL, 10);
        }
    }
    return 0;
}

int group_remove_all_of(const struct cgroups *groups, struct failure *failure) {
    int result = 0;
    for (uint32_t i = 0; i < groups->count; i++) {
        if (!groups->items[i].shared && !group_remove(groups->items[i].path)) {
            result = fail(failure, "remove a control group", "rmdir", groups->items[i].path);
        }
    }
    return result;
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
        if (events < 0 || read_anew(events, text, sizeof text) < 0) {
            return false;
        }
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

typedef bool child_action(int parent, const char *name);

/* True when there is no group, or its children are known and the action was right for all of them. */
static bool each_child(const char *group, child_action *action) {
    DIR *listing = opendir(group);
    if (listing == NULL) {
        return errno == ENOENT;
    }
    bool right = true;
    struct dirent *entry;
    while (errno = 0, (entry = readdir(listing)) != NULL) {
        if (entry->d_type == DT_DIR && is_component(entry->d_name)) {
            right &= action(dirfd(listing), entry->d_name);
        }
    }
    right &= errno == 0;
    closedir(listing);
    return right;
}

static bool thaw(int parent, const char *name) {
    OWNED_FD folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder >= 0
           && (write_text_at(folder, "freezer.state", "THAWED") == 0 || write_text_at(folder, "cgroup.freeze", "0") == 0);
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
        /* What was killed while it was frozen dies only when it is thawed, in version 1; so it is when a monitor is killed. */
        if (left < WAIT_MILLISECONDS - GONE_MILLISECONDS) {
            thaw(parent, name);
        }
        OWNED_FD folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0 || faccessat(folder, "cgroup.events", F_OK, 0) != 0
            || has_line(folder, "cgroup.events", "populated 0")) {
            poll(NULL, 0, 1);
        } else {
            await_event(folder, "populated 0", (int)left);
        }
    }
    return true;
}

bool group_remove(const char *path) {
    return remove_when_empty(AT_FDCWD, path);
}

bool group_remove_all(const char *session_group) {
    return each_child(session_group, remove_when_empty) && remove_when_empty(AT_FDCWD, session_group);
}
