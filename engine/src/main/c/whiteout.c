#include "whiteout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "folder.h"
#include "io.h"

/* Values of a folder's attribute. */
static const char OPAQUE = 'y';
static const char HOLDS_MARKED = 'x';

static const char *mark(const struct tree *request) {
    return (request->flags & TREE_USER_XATTRS) != 0 ? "user.overlay.whiteout" : "trusted.overlay.whiteout";
}

static bool marks_are_understood(void) {
    struct utsname system;
    unsigned major = 0;
    unsigned minor = 0;
    return uname(&system) == 0 && sscanf(system.release, "%u.%u", &major, &minor) == 2
           && (major > 6 || (major == 6 && minor >= 8));
}

static int make_marked(const struct tree *request, int parent, const char *name) {
    OWNED_FD file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
    if (file < 0 || fsetxattr(file, mark(request), "y", 1, 0) != 0 || fchdir(parent) != 0) {
        return -1;
    }
    return lsetxattr(".", tree_opaque_attribute(request), &HOLDS_MARKED, 1, XATTR_CREATE) == 0 || errno == EEXIST ? 0 : -1;
}

int whiteout_make(const struct tree *request, int parent, const char *name) {
    if (mknodat(parent, name, S_IFCHR, makedev(0, 0)) == 0) {
        return 0;
    }
    int error = errno;
    if (error == EPERM && marks_are_understood()) {
        return make_marked(request, parent, name);
    }
    errno = error;
    return -1;
}

int whiteout_is(const struct tree *request, int parent, const char *name, const struct stat *status) {
    if (!S_ISREG(status->st_mode) || status->st_size != 0 || (status->st_mode & 07777) != 0) {
        return S_ISCHR(status->st_mode) && status->st_rdev == 0;
    }
    if (fchdir(parent) != 0) {
        return -1;
    }
    return lgetxattr(name, mark(request), NULL, 0) >= 0 ? 1 : errno == ENODATA || errno == EOPNOTSUPP ? 0 : -1;
}

static int remove_marked(const struct tree *request, const char *name) {
    OWNED_FD folder = open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    OWNED_LIST names = folder < 0 ? NULL : folder_open_list(folder);
    if (names == NULL) {
        return -1;
    }
    for (const char *each; (each = folder_next(names)) != NULL;) {
        struct stat status;
        int found = fstatat(folder, each, &status, AT_SYMLINK_NOFOLLOW) == 0 ? whiteout_is(request, folder, each, &status) : -1;
        if (found < 0 || (found > 0 && unlinkat(folder, each, 0) != 0)) {
            return -1;
        }
    }
    return errno == 0 ? 0 : -1;
}

int whiteout_make_opaque(const struct tree *request, int parent, const char *name) {
    char before = 0;
    if (fchdir(parent) != 0
        || (lgetxattr(name, tree_opaque_attribute(request), &before, 1) < 0 && errno != ENODATA && errno != EOPNOTSUPP)
        || lsetxattr(name, tree_opaque_attribute(request), &OPAQUE, 1, 0) != 0) {
        return -1;
    }
    return before == HOLDS_MARKED ? remove_marked(request, name) : 0;
}

int whiteout_is_opaque(const struct tree *request, int folder) {
    char value = 0;
    ssize_t length = fgetxattr(folder, tree_opaque_attribute(request), &value, 1);
    return length >= 0 ? value == OPAQUE : errno == ENODATA ? 0 : -1;
}
