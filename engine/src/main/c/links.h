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

/* The path the file was noted under, NULL when it was not. The result belongs to the table. */
const char *links_find(const struct links *links, const struct stat *status);

/* Notes the path of a file that is not known yet; without memory it stays unknown, and is taken for another file. */
void links_note(struct links *links, const struct stat *status, const char *path);

void links_free(struct links *links);

#endif
