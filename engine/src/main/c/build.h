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

/* Clones the sources of bind mounts; called where the host's mounts are visible. */
int build_open_sources(const struct launch *launch, struct failure *failure);

/* Carries out every operation, then makes /root the root and lets go of the rest. Called as PID 1 of the container. */
int build_root(const struct launch *launch, struct built *built, struct failure *failure);

#endif
