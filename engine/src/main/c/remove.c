#include "remove.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "io.h"

/* Below this depth folders are moved up next to the top instead of descended into: one open descriptor a level. */
enum { DEPTH_LIMIT = 64, ATTEMPTS = 1000 };

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

static int remove_children(struct removal *removal, int folder, int depth);

static int remove_folder(struct removal *removal, int parent, const char *name, int depth) {
    if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT) {
        return 0;
    }
    if (depth >= DEPTH_LIMIT) {
        return move_up(removal, parent, name);
    }
    OWNED_FD folder = open_folder(parent, name);
    if (folder < 0) {
        return errno == ENOENT ? 0 : -1; /* somebody else removes the same folder */
    }
    if (remove_children(removal, folder, depth + 1) != 0) {
        return -1;
    }
    return unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -1;
}

static int remove_children(struct removal *removal, int folder, int depth) {
    OWNED_LIST names = folder_open_list(folder);
    if (names == NULL) {
        return -1;
    }
    for (const char *name; (name = folder_next(names)) != NULL;) {
        if (unlinkat(folder, name, 0) == 0 || errno == ENOENT) {
            continue;
        }
        if ((errno != EISDIR && errno != EPERM) || remove_folder(removal, folder, name, depth) != 0) {
            return -1;
        }
    }
    return errno == 0 ? 0 : -1;
}

static int remove_all(int top) {
    struct removal removal = {.top = top};
    do {
        removal.moved = false;
        if (remove_children(&removal, top, 0) != 0) {
            return -1;
        }
    } while (removal.moved);
    return 0;
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
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (remove_all(top) == 0 && (unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT)) {
            return 0;
        }
        if (errno != ENOTEMPTY) {
            break;
        }
        /* Somebody who was cut off in the midst of writing there takes a moment to notice. */
        poll(NULL, 0, 1);
    }
    return fail(failure, "remove a folder", "unlinkat", name);
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
