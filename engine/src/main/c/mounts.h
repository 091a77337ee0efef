/* Mounts by descriptor: made, copied, changed and attached without walking a path. */
#ifndef BIVOUAC_MOUNTS_H
#define BIVOUAC_MOUNTS_H

#include <stdint.h>

#include "report.h"
#include "request.h"

/* What an operation of the kind MOUNT asks for, attached nowhere. `label`: of what lies on it, where it takes one; or null. */
int mounts_new(const struct op *op, const char *label, struct failure *failure);

/* -1 with errno. A copy is attached nowhere; `extra` may be AT_RECURSIVE. */
int mounts_clone(int source, unsigned extra);
int mounts_attach(int mount, int target);

/* Adds MOUNT_ATTR_*. */
int mounts_set(int mount, uint64_t attributes, unsigned extra);

#endif
