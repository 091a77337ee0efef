#include "ahead.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>

#include "group.h"
#include "io.h"
#include "net.h"
#include "protect.h"
#include "space.h"

void ahead_close(struct ahead *ahead) {
    struct failure ignored = {0};
    fd_close(&ahead->mounts);
    fd_close(&ahead->network);
    if (ahead->groups && setns(ahead->session->host, CLONE_NEWNS) == 0) {
        group_remove_all_of(&ahead->announced.cgroups, &ignored);
    }
    if (ahead->folder && setns(ahead->session->empty, CLONE_NEWNS) == 0) {
        space_give_up(ahead->session, ahead->announced.folder);
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

int ahead_take_mounts(struct ahead *ahead, int *mounts, struct failure *failure) {
    if (enter_mounts(ahead, failure) != 0) {
        return -1;
    }
    *mounts = fd_keep(&ahead->mounts);
    return 0;
}

static int make_folder(const struct session *session, const char *name, bool *made, struct failure *failure) {
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

int ahead_take_folder(struct ahead *ahead, const char *name, bool *made, struct failure *failure) {
    *made = ahead->folder && strcmp(name, ahead->announced.folder) == 0;
    ahead->folder &= !*made;
    return *made ? 0 : make_folder(ahead->session, name, made, failure);
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

int ahead_make(struct ahead *ahead, struct failure *failure) {
    if (make_network(ahead, true, failure) != 0 || enter_mounts(ahead, failure) != 0
        || make_folder(ahead->session, ahead->announced.folder, &ahead->folder, failure) != 0) {
        return -1;
    }
    /* The host's mounts once more: control groups are found there, and later the sources of mounts. */
    if (setns(ahead->session->host, CLONE_NEWNS) != 0) {
        return fail(failure, "create a mount namespace", "setns", "");
    }
    ahead->groups = true;
    return group_make(&ahead->announced.cgroups, failure);
}
