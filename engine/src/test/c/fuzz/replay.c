/* Runs a fuzz target on the files named in the arguments, and on the files of folders named there. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "io.h"
#include "target.h"

enum { INPUT_LIMIT = 1 << 20, PATIENCE_SECONDS = 20 };

static int replayed;

static void replay(int folder, const char *name) {
    OWNED_FD file = openat(folder, name, O_RDONLY | O_CLOEXEC);
    OWNED uint8_t *block = malloc(INPUT_LIMIT);
    ssize_t length = file < 0 || block == NULL ? -1 : read_all(file, block, INPUT_LIMIT);
    if (length < 0) {
        perror(name);
        exit(1);
    }
    /* As long as the input, so that reading beyond its end is seen. */
    uint8_t *exact = realloc(block, length > 0 ? (size_t)length : 1);
    block = exact != NULL ? exact : block;
    fd_close(&file);
    fprintf(stderr, "replaying %s\n", name);
    alarm(PATIENCE_SECONDS); /* what takes longer is a finding too */
    LLVMFuzzerTestOneInput(block, (size_t)length);
    replayed++;
}

int main(int count, char **arguments) {
    LLVMFuzzerInitialize(&count, &arguments);
    for (int i = 1; i < count; i++) {
        struct stat status;
        if (arguments[i][0] == '-') {
            continue; /* what stays writable */
        }
        if (stat(arguments[i], &status) == 0 && S_ISDIR(status.st_mode)) {
            OWNED_FD folder = open(arguments[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            OWNED_LIST names = folder_open_list(folder);
            for (const char *name; names != NULL && (name = folder_next(names)) != NULL;) {
                replay(folder, name);
            }
        } else {
            replay(AT_FDCWD, arguments[i]);
        }
    }
    fprintf(stderr, "replayed %d inputs\n", replayed);
    return 0;
}
