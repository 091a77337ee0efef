/* Mounts that lie nowhere yet. */
#ifndef BIVOUAC_DETACH_H
#define BIVOUAC_DETACH_H

#include "report.h"

/* A procfs nobody else can see or mount over (CVE-2019-16884 and its kin): every access to /proc goes through it. */
int detached_proc(struct failure *failure);

/* A folder of the store with all that is mounted beneath. Cloned before /tmp is covered: the store may lie there. */
int detached_clone(const char *path, struct failure *failure);

#endif
