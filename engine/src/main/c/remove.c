#include "remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"

/* Below this depth folders are moved up next to the top instead of descended into: one open descriptor a level. */
enum { DEPTH_LIMIT = 64 };

struct removal {
    int top;         /* the folder being emptied */
    unsigned number; /* of the next folder moved up */
    bool moved;
};

static int move_up(struct removal *removal, int folder, const char *name) {
    char target[32];
    do {
        snprintf(target, sizeof target, ".bivouac-%u", removal->number++);
        if (renameat2(folder, name, removal->top, target, RENAME_NOREPLACE) == 0) {
            removal->moved = true;
            return 0;
        }
    } while (errno == EEXIST);
    return -1;
}

static int open_folder(int parent, const char *name) {
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int folder = openat(parent, name, flags);
    if (folder < 0 && errno == EACCES && fchmodat(parent, name, 0700, 0) == 0) {
        folder = openat(parent, name, flags);
    }
    return folder;
}

static bool is_dot(const char *name) {
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int remove_children(struct removal *removal, int folder, int depth) {
    /* Opened anew: a duplicate would go on where an earlier pass ended. */
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = copy < 0 ? NULL : fdopendir(copy);
    if (listing == NULL) {
        fd_close(&copy);
        return -1;
    }
    int result = 0;
    for (struct dirent *entry; result == 0 && (entry = readdir(listing)) != NULL;) {
        if (is_dot(entry->d_name) || unlinkat(folder, entry->d_name, 0) == 0 || errno == ENOENT) {
            continue;
        }
        if (errno != EISDIR && errno != EPERM) {
            result = -1;
            break;
        }
        if (unlinkat(folder, entry->d_name, AT_REMOVEDIR) == 0 || errno == ENOENT) {
            continue;
        }
        if (depth >= DEPTH_LIMIT) {
            result = move_up(removal, folder, entry->d_name);
            continue;
        }
        OWNED_FD child = open_folder(folder, entry->d_name);
        result = child < 0 ? -1 : remove_children(removal, child, depth + 1);
        if (child < 0 && errno == ENOENT) {
            result = 0; /* somebody else removes the same folder */
        } else if (result == 0 && unlinkat(folder, entry->d_name, AT_REMOVEDIR) != 0 && errno != ENOENT) {
            result = -1;
        }
    }
    int error = errno;
    closedir(listing);
    errno = error;
    return result;
}

int remove_tree_at(int folder, const char *name, struct failure *failure) {
    if (unlinkat(folder, name, 0) == 0 || errno == ENOENT) {
        return 0;
    }
    if (unlinkat(folder, name, AT_REMOVEDIR) == 0) {
        return 0;
    }
    OWNED_FD top = open_folder(folder, name);
    if (top < 0) {
        return errno == ENOENT ? 0 : fail(failure, "remove a folder", "openat", name);
    }
    struct removal removal = {.top = top};
    do {
        removal.moved = false;
        if (remove_children(&removal, top, 0) != 0) {
            return fail(failure, "remove a folder", "unlinkat", name);
        }
    } while (removal.moved);
    return unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : fail(failure, "remove a folder", "unlinkat", name);
}

int remove_tree(const char *path, struct failure *failure) {
    OWNED char *parent = strdup(path);
    char *slash = parent == NULL ? NULL : strrchr(parent, '/');
    if (slash == NULL || slash[1] == '\0') {
        return fail_with(failure, EINVAL, "remove a folder", "", path);
    }
    *slash = '\0';
    OWNED_FD folder = open(parent[0] == '\0' ? "/" : parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return errno == ENOENT ? 0 : fail(failure, "remove a folder", "open", path);
    }
    return remove_tree_at(folder, slash + 1, failure);
}
