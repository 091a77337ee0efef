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

/* The kernel gives up with EAGAIN when something was renamed meanwhile; a hostile process can make it do so for ever. */
enum { ATTEMPTS = 128 };

/* As many links as the kernel follows, path_resolution(7). */
enum { LINK_LIMIT = 40 };

int path_open(int root, const char *path, int flags, mode_t mode) {
    struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
        .mode = (flags & O_CREAT) != 0 ? mode : 0,
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    for (int attempt = 0;; attempt++) {
        int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
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

static int make_folder(int root, const char *path, mode_t mode, int links);

static int open_folder(int root, const char *path) {
    return path_open(root, path[0] == '\0' ? "/" : path, O_PATH | O_DIRECTORY, 0);
}

/* What a link that leads nowhere stands for is made where it points to, as seen from the root. `prefix` is the link's path,
 * its name begins at `start`. */
static int make_link_target(int root, int parent, const char *prefix, size_t start, mode_t mode, int links) {
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
    return make_folder(root, joined, mode, links + 1);
}

static int make_component(int root, int parent, const char *prefix, size_t start, mode_t mode, int links) {
    if (mkdirat(parent, prefix + start, mode) != 0 && errno != EEXIST) {
        return -1;
    }
    int folder = open_folder(root, prefix);
    return folder >= 0 || errno != ENOENT ? folder : make_link_target(root, parent, prefix, start, mode, links);
}

static int make_folder(int root, const char *path, mode_t mode, int links) {
    int whole = open_folder(root, path);
    if (whole >= 0 || errno != ENOENT) {
        return whole;
    }
    char prefix[PATH_SIZE] = "";
    OWNED_FD current = open_folder(root, "/");
    size_t length = strlen(path);
    for (size_t start = 0; current >= 0 && start < length;) {
        size_t end = start + strcspn(path + start, "/");
        if (end > start) {
            memcpy(prefix, path, end);
            prefix[end] = '\0';
            int next = open_folder(root, prefix);
            if (next < 0 && errno == ENOENT) {
                bool last = path[end] == '\0' || path[end + strspn(path + end, "/")] == '\0';
                next = make_component(root, current, prefix, start, last ? mode : 0755, links);
            }
            fd_close(&current);
            current = next;
        }
        start = end + 1;
    }
    return fd_keep(&current);
}

int path_make_folder(int root, const char *path, mode_t mode) {
    if (strlen(path) >= PATH_SIZE) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return make_folder(root, path, mode, 0);
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
