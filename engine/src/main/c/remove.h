/* Removal of folders that hostile code has filled. */
#ifndef BIVOUAC_REMOVE_H
#define BIVOUAC_REMOVE_H

#include "report.h"

/* Removes `name` beneath the open folder with all it contains, however deep. Never follows a link and never leaves the
 * folder. Absent is success. */
int remove_tree_at(int folder, const char *name, struct failure *failure);

/* The same for an absolute path, whose parents may be links. */
int remove_tree(const char *path, struct failure *failure);

#endif
