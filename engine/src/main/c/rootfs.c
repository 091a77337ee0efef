#include "rootfs.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "path.h"
#include "protect.h"
#include "remains.h"
#include "space.h"

int rootfs_make_folder(const struct session *session, const char *name, bool *made, struct failure *failure) {
    OWNED_FD space = open(SPACE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (space < 0 || mkdirat(space, name, 0700) != 0) {
        return fail(failure, "make the container's folder", "mkdir", name);
    }
    *made = true;
    if (space_prepare(session, name, failure) != 0) {
        return -1;
    }
    OWNED_FD folder = openat(space, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    static const char *const parts[] = {"upper", "work"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (folder < 0 || mkdirat(folder, parts[i], 0700) != 0) {
            return fail_in(failure, "make the container's folder", "mkdir", name, parts[i]);
        }
    }
    return 0;
}

/* Layers are named relative to their folder, since mount(2) takes at most one page of options. */
static int enter_layers(const struct rootfs *root, struct failure *failure) {
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "/layers/%s", root->layers);
    return chdir(path) == 0 ? 0 : fail(failure, "open the folder of layers", "chdir", root->layers);
}

/* The root folder of the merged view takes its attributes from the upper directory. */
static int prepare_upper(const struct rootfs *root, struct failure *failure) {
    struct stat top;
    char upper[SESSION_PATH_SIZE];
    if (stat(root->top_layer, &top) != 0) {
        return fail_in(failure, "read the top layer", "stat", root->layers, root->top_layer);
    }
    snprintf(upper, sizeof upper, SPACE "/%s/upper", root->folder);
    if (fchownat(AT_FDCWD, upper, top.st_uid, top.st_gid, AT_SYMLINK_NOFOLLOW) != 0
        || fchmodat(AT_FDCWD, upper, top.st_mode & 07777, 0) != 0) {
        return fail_in(failure, "make the container's folder", "fchownat", root->folder, "upper");
    }
    return 0;
}

int rootfs_mount(const struct rootfs *root, struct failure *failure) {
    if (enter_layers(root, failure) != 0 || prepare_upper(root, failure) != 0) {
        return -1;
    }
    /* A container's root may make devices, but nowhere that they can be opened. */
    if (mount("overlay", "/root", "overlay", STANDS(NO_DEVICES) ? MS_NODEV : 0, root->options) != 0) {
        return fail(failure, "mount the overlay", "mount", root->options);
    }
    return chdir("/") == 0 ? 0 : fail(failure, "mount the overlay", "chdir", "/");
}
