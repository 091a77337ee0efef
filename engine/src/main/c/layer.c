#include "layer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "folder.h"
#include "io.h"
#include "path.h"
#include "whiteout.h"

enum { ATTRIBUTES_SIZE = 64 << 10 };

int layer_below(const struct layer *layer) {
    errno = layer->roots->later ? EPROTO : ENOENT;
    return layer->roots->below >= 0 ? 1 : layer->roots->later ? -1 : 0;
}

static bool is_absent(int error) {
    return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

static int set_owner_and_time(int parent, const char *name, const struct stat *model) {
    struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, model->st_mtim};
    return fchownat(parent, name, model->st_uid, model->st_gid, AT_SYMLINK_NOFOLLOW) == 0
                   && utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW) == 0
               ? 0
               : -1;
}

/* A link below is the same link here: what is written through it lands where it leads to. */
static int copy_link(int parent, const char *name, int model, const struct stat *status) {
    char target[PATH_SIZE];
    ssize_t length = readlinkat(model, "", target, sizeof target - 1);
    if (length < 0) {
        return -1;
    }
    target[length] = '\0';
    return symlinkat(target, parent, name) == 0 && set_owner_and_time(parent, name, status) == 0 ? 1 : -1;
}

static int copy_folder(const struct layer *layer, int parent, const char *name, const char *path,
                       const struct stat *status) {
    return mkdirat(parent, name, 0700) == 0 && fchownat(parent, name, status->st_uid, status->st_gid, 0) == 0
                   && fchmodat(parent, name, status->st_mode & 07777, 0) == 0
                   && ends_add(layer->ends, path, status->st_mtim, (struct span){0}) == 0
               ? 1
               : -1;
}

static int copy_from_below(const struct layer *layer, int parent, const char *name, const char *path) {
    int below = layer_below(layer);
    if (below <= 0) {
        return below;
    }
    OWNED_FD model = path_open(layer->roots->below, path, O_PATH | O_NOFOLLOW, 0);
    struct stat status;
    if (model < 0 || fstat(model, &status) != 0) {
        return is_absent(errno) ? 0 : -1;
    }
    if (S_ISLNK(status.st_mode)) {
        return copy_link(parent, name, model, &status);
    }
    return S_ISDIR(status.st_mode) ? copy_folder(layer, parent, name, path, &status) : 0;
}

int layer_prepare_parent(void *context, int parent, const char *name, const char *path) {
    const struct layer *layer = context;
    struct stat status;
    if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno != ENOENT ? -1 : copy_from_below(layer, parent, name, path);
    }
    int removed = whiteout_is(layer->request, parent, name, &status);
    if (removed <= 0) {
        return removed;
    }
    return unlinkat(parent, name, 0) == 0 && mkdirat(parent, name, 0755) == 0
                   && whiteout_make_opaque(layer->request, parent, name) == 0
               ? 1
               : -1;
}

int layer_copy_attributes(int from, int to) {
    OWNED char *names = malloc(ATTRIBUTES_SIZE);
    OWNED char *value = malloc(ATTRIBUTES_SIZE);
    ssize_t length = names == NULL || value == NULL ? -1 : flistxattr(from, names, ATTRIBUTES_SIZE);
    if (length < 0) {
        return errno == EOPNOTSUPP ? 0 : -1;
    }
    for (const char *name = names; name < names + length; name += strlen(name) + 1) {
        if (!tree_carries(name)) {
            continue;
        }
        ssize_t size = fgetxattr(from, name, value, ATTRIBUTES_SIZE);
        if (size < 0 || (fsetxattr(to, name, value, (size_t)size, 0) != 0 && errno != EOPNOTSUPP && errno != EPERM)) {
            return -1;
        }
    }
    return 0;
}

/* 1 when the folder hides all that lies below it. */
static int is_opaque(const struct layer *layer, const char *path) {
    OWNED_FD folder = path_open(layer->roots->root, path, O_RDONLY | O_DIRECTORY, 0);
    return folder < 0 ? -1 : whiteout_is_opaque(layer->request, folder);
}

/* 1 when a folder of this layer on the way to `path` does. */
static int is_hidden(const struct layer *layer, const char *path) {
    char prefix[PATH_SIZE];
    for (size_t i = 1; i < sizeof prefix && path[i] != '\0'; i++) {
        if (path[i] != '/') {
            continue;
        }
        memcpy(prefix, path, i);
        prefix[i] = '\0';
        int opaque = is_opaque(layer, prefix);
        if (opaque != 0) {
            return opaque;
        }
    }
    return 0;
}

int layer_hide(const struct layer *layer, int parent, const char *name, const char *path) {
    int below = layer_below(layer);
    if (below <= 0) {
        return below;
    }
    OWNED_FD hidden = path_open(layer->roots->below, path, O_PATH | O_NOFOLLOW, 0);
    if (hidden < 0) {
        return is_absent(errno) ? 0 : -1;
    }
    int already = is_hidden(layer, path);
    return already != 0 ? (already > 0 ? 0 : -1) : whiteout_make(layer->request, parent, name);
}

int layer_hide_all(const struct layer *layer, int folder) {
    int known = layer_below(layer);
    if (known <= 0) {
        return known;
    }
    OWNED_FD below = openat(layer->roots->below, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED_LIST names = below < 0 ? NULL : folder_open_list(below);
    if (names == NULL) {
        return -1;
    }
    for (const char *name; (name = folder_next(names)) != NULL;) {
        struct stat status;
        bool exists = fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
        if (!exists && (errno != ENOENT || whiteout_make(layer->request, folder, name) != 0)) {
            return -1;
        }
        if (exists && S_ISDIR(status.st_mode) && whiteout_make_opaque(layer->request, folder, name) != 0) {
            return -1;
        }
    }
    return errno == 0 ? 0 : -1;
}
