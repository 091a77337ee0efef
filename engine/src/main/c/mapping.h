/* The id map of a rootless session (user_namespaces(7)). */
#ifndef BIVOUAC_MAPPING_H
#define BIVOUAC_MAPPING_H

#include <sys/types.h>

#include "report.h"
#include "request.h"

/* Maps the ids of the new user namespace `pid` is in, from outside: with newuidmap(1) and newgidmap(1), or, for a single
 * id, by writing the maps. Nothing to do without a user namespace. */
int mapping_apply(const struct session_request *request, pid_t pid, struct failure *failure);

/* The arguments of newuidmap(1) or newgidmap(1). */
enum { MAPPING_RANGES = 64, MAPPING_NUMBER = 12 };
struct helper_arguments {
    char numbers[1 + 3 * MAPPING_RANGES][MAPPING_NUMBER];
    const char *arguments[3 + 3 * MAPPING_RANGES]; /* the name, the pid, inside, outside and count of each range, NULL */
};
int mapping_arguments(const char *name, pid_t pid, const struct id_range *ranges, uint32_t count,
                      struct helper_arguments *call);

#endif
