/* Tree streams: everything that crosses the boundary of a user space. Records are {type, path, attributes, content}; paths
 * are resolved beneath the tree's root with openat2(2) and never lead out of it. Inside the session's user namespace the
 * warden may chown and read what an ordinary user's JVM may not, so root and rootless share this code. */
#ifndef BIVOUAC_TREE_H
#define BIVOUAC_TREE_H

#include "request.h"
#include "session.h"

/* What a request names, open; afterwards the host's paths may be out of reach. */
struct tree_roots {
    int root;
    int below;  /* what lies below the root, -1: nothing */
    bool later; /* what lies below is opened when FRAME_BELOW comes */
    int output; /* the file that records go to, -1: the connection */
};
#define OWNED_ROOTS __attribute__((cleanup(tree_close))) struct tree_roots
int tree_open(struct session *session, int connection, const struct tree *request, bool write, struct tree_roots *roots,
              struct failure *failure);
void tree_close(struct tree_roots *roots);

/* Streams the tree at request->path to the connection, or to a file. Entries come parents first, siblings in the bytewise
 * order of their names. Of an upper directory, opaque folders are resolved into whiteouts of what they hide. */
int tree_read(const struct tree_roots *roots, int connection, const struct tree *request, struct failure *failure);

/* Receives records until FRAME_END and writes them. A layer is written while those below it may still be: a record that needs
 * them comes after FRAME_BELOW. */
int tree_write(struct session *session, struct tree_roots *roots, int connection, const struct tree *request, struct failure *failure);
int tree_open_below(struct session *session, struct tree_roots *roots, const struct tree *request, struct failure *failure);

const char *tree_opaque_attribute(const struct tree *request);

/* Whether an extended attribute is part of a tree; overlay's own marks are not. */
bool tree_carries(const char *attribute);

#endif
