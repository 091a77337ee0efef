#include "detach.h"

#include <fcntl.h>
#include <sys/mount.h>

#include "io.h"

int detached_proc(struct failure *failure) {
    OWNED_FD context = fsopen("proc", FSOPEN_CLOEXEC);
    if (context < 0 || fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0) {
        return fail(failure, "mount a private procfs", "fsopen", "proc");
    }
    int mount = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    return mount < 0 ? fail(failure, "mount a private procfs", "fsmount", "proc") : mount;
}

int detached_clone(const char *path, struct failure *failure) {
    int mount = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    return mount >= 0 ? mount : fail(failure, "open the store", "open_tree", path);
}
