#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "remove.h"

static int failures;
static char folder[64];

void expect_at(const char *file, int line, bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "%s:%d: failed: %s (errno: %s)\n", file, line, what, strerror(errno));
        failures++;
    }
}

int testing_folder(void) {
    strcpy(folder, "/tmp/bivouac-c-tests-XXXXXX");
    int opened = mkdtemp(folder) == NULL ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) {
        perror(folder);
        exit(1);
    }
    return opened;
}

int testing_end(void) {
    struct failure failure = {0};
    if (folder[0] != '\0') {
        expect(remove_tree(folder, &failure) == 0, "the folder of the tests is removed");
    }
    return failures == 0 ? 0 : 1;
}
