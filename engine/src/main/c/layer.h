/* A layer being unpacked on others: what its archive leaves unsaid is as in the layers below, and what it removes is hidden
 * there. */
#ifndef BIVOUAC_LAYER_H
#define BIVOUAC_LAYER_H

#include "ends.h"
#include "tree.h"

struct layer {
    const struct tree *request;
    const struct tree_roots *roots;
    struct ends *ends;
};

/* Whether anything lies below: 1, 0 with ENOENT, or -1 with EPROTO where nobody has said yet that it is there. */
int layer_below(const struct layer *layer);

/* A path_prepare: a parent that no record describes is what it is below, folder or link; one that was removed becomes a folder
 * that hides what was removed. */
int layer_prepare_parent(void *layer, int parent, const char *name, const char *path);

/* The root is merged whatever its marks: everything below it is hidden by name. */
int layer_hide_all(const struct layer *layer, int folder);

/* Hides what lies below at `path`, seen from the root; in `parent` nothing of that name is left. A whiteout of nothing would be
 * listed where no layer below has the folder. */
int layer_hide(const struct layer *layer, int parent, const char *name, const char *path);

/* Of one file to another. */
int layer_copy_attributes(int from, int to);

#endif
