/* Framing: both readers of frames must agree with a third, written as simply as can be, however the bytes are cut. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cage.h"
#include "input.h"
#include "io.h"
#include "target.h"

enum { SIZE_LIMIT = 64 << 10 };

static uint8_t *block;

/* The end of a frame that begins at `at`: 0 at the end of the stream, SIZE_MAX when it is malformed. */
static size_t end_of_frame(const uint8_t *data, size_t size, size_t at) {
    if (at == size) {
        return 0;
    }
    if (size - at < 5) {
        return SIZE_MAX;
    }
    uint64_t length = data[at] | (uint64_t)data[at + 1] << 8 | (uint64_t)data[at + 2] << 16 | (uint64_t)data[at + 3] << 24;
    return length == 0 || length > size - at - 4 ? SIZE_MAX : at + 4 + (size_t)length;
}

static void agree(const uint8_t *data, size_t at, size_t end, int received, enum frame_type type, struct span payload) {
    bool whole = end != 0 && end != SIZE_MAX;
    if (received != (whole ? 1 : end == 0 ? 0 : -1) || (received < 0 && errno != EPROTO)) {
        finding("a frame is seen where there is none, or none where there is one");
    }
    if (whole
        && ((uint8_t)type != data[at + 4] || payload.length != end - at - 5
            || memcmp(payload.data, data + at + 5, payload.length) != 0)) {
        finding("a frame is not what was sent");
    }
}

static void check_single(const uint8_t *data, size_t size) {
    OWNED_FD file = memfd_create("frames", MFD_CLOEXEC);
    if (file < 0 || write_all(file, data, size) != 0 || lseek(file, 0, SEEK_SET) != 0) {
        return;
    }
    for (size_t at = 0;;) {
        OWNED_FRAME frame = {0};
        size_t end = end_of_frame(data, size, at);
        errno = 0;
        int received = frame_receive(file, &frame);
        agree(data, at, end, received, frame.type, frame.payload);
        if (received != 1) {
            return;
        }
        at = end;
    }
}

/* Each packet is what one read(2) gives. */
static bool send_packets(int socket, const uint8_t *data, size_t size, unsigned step) {
    for (size_t at = 0; at < size;) {
        size_t length = 1 + step % 97;
        step = step * 1103515245 + 12345;
        length = length < size - at ? length : size - at;
        if (send(socket, data + at, length, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)length) {
            return false;
        }
        at += length;
    }
    return true;
}

/* The stream begins `room` bytes before the end of the block, as if others had been read before. */
static void check_stream(const uint8_t *data, size_t size, unsigned step, size_t room) {
    int pair[2];
    size_t ahead = room < size ? room : size;
    struct input input = {.block = block, .start = INPUT_SIZE - room, .end = INPUT_SIZE - room + ahead};
    memcpy(block + input.start, data, ahead);
    if (input.start == input.end) {
        input.start = input.end = 0;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        return;
    }
    OWNED_FD mine = pair[0];
    OWNED_FD theirs = pair[1];
    bool sent = send_packets(theirs, data + ahead, size - ahead, step);
    fd_close(&theirs);
    input.fd = mine;
    for (size_t at = 0; sent;) {
        enum frame_type type = FRAME_OK;
        struct span payload = {0};
        size_t end = end_of_frame(data, size, at);
        errno = 0;
        int received = input_next(&input, &type, &payload);
        agree(data, at, end, received, type, payload);
        if (received != 1) {
            return;
        }
        at = end;
    }
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count;
    (void)arguments;
    block = malloc(INPUT_SIZE);
    return block == NULL;
}

/* Three bytes that say how the stream is cut, and the stream. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size >= 3 && size <= SIZE_LIMIT) {
        check_single(data + 3, size - 3);
        check_stream(data + 3, size - 3, data[0], (size_t)data[1] << (data[2] & 7));
    }
    return 0;
}
