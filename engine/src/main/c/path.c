#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io.h"
#include "protect.h"

/* The kernel gives up with EAGAIN when something was renamed meanwhile; a hostile process can make it do so for ever. */
enum { ATTEMPTS = 128 };

/* As many links as the kernel follows, path_resolution(7). */
enum { LINK_LIMIT = 40 };

/* As whoever thinks of no links resolves a path beneath a folder. */
static const char *plain(const char *path) {
    const char *relative = path + strspn(path, "/");
    return *relative == '\0' ? "." : relative;
}

int path_open(int root, const char *path, int flags, mode_t mode) {
    struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
        .mode = (flags & O_CREAT) != 0 ? mode : 0,
        .resolve = STANDS(IN_ROOT) ? RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS : 0,
    };
    for (int attempt = 0;; attempt++) {
        int fd = (int)syscall(SYS_openat2, root, STANDS(IN_ROOT) ? path : plain(path), &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN || attempt == ATTEMPTS) {
            return fd;
        }
    }
}

/* Cuts the last component off: "/a/b/" becomes "/a" with name "b". False at the root. */
static bool split(char *path, char **name) {
    size_t length = strlen(path);
    while (length > 0 && path[length - 1] == '/') {
        path[--length] = '\0';
    }
    char *slash = strrchr(path, '/');
    *name = slash == NULL ? path : slash + 1;
    if ((*name)[0] == '\0') {
        return false;
    }
    if (slash != NULL) {
        *slash = '\0';
    }
    return true;
}

/* Folders being made; whoever asked may put something else in their place. */
struct making {
    int root;
    path_prepare *prepare;
    void *context;
};

static int make_folder(const struct making *making, const char *path, mode_t mode, int links);

static int open_folder(int root, const char *path) {
    return path_open(root, path[0] == '\0' ? "/" : path, O_PATH | O_DIRECTORY, 0);
}

/* What a link that leads nowhere stands for is made where it points to, as seen from the root. `prefix` is the link's path,
 * its name begins at `start`. */
static int make_link_target(const struct making *making, int parent, const char *prefix, size_t start, mode_t mode,
                            int links) {
    char target[PATH_SIZE];
    char joined[PATH_SIZE];
    ssize_t length = readlinkat(parent, prefix + start, target, sizeof target - 1);
    if (length < 0 || links >= LINK_LIMIT) {
        errno = length < 0 ? errno : ELOOP;
        return -1;
    }
    target[length] = '\0';
    int base = target[0] == '/' ? 0 : (int)start;
    if (snprintf(joined, sizeof joined, "%.*s/%s", base, prefix, target) >= (int)sizeof joined) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return make_folder(making, joined, mode, links + 1);
}

/* A folder itself, not what a link or ".." stands for: there is no way from it out of its parent. */
static int open_child(int parent, const char *name) {
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        errno = ENOTDIR;
        return -1;
    }
    return openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* One step: by name from the parent where that is the same as the whole way from the root, so that a long path costs no more
 * than its length. */
static int make_component(const struct making *making, int parent, const char *prefix, size_t start, mode_t mode,
                          int links) {
    const char *name = prefix + start;
    int folder = open_child(parent, name);
    if (folder < 0 && (errno == ENOENT || errno == ENOTDIR) && making->prepare != NULL) {
        if (making->prepare(making->context, parent, name, prefix) < 0) {
            return -1;
        }
        folder = open_child(parent, name);
    }
    if (folder >= 0) {
        return folder;
    }
    if (errno == ENOENT && mkdirat(parent, name, mode) == 0) {
        return open_child(parent, name);
    }
    if (errno != EEXIST && errno != ENOTDIR) {
        return -1;
    }
    folder = open_folder(making->root, prefix);
    return folder >= 0 || errno != ENOENT ? folder : make_link_target(making, parent, prefix, start, mode, links);
}

static int make_folder(const struct making *making, const char *path, mode_t mode, int links) {
    int whole = open_folder(making->root, path);
    if (whole >= 0 || (errno != ENOENT && errno != ENOTDIR)) {
        return whole;
    }
    char prefix[PATH_SIZE] = "";
    OWNED_FD current = open_folder(making->root, "/");
    size_t length = strlen(path);
    for (size_t start = 0; current >= 0 && start < length;) {
        size_t end = start + strcspn(path + start, "/");
        if (end > start) {
            memcpy(prefix, path, end);
            prefix[end] = '\0';
            bool last = path[end + strspn(path + end, "/")] == '\0';
            int next = make_component(making, current, prefix, start, last ? mode : 0755, links);
            fd_close(&current);
            current = next;
        }
        start = end + 1;
    }
    return fd_keep(&current);
}

int path_make_folders(int root, const char *path, mode_t mode, path_prepare *prepare, void *context) {
    const struct making making = {.root = root, .prepare = prepare, .context = context};
    if (strlen(path) >= PATH_SIZE) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return make_folder(&making, path, mode, 0);
}

int path_make_folder(int root, const char *path, mode_t mode) {
    return path_make_folders(root, path, mode, NULL, NULL);
}

int path_parent(int root, const char *path, bool make, char *name) {
    char copy[PATH_SIZE];
    char *last;
    if (strlen(path) >= sizeof copy) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(copy, path, strlen(path) + 1);
    if (!split(copy, &last) || strcmp(last, ".") == 0 || strcmp(last, "..") == 0) {
        errno = EISDIR;
        return -1;
    }
    if (strlen(last) >= NAME_SIZE) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(name, last, strlen(last) + 1);
    if (last == copy || copy[0] == '\0') {
        return path_open(root, "/", O_PATH | O_DIRECTORY, 0);
    }
    return make ? path_make_folder(root, copy, 0755) : path_open(root, copy, O_PATH | O_DIRECTORY, 0);
}

int path_make_file(int root, const char *path) {
    int file = path_open(root, path, O_PATH, 0);
    if (file >= 0 || errno != ENOENT) {
        return file;
    }
    char name[NAME_SIZE];
    OWNED_FD parent = path_parent(root, path, true, name);
    OWNED_FD made = parent < 0 ? -1 : openat(parent, name, O_CREAT | O_EXCL | O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
    return made < 0 ? -1 : path_open(root, path, O_PATH, 0);
}
