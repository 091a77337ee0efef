#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "io.h"
#include "path.h"

const char *tree_opaque_attribute(const struct tree *request) {
    return (request->flags & TREE_USER_XATTRS) != 0 ? "user.overlay.opaque" : "trusted.overlay.opaque";
}

static int open_container(struct session *session, const struct tree *request, struct failure *failure) {
    struct container *container = session_select(session, request->root);
    if (container == NULL) {
        return fail_with(failure, ENOENT, "find the container", "", request->root);
    }
    /* While it runs: what it sees, with volumes and tmpfs. Afterwards: its file system. */
    bool running = container->init >= 0;
    if (running && setns(container->init, CLONE_NEWNS) != 0) {
        running = false;
    }
    if (!running && setns(container->mounts, CLONE_NEWNS) != 0) {
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

int tree_open(struct session *session, const struct tree *request, struct tree_roots *roots, struct failure *failure) {
    *roots = (struct tree_roots){.root = -1, .below = -1};
    if (request->root_kind == TREE_CONTAINER) {
        roots->root = open_container(session, request, failure);
    } else {
        session_select(session, "");
        roots->root = open(request->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (roots->root < 0) {
            return fail(failure, "open the tree", "open", request->root);
        }
    }
    if (roots->root >= 0 && request->layers[0] != '\0') {
        roots->below = open_below(session, request, failure);
        return roots->below < 0 ? -1 : 0;
    }
    return roots->root < 0 ? -1 : 0;
}
