/* Tests of what carries bytes, descriptors and frames between processes. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "input.h"
#include "io.h"
#include "records.h"
#include "testing.h"
#include "wire.h"

static int receive_of(const void *bytes, size_t length, struct frame *frame) {
    OWNED_FD file = file_of(bytes, length);
    return frame_receive(file, frame);
}

static int receive_length(uint32_t length) {
    OWNED_FRAME frame = {0};
    uint8_t header[] = {(uint8_t)length, (uint8_t)(length >> 8), (uint8_t)(length >> 16), (uint8_t)(length >> 24), 4, 0};
    errno = 0;
    return receive_of(header, sizeof header, &frame);
}

static void test_receiving(void) {
    OWNED_FRAME frame = {0};
    expect(receive_of("\x03\0\0\0\x04xy", 7, &frame) == 1 && frame.type == FRAME_SIGNAL && frame.payload.length == 2
               && memcmp(frame.payload.data, "xy", 2) == 0,
           "a frame");
    frame_free(&frame);
    expect(receive_of("\x01\0\0\0\x04", 5, &frame) == 1 && frame.payload.length == 0, "a frame without a payload");
    frame_free(&frame);
    expect(receive_of("", 0, &frame) == 0, "the end of the stream");
    expect(receive_of("\x03\0\0", 3, &frame) == -1 && errno == EPROTO, "an end within the header");
    expect(receive_of("\x03\0\0\0\x04x", 6, &frame) == -1 && errno == EPROTO, "an end within the payload");
    frame_free(&frame);
    expect(receive_length(0) == -1 && errno == EPROTO, "a frame without a type");
    expect(receive_length(WIRE_LIMIT + 1) == -1 && errno == EPROTO, "a frame beyond the limit");
    expect(receive_length(UINT32_MAX) == -1 && errno == EPROTO, "a frame of four gigabytes");
    expect(frame_receive(-1, &frame) == -1 && errno == EBADF, "an error of the descriptor");
}

static void test_sending(void) {
    int pair[2];
    struct failure failure = {0};
    OWNED_FRAME frame = {0};
    expect(pipe2(pair, O_CLOEXEC) == 0, "preparing a pipe");
    fail_with(&failure, ENOSPC, "write the tree", "write", "/a");
    expect(frame_send_failure(pair[1], &failure) == 0 && frame_receive(pair[0], &frame) == 1, "a failure is sent");
    struct reader reader = {.at = frame.payload.data, .end = frame.payload.data + frame.payload.length};
    expect(frame.type == FRAME_FAILED && strcmp(take_text(&reader), "write the tree") == 0
               && strcmp(take_text(&reader), "write") == 0 && take_u32(&reader) == ENOSPC
               && strcmp(take_text(&reader), "/a") == 0 && reader_done(&reader),
           "and understood");
    close(pair[0]);
    signal(SIGPIPE, SIG_IGN);
    expect(frame_send_empty(pair[1], FRAME_OK) != 0 && errno == EPIPE, "nobody reads");
    close(pair[1]);

    OWNED_WRITER broken = {.bad = true};
    put_text(&broken, "lost");
    expect(writer_flush(&broken, 1) != 0 && errno == ENOMEM, "what did not fit into memory is not sent");
}

/* Frames of growing size, so that some begin at every place of the block. */
enum { FRAMES = 150, STEP = 4099 };

static void *write_frames(void *fd) {
    OWNED_WRITER writer = {0};
    for (uint32_t i = 0; i < FRAMES; i++) {
        size_t start = writer.length;
        put_frame(&writer, FRAME_DATA);
        for (uint32_t j = 0; j < i * STEP / 4; j++) {
            put_u32(&writer, i ^ j);
        }
        end_frame(&writer, start);
        writer_flush(&writer, *(int *)fd);
    }
    close(*(int *)fd);
    return NULL;
}

static bool holds_frame(uint32_t number, struct span payload) {
    struct reader reader = {.at = payload.data, .end = payload.data + payload.length};
    for (uint32_t j = 0; j < number * STEP / 4; j++) {
        if (take_u32(&reader) != (number ^ j)) {
            return false;
        }
    }
    return reader_done(&reader);
}

static void test_stream(void) {
    int pair[2];
    pthread_t thread;
    enum frame_type type = FRAME_OK;
    struct span payload;
    expect(pipe2(pair, O_CLOEXEC) == 0 && pthread_create(&thread, NULL, write_frames, &pair[1]) == 0,
           "preparing a stream");
    OWNED uint8_t *block = malloc(INPUT_SIZE);
    struct input input = {.fd = pair[0], .block = block};
    bool whole = true;
    for (uint32_t i = 0; i < FRAMES; i++) {
        whole &= input_next(&input, &type, &payload) == 1 && type == FRAME_DATA && holds_frame(i, payload);
    }
    expect(whole, "every frame comes whole");
    expect(input_next(&input, &type, &payload) == 0, "then the end");
    pthread_join(thread, NULL);
    close(pair[0]);
}

