/* Tree streams for tests: built record by record, and shown as text. */
#ifndef BIVOUAC_RECORDS_H
#define BIVOUAC_RECORDS_H

#include <stdio.h>

#include "entry.h"
#include "wire.h"

/* Appends one record; `content` follows it, as many bytes as entry->size says. Owner and group are those of this process. */
void put_record(struct writer *writer, const struct entry *entry, const void *content);

/* Appends the end of the tree. */
void put_end(struct writer *writer);

/* A file with this content, read from its start. */
int file_of(const void *content, size_t length);

/* Reads records to the end of the tree, one a line: type, relation, path, mode, size, target, attributes, content. The
 * number of records; -1 when the stream is none, or anything follows. */
int show_records(int stream, FILE *out);

#endif
