#include "input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Makes at least `wanted` bytes available at `start`: 1, 0 at a clean end, -1. */
static int fill(struct input *input, size_t wanted) {
    if (wanted > INPUT_SIZE) {
        errno = EPROTO;
        return -1;
    }
    if (INPUT_SIZE - input->start < wanted) {
        memmove(input->block, input->block + input->start, input->end - input->start);
        input->end -= input->start;
        input->start = 0;
    }
    while (input->end - input->start < wanted) {
        ssize_t count = read(input->fd, input->block + input->end, INPUT_SIZE - input->end);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count == 0 && input->end > input->start) {
            errno = EPROTO;
            return -1;
        }
        if (count <= 0) {
            return (int)count;
        }
        input->end += (size_t)count;
    }
    return 1;
}

int input_next(struct input *input, enum frame_type *type, struct span *payload) {
    int filled = fill(input, WIRE_HEADER);
    if (filled <= 0) {
        return filled;
    }
    struct reader reader = {.at = input->block + input->start, .end = input->block + input->end};
    uint32_t length = take_u32(&reader);
    *type = (enum frame_type)take_u8(&reader);
    if (length == 0 || length > WIRE_LIMIT) {
        errno = EPROTO;
        return -1;
    }
    filled = fill(input, 4 + (size_t)length);
    if (filled <= 0) {
        errno = filled == 0 ? EPROTO : errno;
        return -1;
    }
    payload->data = input->block + input->start + WIRE_HEADER;
    payload->length = length - 1;
    input->start += 4 + (size_t)length;
    if (input->start == input->end) {
        input->start = input->end = 0;
    }
    return 1;
}
