#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>

#include "io.h"
#include "label.h"
#include "protect.h"

int mounts_attach(int mount, int target) {
    return move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int mounts_clone(int source, unsigned extra) {
    return open_tree(source, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | extra);
}

int mounts_set(int mount, uint64_t attributes, unsigned extra) {
    struct mount_attr change = {.attr_set = attributes};
    return mount_setattr(mount, "", AT_EMPTY_PATH | extra, &change, sizeof change);
}

/* The others label by themselves, or take no such option in a user namespace. */
static bool takes_context(const char *type) {
    return strcmp(type, "tmpfs") == 0 || strcmp(type, "devpts") == 0;
}

/* Queues take no such option in a user namespace; their root takes a label like any folder. */
static int label_root(const struct op *op, const char *label, int mount, struct failure *failure) {
    if (label == NULL || strcmp(op->source, "mqueue") != 0) {
        return 0;
    }
    OWNED_FD root = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return root >= 0 ? label_folder(root, label, failure)
                     : fail_in(failure, "mount a file system", "openat", op->source, op->target);
}

int mounts_new(const struct op *op, const char *label, struct failure *failure) {
    OWNED_FD context = fsopen(op->source, FSOPEN_CLOEXEC);
    if (context < 0) {
        return fail_in(failure, "mount a file system", "fsopen", op->source, op->target);
    }
    for (uint32_t i = 0; i < op->option_count; i++) {
        char key[256];
        const char *equals = strchr(op->options[i], '=');
        size_t length = equals == NULL ? strlen(op->options[i]) : (size_t)(equals - op->options[i]);
        if (length >= sizeof key) {
            return fail_with(failure, EINVAL, "mount a file system", "fsconfig", op->options[i]);
        }
        memcpy(key, op->options[i], length);
        key[length] = '\0';
        int set = equals == NULL ? fsconfig(context, FSCONFIG_SET_FLAG, key, NULL, 0)
                                 : fsconfig(context, FSCONFIG_SET_STRING, key, equals + 1, 0);
        if (set != 0) {
            return fail_in(failure, "mount a file system", "fsconfig", op->target, op->options[i]);
        }
    }
    if (label != NULL && takes_context(op->source)
        && fsconfig(context, FSCONFIG_SET_STRING, "context", label, 0) != 0) {
        return fail_in(failure, "mount a file system", "fsconfig", op->target, label);
    }
    if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0) {
        return fail_in(failure, "mount a file system", "fsconfig", op->source, op->target);
    }
    OWNED_FD mount = fsmount(context, FSMOUNT_CLOEXEC, STANDS(MOUNT_FLAGS) ? op->flags : 0);
    if (mount < 0) {
        return fail_in(failure, "mount a file system", "fsmount", op->source, op->target);
    }
    return label_root(op, label, mount, failure) == 0 ? fd_keep(&mount) : -1;
}
