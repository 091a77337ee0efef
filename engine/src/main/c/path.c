#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io.h"

/* The kernel gives up with EAGAIN when something was renamed meanwhile; a hostile process can make it do so for ever. */
enum { ATTEMPTS = 128 };

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

static int make_folder(int root, char *path, mode_t mode) {
    int folder = path_open(root, path[0] == '\0' ? "/" : path, O_PATH | O_DIRECTORY, 0);
    if (folder >= 0 || errno != ENOENT) {
        return folder;
    }
    char whole[PATH_SIZE];
    char *name;
    memcpy(whole, path, strlen(path) + 1);
    if (!split(path, &name)) {
        return -1;
    }
    OWNED_FD parent = make_folder(root, name == path ? (char[]){"/"} : path, 0755);
    if (parent < 0 || (mkdirat(parent, name, mode) != 0 && errno != EEXIST)) {
        return -1;
    }
    return path_open(root, whole, O_PATH | O_DIRECTORY, 0);
}

int path_make_folder(int root, const char *path, mode_t mode) {
    char copy[PATH_SIZE];
    if (strlen(path) >= sizeof copy) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(copy, path, strlen(path) + 1);
    return make_folder(root, copy, mode);
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
