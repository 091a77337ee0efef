/* Builds a container's view of the file system from the operations of a launch plan, in a mount namespace where the root
 * file system is attached at /root and nothing of the host's is mounted. */
#ifndef BIVOUAC_BUILD_H
#define BIVOUAC_BUILD_H

#include "report.h"
#include "request.h"

/* What the first process needs of it; -1 each when the plan has none. */
struct built {
    int proc;   /* the container's own procfs */
    int master; /* of the terminal at the console */
    int peer;
};

/* Clones the sources of bind mounts; called where the host's mounts are visible. Closed once they are mounted, or nobody could
 * unmount what they are of. */
int build_open_sources(const struct ops *ops, struct failure *failure);
void build_close_sources(const struct ops *ops);

/* A /dev that was made before its container. */
struct staged {
    int devices;    /* a mount with all that is mounted in it, attached nowhere; or -1 */
    uint32_t files; /* names taken on the tmpfs at /files of the mount namespace, where its nodes lie; with none there is no tmpfs */
};

/* Makes a /dev of these operations, in the mount namespace of the container that will have it. */
int build_ahead(const struct ops *devices, struct staged *staged, struct failure *failure);

/* Carries out every operation, then makes /root the root and lets go of the rest. Called as PID 1 of the container. With
 * staged devices, their operations were carried out already. */
int build_root(const struct launch *launch, const struct staged *staged, struct built *built, struct failure *failure);

#endif
