/* What a worker makes for a new container before it is told what that is to be: what most of them have, or what the last one had. */
#ifndef BIVOUAC_AHEAD_H
#define BIVOUAC_AHEAD_H

#include "build.h"
#include "request.h"
#include "session.h"

struct ahead {
    const struct session *session;
    int mounts;  /* a copy of the empty mount namespace, to build the container in; or -1 */
    int network; /* a network namespace, which this process is in already; or -1 */
    struct staged staged; /* the announced devices */
    bool folder;  /* the announced one, or a part of it, is there, and no container has taken it */
    bool groups;  /* the same of the groups */
    bool overlay; /* the announced one is mounted on the folder, at /root of the mounts */
    struct announcement announced;
};

/* Removes what no container took; a second call does nothing. */
#define OWNED_AHEAD __attribute__((cleanup(ahead_close))) struct ahead
void ahead_close(struct ahead *ahead);

/* Makes all that was announced. Afterwards this process sees the host's mounts as before. */
int ahead_make(struct ahead *ahead, struct failure *failure);

/* What follows makes what is missing and hands it over. */

/* The groups that are wanted are the caller's, the others are gone. */
int ahead_take_groups(struct ahead *ahead, const struct cgroups *wanted, struct failure *failure);

/* Makes sure that the sources of their mounts are open where they are still to be made; called where the host's mounts are visible. */
int ahead_take_devices(struct ahead *ahead, const struct ops *wanted, struct staged *staged, struct failure *failure);

/* Enters the mounts: afterwards this process sees the store's layers, the session's folder, and the new root at /root. A folder
 * that is made is to be removed by the caller, even when this fails. */
int ahead_take_root(struct ahead *ahead, const struct rootfs *wanted, int *mounts, bool *made, struct failure *failure);

/* Enters the network. */
int ahead_take_network(struct ahead *ahead, const struct launch *launch, int *network, struct failure *failure);

#endif
