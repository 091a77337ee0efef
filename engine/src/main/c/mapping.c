#include "mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "io.h"
#include "spawn.h"

static const char *find_helper(const char *const paths[], int count) {
    for (int i = 0; i < count; i++) {
        if (access(paths[i], X_OK) == 0) {
            return paths[i];
        }
    }
    return NULL;
}

int mapping_arguments(const char *name, pid_t pid, const struct id_range *ranges, uint32_t count,
                      struct helper_arguments *call) {
    if (count > MAPPING_RANGES) {
        errno = E2BIG;
        return -1;
    }
    const char **next = call->arguments;
    char(*number)[MAPPING_NUMBER] = call->numbers;
    *next++ = name;
    snprintf(*number, MAPPING_NUMBER, "%d", pid);
    *next++ = *number++;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t values[] = {ranges[i].inside, ranges[i].outside, ranges[i].count};
        for (size_t j = 0; j < sizeof values / sizeof *values; j++) {
            snprintf(*number, MAPPING_NUMBER, "%u", values[j]);
            *next++ = *number++;
        }
    }
    *next = NULL;
    return 0;
}

static int run_helper(const char *name, const char *const paths[], int path_count, pid_t pid,
                      const struct id_range *ranges, uint32_t count, struct failure *failure) {
    struct helper_arguments call;
    const char *helper = find_helper(paths, path_count);
    if (helper == NULL) {
        return fail_with(failure, ENOENT, "map ids", "execve", name);
    }
    if (mapping_arguments(name, pid, ranges, count, &call) != 0) {
        return fail(failure, "map ids", "", name);
    }
    return run_program(helper, call.arguments) == 0 ? 0 : fail_with(failure, EPERM, "map ids", "execve", helper);
}

static int write_single(pid_t pid, const char *file, const struct id_range *range, struct failure *failure) {
    char path[64];
    char text[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
    snprintf(text, sizeof text, "%u %u 1\n", range->inside, range->outside);
    return write_text_at(AT_FDCWD, path, text) == 0 ? 0 : fail(failure, "map ids", "write", path);
}

int mapping_apply(const struct session_request *request, pid_t pid, struct failure *failure) {
    static const char *const uid_helpers[] = {"/usr/bin/newuidmap", "/bin/newuidmap", "/usr/local/bin/newuidmap"};
    static const char *const gid_helpers[] = {"/usr/bin/newgidmap", "/bin/newgidmap", "/usr/local/bin/newgidmap"};
    switch (request->mapping) {
    case MAPPING_NONE:
        return 0;
    case MAPPING_HELPER:
        if (run_helper("newuidmap", uid_helpers, 3, pid, request->uids, request->uid_count, failure) != 0) {
            return -1;
        }
        return run_helper("newgidmap", gid_helpers, 3, pid, request->gids, request->gid_count, failure);
    case MAPPING_SINGLE: {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/setgroups", pid);
        if (request->uid_count != 1 || request->gid_count != 1) {
            return fail_with(failure, EINVAL, "map ids", "", "");
        }
        if (write_text_at(AT_FDCWD, path, "deny") != 0) {
            return fail(failure, "map ids", "write", path);
        }
        return write_single(pid, "uid_map", request->uids, failure) != 0
                   ? -1
                   : write_single(pid, "gid_map", request->gids, failure);
    }
    }
    return fail_with(failure, EINVAL, "map ids", "", "");
}
