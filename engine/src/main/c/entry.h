/* One record of a tree stream, as it is on the wire. */
#ifndef BIVOUAC_ENTRY_H
#define BIVOUAC_ENTRY_H

#include <sys/types.h>
#include <time.h>

#include "wire.h"

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

struct attribute {
    const char *name;
    struct span value;
};

struct entry {
    enum entry_type type;
    enum entry_opaque opaque;
    const char *path;
    mode_t mode;
    uid_t uid;
    gid_t gid;
    struct timespec modified;
    uint64_t size;
    uint32_t major;
    uint32_t minor;
    const char *target;
    struct attribute *attributes;
    uint32_t attribute_count;
};

/* Decodes the payload of a FRAME_ENTRY to be written; texts and values point into it. */
int decode_entry(struct reader *reader, struct entry *entry);

#endif
