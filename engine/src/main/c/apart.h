/* Containers that see the surroundings' procfs, because none of their own can be mounted, see in it the processes of others too.
 * Those of one session share a user namespace, so the kernel would let one container look into another's (ptrace(2), "Ptrace
 * access mode checking"): through /proc/PID/root at its files, for one. Landlock keeps them apart: a process of one domain may
 * look into none outside it (Documentation/userspace-api/landlock.rst, "Ptrace restrictions"). */
#ifndef BIVOUAC_APART_H
#define BIVOUAC_APART_H

#include <stdbool.h>

#include "report.h"

/* Whether this kernel can keep processes apart and otherwise leave them as they are: Linux 5.19 with Landlock. Where not, errno
 * says why. */
bool apart_possible(void);

/* Puts this process and all it starts into a domain of its own, which forbids to mount, to look into processes outside it, and
 * nothing else. Each command that is executed in a container is in one of its own too. Takes CAP_SYS_ADMIN or
 * no_new_privs, and the root folder of the container. */
int apart_enter(struct failure *failure);

#endif