static int next_of(const void *bytes, size_t length) {
    enum frame_type type;
    struct span payload;
    OWNED_FD file = file_of(bytes, length);
    OWNED uint8_t *block = malloc(INPUT_SIZE);
    struct input input = {.fd = file, .block = block};
    errno = 0;
    return input_next(&input, &type, &payload);
}

static void test_broken_stream(void) {
    static uint8_t large[INPUT_SIZE + 16];
    expect(next_of("", 0) == 0, "an empty stream");
    expect(next_of("\x03\0", 2) == -1 && errno == EPROTO, "an end within the header");
    expect(next_of("\x03\0\0\0\x61x", 6) == -1 && errno == EPROTO, "an end within the payload");
    expect(next_of("\0\0\0\0\x61", 5) == -1 && errno == EPROTO, "a frame without a type");
    expect(next_of("\xff\xff\xff\xff\x61", 5) == -1 && errno == EPROTO, "a frame beyond every limit");
    uint32_t length = INPUT_SIZE - 4;
    for (int i = 0; i < 2; i++) {
        large[0] = (uint8_t)(length + i);
        large[1] = (uint8_t)((length + i) >> 8);
        large[2] = (uint8_t)((length + i) >> 16);
        large[4] = FRAME_DATA;
        expect(next_of(large, sizeof large) == (i == 0 ? 1 : -1) && (i == 0 || errno == EPROTO),
               i == 0 ? "the largest frame that fits into a block" : "one byte more");
    }
    enum frame_type type;
    struct span payload;
    OWNED uint8_t *block = malloc(INPUT_SIZE);
    struct input closed = {.fd = -1, .block = block};
    expect(input_next(&closed, &type, &payload) == -1 && errno == EBADF, "an error of the descriptor");
}

static void close_all(int *fds, size_t count) {
    for (size_t i = 0; i < count; i++) {
        close(fds[i]);
    }
}

static void test_descriptors(void) {
    int pair[2];
    int sent[FD_PASS_LIMIT + 1];
    int received[FD_PASS_LIMIT];
    size_t count = 0;
    char byte = 0;
    expect(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0, "preparing a socket pair");
    for (int i = 0; i <= FD_PASS_LIMIT; i++) {
        sent[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    expect(send_with_fds(pair[0], "x", 1, sent, FD_PASS_LIMIT) == 0
               && receive_with_fds(pair[1], &byte, 1, received, &count) == 1 && count == FD_PASS_LIMIT && byte == 'x',
           "as many descriptors as may be passed");
    expect(count == FD_PASS_LIMIT && (fcntl(received[0], F_GETFD) & FD_CLOEXEC) != 0, "none survives an execve");
    close_all(received, count);
    expect(send_with_fds(pair[0], "x", 1, sent, FD_PASS_LIMIT + 1) != 0 && errno == EINVAL, "one more is refused");
    expect(send_with_fds(pair[0], "y", 1, NULL, 0) == 0 && receive_with_fds(pair[1], &byte, 1, received, &count) == 1
               && count == 0 && byte == 'y',
           "none at all");
    close_all(sent, FD_PASS_LIMIT + 1);
    close(pair[0]);
    expect(receive_with_fds(pair[1], &byte, 1, received, &count) == 0 && count == 0, "the end");
    signal(SIGPIPE, SIG_DFL);
    expect(send_with_fds(pair[1], "x", 1, NULL, 0) != 0 && errno == EPIPE, "nobody receives, and no signal comes of it");
    close(pair[1]);
}

static void test_small_files(int root) {
    char text[8];
    OWNED_FD file = openat(root, "small", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    expect(file >= 0 && write_text_at(root, "small", "1234567890") == 0, "a text is written");
    expect(read_text_at(root, "small", text, sizeof text) == 7 && strcmp(text, "1234567") == 0,
           "as much is read as there is room for");
    expect(symlinkat("small", root, "link") == 0 && read_text_at(root, "link", text, sizeof text) < 0
               && errno == ELOOP && write_text_at(root, "link", "x") < 0 && errno == ELOOP,
           "no link is followed");
    expect(read_text_at(root, "none", text, sizeof text) < 0 && errno == ENOENT, "a file that is not there");
}

static void test_processes(void) {
    pid_t pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }
    OWNED_FD process = pidfd_of(pid);
    expect(process >= 0 && !pidfd_wait(process, 1), "a process that runs");
    expect(pidfd_signal(process, SIGKILL) == 0 && pidfd_wait(process, 10000), "and one that was killed");
    waitpid(pid, NULL, 0);
    expect(pidfd_of(pid) < 0 && errno == ESRCH, "and one that is gone");
}

int main(void) {
    int root = testing_folder();
    test_receiving();
    test_sending();
    test_stream();
    test_broken_stream();
    test_descriptors();
    test_small_files(root);
    test_processes();
    close(root);
    return testing_end();
}
