#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "io.h"

void folder_close_list(DIR **list) {
    if (*list != NULL) {
        int error = errno;
        closedir(*list);
        errno = error;
        *list = NULL;
    }
}

/* Opened anew: a duplicate would go on where an earlier pass ended. */
DIR *folder_open_list(int folder) {
    OWNED_FD copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    if (list != NULL) {
        fd_keep(&copy);
    }
    return list;
}

const char *folder_next(DIR *list) {
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(list);
        if (entry == NULL) {
            return NULL;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            return entry->d_name;
        }
    }
}
