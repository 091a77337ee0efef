/* Where fuzz targets touch files: a mount namespace of this process's own, in which everything of the host is read-only and
 * /mnt is an empty tmpfs. Hostile trees lie in `root` there; beside it sleeps a canary. */
#ifndef BIVOUAC_CAGE_H
#define BIVOUAC_CAGE_H

#include <stdbool.h>

struct cage {
    int folder; /* the tmpfs */
    int root;
    int proc; /* -1, or where a writable procfs is mounted beneath the root */
    int lowest_free;
};

/* Folders among the arguments stay writable: libFuzzer keeps what it finds there. Ends the program when the host allows no
 * such namespace. */
struct cage cage_enter(int count, char **arguments, bool proc);

/* Notes which descriptors are open before an input. */
void cage_begin(struct cage *cage);

/* Empties the root. */
void cage_clean(const struct cage *cage);

/* Ends the program, as a finding, unless nothing outside the root was touched and every descriptor is closed again. */
void cage_check(const struct cage *cage);

/* Ends the program, as a finding, unless the open file lies in the root. */
void cage_check_inside(const struct cage *cage, int fd);

/* Ends the program as a finding. */
void finding(const char *what) __attribute__((noreturn));

#endif
