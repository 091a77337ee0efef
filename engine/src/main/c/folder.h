/* The names a folder holds. */
#ifndef BIVOUAC_FOLDER_H
#define BIVOUAC_FOLDER_H

#include <dirent.h>

#define OWNED_LIST __attribute__((cleanup(folder_close_list))) DIR *
void folder_close_list(DIR **list);

/* Begins at the first name, whatever was read of the descriptor before. */
DIR *folder_open_list(int folder);

/* The next name but "." and "..", valid until the next call; NULL with errno 0 at the end, or with what failed. */
const char *folder_next(DIR *list);

#endif
