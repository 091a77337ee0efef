/* A container's output on disk: records in segment files in its folder `logs`, the oldest segment dropped when a limit is
 * reached. Folder and files are made by the first output: most starts end before there is any.
 *
 * A segment's name is the offset of its first byte in the whole stream, 20 digits. A record is the time (u64, nanoseconds
 * since 1970), the source (u8: 1 stdout, 2 stderr), three zero bytes, the length (u32), and as many bytes as they were
 * read. The reader is io.bivouac.engine.warden.LogFiles. */
#ifndef BIVOUAC_LOGS_H
#define BIVOUAC_LOGS_H

#include <stddef.h>
#include <stdint.h>

#include "report.h"

struct logs {
    int container; /* the folder in which `logs` lies */
    int folder;    /* -1 until there is output */
    int segment;
    uint64_t previous; /* start of the segment before this one; equal to `start` when there is none */
    uint64_t start;
    uint64_t end;
    uint64_t limit;
    uint64_t lost; /* bytes that could not be written (disk full) */
};
#define OWNED_LOGS __attribute__((cleanup(logs_close))) struct logs
void logs_close(struct logs *logs);

/* Continues where the newest segment ends. Takes over the descriptor of the container's folder. */
int logs_open(struct logs *logs, int container, uint64_t limit, struct failure *failure);

void logs_append(struct logs *logs, uint8_t source, const void *data, size_t length);

#endif
