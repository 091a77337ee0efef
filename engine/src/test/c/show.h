/* Requests and records as text: every field is looked at. */
#ifndef BIVOUAC_SHOW_H
#define BIVOUAC_SHOW_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Decodes one frame and writes what it understood; -1 when it is malformed. */
int show(FILE *out, const uint8_t *frame, size_t length);

#endif
