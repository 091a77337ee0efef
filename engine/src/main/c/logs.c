#include "logs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "folder.h"
#include "io.h"

enum { RECORD_HEADER = 16, NAME = 24 };

static const char folder_name[] = "logs";

void logs_close(struct logs *logs) {
    fd_close(&logs->segment);
    fd_close(&logs->folder);
    fd_close(&logs->container);
}

static void segment_name(char name[NAME], uint64_t start) {
    snprintf(name, NAME, "%020" PRIu64, start);
}

static int open_folder(struct logs *logs) {
    logs->folder = openat(logs->container, folder_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return logs->folder < 0 ? -1 : 0;
}

static int open_segment(struct logs *logs) {
    char name[NAME];
    if (logs->folder < 0
        && ((mkdirat(logs->container, folder_name, 0700) != 0 && errno != EEXIST) || open_folder(logs) != 0)) {
        return -1;
    }
    segment_name(name, logs->start);
    logs->segment = openat(logs->folder, name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    return logs->segment < 0 ? -1 : 0;
}

static int find_newest(struct logs *logs) {
    OWNED_LIST names = folder_open_list(logs->folder);
    if (names == NULL) {
        return -1;
    }
    for (const char *name; (name = folder_next(names)) != NULL;) {
        uint64_t start = strtoull(name, NULL, 10);
        if (start > logs->start) {
            logs->previous = logs->start;
            logs->start = start;
        } else if (start > logs->previous && start < logs->start) {
            logs->previous = start;
        }
    }
    return errno == 0 ? 0 : -1;
}

int logs_open(struct logs *logs, int container, uint64_t limit, struct failure *failure) {
    *logs = (struct logs){.container = container, .folder = -1, .segment = -1, .limit = limit};
    if (open_folder(logs) != 0) {
        return errno == ENOENT ? 0 : fail(failure, "open the log", "openat", folder_name);
    }
    struct stat status;
    if (find_newest(logs) != 0 || open_segment(logs) != 0 || fstat(logs->segment, &status) != 0) {
        return fail(failure, "open the log", "openat", folder_name);
    }
    logs->end = logs->start + (uint64_t)status.st_size;
    return 0;
}

static void rotate(struct logs *logs) {
    if (logs->end - logs->start < logs->limit / 2) {
        return;
    }
    char name[NAME];
    segment_name(name, logs->previous);
    if (logs->previous != logs->start) {
        unlinkat(logs->folder, name, 0);
    }
    logs->previous = logs->start;
    logs->start = logs->end;
    fd_close(&logs->segment);
}

void logs_append(struct logs *logs, uint8_t source, const void *data, size_t length) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t time = (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
    uint8_t header[RECORD_HEADER] = {0};
    for (int i = 0; i < 8; i++) {
        header[i] = (uint8_t)(time >> 8 * i);
    }
    header[8] = source;
    for (int i = 0; i < 4; i++) {
        header[12 + i] = (uint8_t)(length >> 8 * i);
    }
    rotate(logs);
    if (logs->segment < 0) {
        open_segment(logs);
    }
    struct iovec parts[] = {{.iov_base = header, .iov_len = sizeof header},
                            {.iov_base = (void *)(uintptr_t)data, .iov_len = length}};
    size_t whole = sizeof header + length;
    ssize_t written;
    do {
        written = logs->segment < 0 ? -1 : writev(logs->segment, parts, 2);
    } while (written < 0 && errno == EINTR && logs->segment >= 0);
    if (written == (ssize_t)whole) {
        logs->end += whole;
        return;
    }
    logs->lost += length;
    if (written > 0 && ftruncate(logs->segment, (off_t)(logs->end - logs->start)) != 0) {
        fd_close(&logs->segment);
    }
}
