/* The id map of a rootless session (user_namespaces(7)). */
#ifndef BIVOUAC_MAPPING_H
#define BIVOUAC_MAPPING_H

#include <sys/types.h>

#include "report.h"
#include "request.h"

/* Maps the ids of the new user namespace `pid` is in, from outside: with newuidmap(1) and newgidmap(1), or, for a single
 * id, by writing the maps. Nothing to do without a user namespace. */
int mapping_apply(const struct session_request *request, pid_t pid, struct failure *failure);

#endif
