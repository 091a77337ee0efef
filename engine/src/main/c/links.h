/* Which path of a file with several hard links was seen first. */
#ifndef BIVOUAC_LINKS_H
#define BIVOUAC_LINKS_H

#include <stddef.h>
#include <sys/stat.h>

struct links {
    struct link **slots;
    size_t slot_count;
    size_t count;
};

/* The path the file was first noted under, or NULL after noting this one. The result belongs to the table. */
const char *links_find(struct links *links, const struct stat *status, const char *path);

void links_free(struct links *links);

#endif
