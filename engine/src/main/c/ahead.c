#include "ahead.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>

#include "group.h"
#include "io.h"
#include "net.h"
#include "protect.h"
#include "rootfs.h"
#include "space.h"

void ahead_close(struct ahead *ahead) {
    struct failure ignored = {0};
    fd_close(&ahead->mounts);
    fd_close(&ahead->network);
    fd_close(&ahead->staged.devices);
    if (ahead->groups && setns(ahead->session->host, CLONE_NEWNS) == 0) {
        group_remove_all_of(&ahead->announced.cgroups, &ignored);
    }
    if (ahead->folder && setns(ahead->session->empty, CLONE_NEWNS) == 0) {
        space_give_up(ahead->session, ahead->announced.root.folder);
    }
    ahead->groups = false;
    ahead->folder = false;
}

static bool is_wanted(const struct cgroup *group, const struct cgroups *wanted) {
    for (uint32_t i = 0; i < wanted->count; i++) {
        if (strcmp(group->path, wanted->items[i].path) == 0) {
            return true;
        }
    }
    return false;
}

int ahead_take_groups(struct ahead *ahead, const struct cgroups *wanted, struct failure *failure) {
    const struct cgroups *made = &ahead->announced.cgroups;
    for (uint32_t i = 0; ahead->groups && i < made->count; i++) {
        const struct cgroup *group = &made->items[i];
        if (!group->shared && !is_wanted(group, wanted)) {
            group_remove(group->path); /* at the latest it goes with the session */
        }
    }
    ahead->groups = false;
    return group_make(wanted, failure);
}

static int enter_mounts(struct ahead *ahead, struct failure *failure) {
    const struct session *session = ahead->session;
    if (ahead->mounts >= 0) {
        return setns(ahead->mounts, CLONE_NEWNS) == 0 ? 0 : fail(failure, "create a mount namespace", "setns", "");
    }
    if (setns(session->empty, CLONE_NEWNS) != 0 || unshare(CLONE_NEWNS) != 0) {
        return fail(failure, "create a mount namespace", "unshare", "");
    }
    ahead->mounts = openat(session->proc, "self/ns/mnt", O_RDONLY | O_CLOEXEC);
    return ahead->mounts >= 0 ? 0 : fail(failure, "create a mount namespace", "openat", "self/ns/mnt");
}

static bool is_same(const struct span *some, const struct span *other) {
    return some->length == other->length && memcmp(some->data, other->data, some->length) == 0;
}

int ahead_take_devices(struct ahead *ahead, const struct ops *wanted, struct staged *staged, struct failure *failure) {
    bool same = ahead->staged.devices >= 0 && is_same(&ahead->announced.devices.encoded, &wanted->encoded);
    if (same) {
        *staged = ahead->staged;
        ahead->staged.devices = -1;
        return 0;
    }
    fd_close(&ahead->staged.devices);
    *staged = (struct staged){.devices = -1};
    return build_open_sources(wanted, failure);
}

static bool is_same_root(const struct rootfs *some, const struct rootfs *other) {
    return strcmp(some->folder, other->folder) == 0 && strcmp(some->layers, other->layers) == 0
           && strcmp(some->options, other->options) == 0 && strcmp(some->top_layer, other->top_layer) == 0;
}

/* Another image than was expected: an overlay leaves marks in its folder, by which a second one would be refused. */
static int give_up_overlay(struct ahead *ahead, struct failure *failure) {
    if (umount2("/root", MNT_DETACH) != 0) {
        return fail(failure, "mount the overlay", "umount2", "/root");
    }
    space_give_up(ahead->session, ahead->announced.root.folder);
    ahead->overlay = false;
    ahead->folder = false;
    return 0;
}

static int take_folder(struct ahead *ahead, const char *name, bool *made, struct failure *failure) {
    *made = ahead->folder && strcmp(name, ahead->announced.root.folder) == 0;
    ahead->folder &= !*made;
    return *made ? 0 : rootfs_make_folder(ahead->session, name, made, failure);
}

int ahead_take_root(struct ahead *ahead, const struct rootfs *wanted, int *mounts, bool *made, struct failure *failure) {
    if (enter_mounts(ahead, failure) != 0) {
        return -1;
    }
    *mounts = fd_keep(&ahead->mounts);
    bool mounted = ahead->overlay && is_same_root(&ahead->announced.root, wanted);
    if (ahead->overlay && !mounted && give_up_overlay(ahead, failure) != 0) {
        return -1;
    }
    if (take_folder(ahead, wanted->folder, made, failure) != 0) {
        return -1;
    }
    return mounted ? 0 : rootfs_mount(wanted, failure);
}

static int make_network(struct ahead *ahead, bool own, struct failure *failure) {
    const struct announcement *announced = &ahead->announced;
    if (own && STANDS(OWN_NETWORK)) {
        if (unshare(CLONE_NEWNET) != 0) {
            return fail(failure, "create a network namespace", "unshare", "");
        }
        if (net_set_up(failure) != 0
            || net_add_addresses(announced->addresses, announced->address_count, failure) != 0) {
            return -1;
        }
    }
    ahead->network = openat(ahead->session->proc, "self/ns/net", O_RDONLY | O_CLOEXEC);
    return ahead->network >= 0 ? 0 : fail(failure, "create a network namespace", "openat", "self/ns/net");
}

static bool has_address(const struct ahead *ahead, const char *address) {
    for (uint32_t i = 0; i < ahead->announced.address_count; i++) {
        if (strcmp(ahead->announced.addresses[i], address) == 0) {
            return true;
        }
    }
    return false;
}

int ahead_take_network(struct ahead *ahead, const struct launch *launch, int *network, struct failure *failure) {
    if (ahead->network < 0 && make_network(ahead, launch->isolated_network, failure) != 0) {
        return -1;
    }
    *network = fd_keep(&ahead->network);
    bool own = launch->isolated_network && STANDS(OWN_NETWORK);
    for (uint32_t i = 0; own && i < launch->address_count; i++) {
        if (!has_address(ahead, launch->addresses[i]) && net_add_addresses(&launch->addresses[i], 1, failure) != 0) {
            return -1;
        }
    }
    return 0;
}

/* In the mount namespace of the container to be. */
static int make_root(struct ahead *ahead, struct failure *failure) {
    const struct rootfs *root = &ahead->announced.root;
    if (enter_mounts(ahead, failure) != 0 || rootfs_make_folder(ahead->session, root->folder, &ahead->folder, failure) != 0) {
        return -1;
    }
    if (root->layers[0] != '\0') {
        if (rootfs_mount(root, failure) != 0) {
            return -1;
        }
        ahead->overlay = true;
    }
    return 0;
}

static int make_devices(struct ahead *ahead, struct failure *failure) {
    const struct ops *devices = &ahead->announced.devices;
    return devices->count == 0 ? 0 : build_ahead(devices, &ahead->staged, failure);
}

int ahead_make(struct ahead *ahead, struct failure *failure) {
    int result = build_open_sources(&ahead->announced.devices, failure);
    if (result == 0) {
        result = make_network(ahead, true, failure) == 0 && make_root(ahead, failure) == 0 ? make_devices(ahead, failure) : -1;
    }
    build_close_sources(&ahead->announced.devices);
    if (result != 0) {
        return -1;
    }
    /* The host's mounts once more: control groups are found there, and later the sources of mounts. */
    if (setns(ahead->session->host, CLONE_NEWNS) != 0) {
        return fail(failure, "create a mount namespace", "setns", "");
    }
    ahead->groups = true;
    return group_make(&ahead->announced.cgroups, failure);
}
