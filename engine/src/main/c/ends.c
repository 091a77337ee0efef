#include "ends.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "io.h"
#include "path.h"

static const char default_acl[] = "system.posix_acl_default";

struct folder_end {
    struct folder_end *next;
    struct timespec modified;
    uint32_t acl_length;
    char memory[]; /* the path with its NUL, then the ACL */
};

bool ends_has(const char *attribute) {
    return strcmp(attribute, default_acl) == 0;
}

int ends_add(struct ends *ends, const char *path, struct timespec modified, struct span acl) {
    size_t path_size = strlen(path) + 1;
    struct folder_end *end = malloc(sizeof *end + path_size + acl.length);
    if (end == NULL) {
        return -1;
    }
    *end = (struct folder_end){.modified = modified, .acl_length = acl.length};
    memcpy(end->memory, path, path_size);
    if (acl.length > 0) {
        memcpy(end->memory + path_size, acl.data, acl.length);
    }
    *(ends->last != NULL ? &ends->last->next : &ends->first) = end;
    ends->last = end;
    return 0;
}

static int apply(const struct folder_end *end, int root, struct end_failure *failed) {
    const char *path = end->memory;
    struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, end->modified};
    OWNED_FD folder = path_open(root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
    *failed = (struct end_failure){path, "openat2"};
    if (folder < 0) {
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : -1; /* replaced by a later record */
    }
    failed->syscall = "fsetxattr";
    if (end->acl_length > 0 && fsetxattr(folder, default_acl, path + strlen(path) + 1, end->acl_length, 0) != 0
        && errno != EOPNOTSUPP && errno != EPERM) {
        return -1;
    }
    failed->syscall = "futimens";
    return futimens(folder, times);
}

int ends_apply(const struct ends *ends, int root, struct end_failure *failed) {
    for (const struct folder_end *end = ends->first; end != NULL; end = end->next) {
        if (apply(end, root, failed) != 0) {
            return -1;
        }
    }
    return 0;
}

void ends_free(struct ends *ends) {
    while (ends->first != NULL) {
        struct folder_end *end = ends->first;
        ends->first = end->next;
        free(end);
    }
}
