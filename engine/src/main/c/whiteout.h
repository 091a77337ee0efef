/* What hides things of the layers below, as overlayfs reads it (Documentation/filesystems/overlayfs.rst, "whiteouts and opaque
 * directories"). A whiteout is the device 0:0; where no such device can be made, as on a store that lies on an overlay itself, it
 * is an empty file that an attribute marks, in a folder that another one marks. Linux 6.8 and later understand those, but a
 * container cannot remove such a folder (ENOTEMPTY, seen on 6.18). */
#ifndef BIVOUAC_WHITEOUT_H
#define BIVOUAC_WHITEOUT_H

#include <sys/stat.h>

#include "tree.h"

/* Makes one; nothing of that name is there. Fails with EPERM where the file system takes no device and the kernel no mark. */
int whiteout_make(const struct tree *request, int parent, const char *name);

/* Whether an entry of a layer is one: 1, 0, or -1. */
int whiteout_is(const struct tree *request, int parent, const char *name, const struct stat *status);

/* Marks the folder `name`: nothing shines through, and no whiteout is left in it. */
int whiteout_make_opaque(const struct tree *request, int parent, const char *name);

/* Whether a folder is marked so: 1, 0, or -1. */
int whiteout_is_opaque(const struct tree *request, int folder);

#endif
