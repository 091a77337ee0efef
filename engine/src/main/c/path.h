/* Paths inside a user space that may be hostile: resolved by openat2(2) so that no link leads out of it. Links inside are
 * followed (`/var/run`), magic links (`/proc/PID/fd`) never. */
#ifndef BIVOUAC_PATH_H
#define BIVOUAC_PATH_H

#include <stdbool.h>
#include <sys/types.h>

enum { PATH_SIZE = 4096 };

/* Opens `path` (absolute or not) as seen with `root` as the root folder; O_CLOEXEC is added. */
int path_open(int root, const char *path, int flags, mode_t mode);

/* Opens a folder (O_PATH), making it and its missing parents. */
int path_make_folder(int root, const char *path, mode_t mode);

/* The same, asking first wherever a component is no folder: 1 when something was put in its place, 0 when nothing was, -1 with
 * errno to refuse. `path` is the component's, as seen from the root. */
typedef int path_prepare(void *context, int parent, const char *name, const char *path);
int path_make_folders(int root, const char *path, mode_t mode, path_prepare *prepare, void *context);

/* Opens what `path` names (O_PATH), making an empty regular file and missing parents when it does not exist. */
int path_make_file(int root, const char *path);

/* Opens the folder (O_PATH) that holds the last component of `path`, which is copied to `name` (NAME_SIZE bytes); with
 * `make`, missing folders are made. The root itself has no name: EISDIR. */
enum { NAME_SIZE = 256 };
int path_parent(int root, const char *path, bool make, char *name);

#endif
