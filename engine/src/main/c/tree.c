#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "io.h"
#include "label.h"
#include "path.h"
#include "protect.h"
#include "space.h"

const char *tree_opaque_attribute(const struct tree *request) {
    return (request->flags & TREE_USER_XATTRS) != 0 ? "user.overlay.opaque" : "trusted.overlay.opaque";
}

bool tree_carries(const char *attribute) {
    return strcmp(attribute, "security.capability") == 0 || strncmp(attribute, "system.posix_acl_", 17) == 0
           || (strncmp(attribute, "user.", 5) == 0 && strncmp(attribute, "user.overlay.", 13) != 0);
}

static int open_container(struct session *session, const struct tree *request, struct failure *failure) {
    struct container container;
    int known = registry_find(session->registry, request->root, &container, failure);
    if (known <= 0) {
        return known < 0 ? -1 : fail_with(failure, ENOENT, "find the container", "", request->root);
    }
    /* While it runs: what it sees, with volumes and tmpfs. Afterwards: its file system. */
    bool running = container.init >= 0 && STANDS(ROOT_ENTERED);
    if (running && setns(container.init, CLONE_NEWNS) != 0) {
        if (errno != ESRCH) {
            return fail(failure, "enter the container's namespaces", "setns", request->root);
        }
        running = false; /* it has just ended */
    }
    if (!running && setns(container.mounts, CLONE_NEWNS) != 0) {
        return fail(failure, "enter the container's namespaces", "setns", request->root);
    }
    int root = open(running ? "/" : "/root", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return root >= 0 ? root : fail(failure, "enter the container's namespaces", "open", request->root);
}

/* The layers below, merged as the container sees them. */
static int open_below(struct session *session, const struct tree *request, struct failure *failure) {
    char folder[PATH_SIZE];
    if (setns(session->empty, CLONE_NEWNS) != 0) {
        return fail(failure, "create a mount namespace", "setns", "");
    }
    snprintf(folder, sizeof folder, "/layers/%s", request->layers);
    if (chdir(folder) != 0) {
        return fail(failure, "open the folder of layers", "chdir", request->layers);
    }
    bool single = strchr(request->below, '=') == NULL;
    if (!single
        && (unshare(CLONE_NEWNS) != 0 || mount("overlay", "/below", "overlay", MS_RDONLY, request->below) != 0)) {
        return fail(failure, "mount the overlay", "mount", request->below);
    }
    int below = open(single ? request->below : "/below", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return below >= 0 ? below : fail(failure, "open the folder of layers", "open", request->below);
}

/* Whoever gives up removes the file, if it exists by then. */
static int open_output(const struct tree *request, int connection, struct failure *failure) {
    OWNED_FD output = open(request->output, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (output < 0) {
        return fail(failure, "write the record file", "open", request->output);
    }
    if (has_hung_up(connection)) {
        unlink(request->output);
        return fail_with(failure, ECANCELED, "write the record file", "", request->output);
    }
    return fd_keep(&output);
}

int tree_open_below(struct session *session, struct tree_roots *roots, const struct tree *request, struct failure *failure) {
    roots->later = false;
    roots->below = open_below(session, request, failure);
    return roots->below < 0 ? -1 : 0;
}

int tree_open(struct session *session, int connection, const struct tree *request, bool write, struct tree_roots *roots,
              struct failure *failure) {
    *roots = (struct tree_roots){.root = -1, .below = -1, .later = write && request->layers[0] != '\0', .output = -1};
    if (request->output[0] != '\0') {
        roots->output = open_output(request, connection, failure);
        if (roots->output < 0) {
            return -1;
        }
    }
    if (request->root_kind == TREE_CONTAINER) {
        roots->root = open_container(session, request, failure);
    } else {
        roots->root = space_open(session, request->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (roots->root < 0) {
            return fail(failure, "open the tree", "open", request->root);
        }
        if (label_folder(roots->root, request->label, failure) != 0) {
            return -1;
        }
    }
    if (roots->root < 0) {
        return -1;
    }
    return request->layers[0] == '\0' || roots->later ? 0 : tree_open_below(session, roots, request, failure);
}

void tree_close(struct tree_roots *roots) {
    fd_close(&roots->root);
    fd_close(&roots->below);
    fd_close(&roots->output);
}
