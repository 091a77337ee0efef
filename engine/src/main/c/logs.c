#include "logs.h"

#include <dirent.h>
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

#include "io.h"

enum { RECORD_HEADER = 16, NAME = 24 };

void logs_close(struct logs *logs) {
    fd_close(&logs->segment);
    fd_close(&logs->folder);
}

static void segment_name(char name[NAME], uint64_t start) {
    snprintf(name, NAME, "%020" PRIu64, start);
}

static int open_segment(struct logs *logs) {
    char name[NAME];
    segment_name(name, logs->start);
    logs->segment = openat(logs->folder, name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    return logs->segment < 0 ? -1 : 0;
}

static void find_newest(struct logs *logs) {
    int copy = openat(logs->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = copy < 0 ? NULL : fdopendir(copy);
    if (listing == NULL) {
        fd_close(&copy);
        return;
    }
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        uint64_t start = strtoull(entry->d_name, NULL, 10);
        if (entry->d_name[0] != '.' && start > logs->start) {
            logs->previous = logs->start;
            logs->start = start;
        }
    }
    closedir(listing);
}

int logs_open(struct logs *logs, int folder, uint64_t limit, struct failure *failure) {
    *logs = (struct logs){.folder = folder, .segment = -1, .limit = limit};
    find_newest(logs);
    struct stat status;
    if (open_segment(logs) != 0 || fstat(logs->segment, &status) != 0) {
        return fail(failure, "open the log", "openat", "logs");
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
    ssize_t written = logs->segment < 0 ? -1 : writev(logs->segment, parts, 2);
    if (written == (ssize_t)whole) {
        logs->end += whole;
        return;
    }
    logs->lost += length;
    if (written > 0 && ftruncate(logs->segment, (off_t)(logs->end - logs->start)) != 0) {
        fd_close(&logs->segment);
    }
}
