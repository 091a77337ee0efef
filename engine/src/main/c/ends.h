/* Folders of a tree being written, to be finished last: their times, which every entry written into them would change again, and
 * their default ACLs, which such entries would inherit. */
#ifndef BIVOUAC_ENDS_H
#define BIVOUAC_ENDS_H

#include <stdbool.h>
#include <time.h>

#include "wire.h"

struct folder_end;
struct ends {
    struct folder_end *first;
    struct folder_end *last;
};

bool ends_has(const char *attribute);

/* `path` as the root sees it. Of the same folder, what was added last holds. */
int ends_add(struct ends *ends, const char *path, struct timespec modified, struct span acl);

/* -1 with errno; `failed` is the path then, and what could not be done. */
struct end_failure {
    const char *path;
    const char *syscall;
};
int ends_apply(const struct ends *ends, int root, struct end_failure *failed);

void ends_free(struct ends *ends);

#endif
