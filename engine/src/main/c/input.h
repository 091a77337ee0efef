/* Frames that arrive in great number, read in large blocks. */
#ifndef BIVOUAC_INPUT_H
#define BIVOUAC_INPUT_H

#include "wire.h"

enum { INPUT_SIZE = 1 << 20 };

struct input {
    int fd;
    uint8_t *block; /* INPUT_SIZE bytes */
    size_t start;
    size_t end;
};

/* The next frame, valid until the next call: 1, 0 at the end of the stream, -1 with errno (EPROTO: malformed or larger
 * than the block). */
int input_next(struct input *input, enum frame_type *type, struct span *payload);

#endif
