/* The file system a container writes to: an overlay on the layers of its image and on a folder of its own. */
#ifndef BIVOUAC_ROOTFS_H
#define BIVOUAC_ROOTFS_H

#include <stdbool.h>

#include "report.h"
#include "request.h"
#include "session.h"

/* Makes the folder; `made` says whether there is something to be removed, even when this fails. In the empty mount namespace, or a
 * copy of it. */
int rootfs_make_folder(const struct session *session, const char *name, bool *made, struct failure *failure);

/* Mounts the overlay at /root of a copy of the empty mount namespace. */
int rootfs_mount(const struct rootfs *root, struct failure *failure);

#endif
