/* Tree streams: everything that crosses the boundary of a user space. Records are {type, path, attributes, content}; paths
 * are resolved beneath the tree's root with openat2(2) and never lead out of it. Inside the session's user namespace the
 * warden may chown and read what an ordinary user's JVM may not, so root and rootless share this code. */
#ifndef BIVOUAC_TREE_H
#define BIVOUAC_TREE_H

#include <sys/stat.h>

#include "request.h"
#include "session.h"

enum entry_type {
    ENTRY_FILE = 1,
    ENTRY_FOLDER = 2,
    ENTRY_SYMLINK = 3,
    ENTRY_HARD_LINK = 4, /* target: the path of an earlier entry */
    ENTRY_CHARACTER = 5,
    ENTRY_BLOCK = 6,
    ENTRY_FIFO = 7,
    ENTRY_WHITEOUT = 8,
};

/* In a record that is read, what lies below an upper directory at the path; in one that is written, whether a folder hides
 * what lies below. */
enum entry_below { BELOW_ABSENT = 0, BELOW_DIFFERS = 1, BELOW_SAME = 2 };
enum entry_opaque { ENTRY_MERGED = 0, ENTRY_OPAQUE = 1 };

/* Streams the tree at request->path to the connection, or to a file. Entries come parents first, siblings in the bytewise
 * order of their names. Of an upper directory, opaque folders are resolved into whiteouts of what they hide. */
int tree_read(struct session *session, int connection, const struct tree *request, struct failure *failure);

/* Receives records until FRAME_END and writes them. */
int tree_write(struct session *session, int connection, const struct tree *request, struct failure *failure);

/* The root and, where the request names it, what lies below; afterwards the host's paths may be out of reach. */
struct tree_roots {
    int root;
    int below; /* -1: nothing */
};
int tree_open(struct session *session, const struct tree *request, struct tree_roots *roots, struct failure *failure);

const char *tree_opaque_attribute(const struct tree *request);

#endif
