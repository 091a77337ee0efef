#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "discard.h"
#include "io.h"
#include "wire.h"

enum { BLOCK = 64 << 10, STDOUT_EVENT = 0, STDERR_EVENT = 1, INIT_EVENT = 2, CONNECTION_EVENT = 3, EVENT_COUNT = 4 };

/* Reads what is there, at most one block: how much it was, 0 when nothing follows now. A terminal that nobody has open any
 * more ends with EIO. */
static int drain(struct monitor *monitor, int index, char *block) {
    ssize_t count;
    do {
        count = read(monitor->outputs[index], block, BLOCK);
    } while (count < 0 && errno == EINTR);
    if (count > 0) {
        logs_append(monitor->logs, (uint8_t)(index + 1), block, (size_t)count);
        return (int)count;
    }
    if (count == 0 || errno != EAGAIN) {
        fd_close(&monitor->outputs[index]);
    }
    return 0;
}

static void put_logged(struct writer *writer, const struct monitor *monitor) {
    size_t start = writer->length;
    put_frame(writer, FRAME_LOGGED);
    put_u64(writer, monitor->logs->end);
    put_u64(writer, monitor->logs->lost);
    end_frame(writer, start);
}

/* Says how far the log has grown; false when the socket takes nothing now: the next notice will say more. */
static bool notify(struct monitor *monitor) {
    OWNED_WRITER writer = {0};
    put_logged(&writer, monitor);
    if (writer.bad) {
        return false;
    }
    ssize_t sent = send(monitor->connection, writer.data, writer.length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) {
        fd_close(&monitor->connection);
    }
    if (sent > 0 && (size_t)sent < writer.length
        && write_all(monitor->connection, writer.data + sent, writer.length - (size_t)sent) != 0) {
        /* A stream socket may take a part; the rest must follow before anything else. */
        fd_close(&monitor->connection);
    }
    return sent > 0;
}

/* Logs what the pipe holds now, and hardly more: the container may write without end. What is on its way through a terminal is
 * not counted, but less than a block. */
static void drain_written(struct monitor *monitor, int index, char *block) {
    int left = 0;
    if (monitor->outputs[index] < 0) {
        return;
    }
    if (ioctl(monitor->outputs[index], FIONREAD, &left) != 0 || left < BLOCK) {
        left = BLOCK;
    }
    for (int count; left > 0 && (count = drain(monitor, index, block)) > 0;) {
        left -= count;
    }
}

/* Answers with the end of the log, then says that all the container had written when it was asked is before that. */
static bool answer(struct monitor *monitor, char *block) {
    for (int index = 0; index < 2; index++) {
        drain_written(monitor, index, block);
    }
    OWNED_WRITER writer = {0};
    put_logged(&writer, monitor);
    size_t start = writer.length;
    put_frame(&writer, FRAME_DRAINED);
    end_frame(&writer, start);
    return writer_flush(&writer, monitor->connection) == 0;
}

/* Where this process lives, beside the container, no control group is to be seen. */
static int kill_container(struct monitor *monitor, struct failure *failure) {
    return discard_reaches_groups(&monitor->request) && setns(monitor->host, CLONE_NEWNS) != 0
               ? fail(failure, "leave the container", "setns", monitor->request.id)
               : discard_kill(monitor->init, &monitor->request, failure);
}

/* Kills what still runs: its end is then drained and reported like any other. False when the JVM cannot be told of a failure. */
static bool begin_discard(struct monitor *monitor, struct frame *frame) {
    struct failure failure = {0};
    struct reader reader = {
        .at = frame->payload.data, .end = frame->payload.data + frame->payload.length, .arena = &monitor->arena};
    if (monitor->discarding || decode_discard(&reader, &monitor->request) != 0) {
        fail_with(&failure, reader_error(&reader), "decode the request", "", "discard");
        return frame_send_failure(monitor->connection, &failure) == 0;
    }
    frame_free(&monitor->frame);
    monitor->frame = *frame;
    *frame = (struct frame){0};
    if (monitor->init >= 0 && kill_container(monitor, &failure) != 0) {
        return frame_send_failure(monitor->connection, &failure) == 0;
    }
    monitor->discarding = true;
    return true;
}

/* Hears one request of the JVM: false when there will be no more. */
static bool hear(struct monitor *monitor, char *block) {
    OWNED_FRAME frame = {0};
    if (frame_receive(monitor->connection, &frame) <= 0) {
        return false;
    }
    switch (frame.type) {
    case FRAME_DRAIN:
        return monitor->init < 0 || answer(monitor, block); /* the end has told it all */
    case FRAME_DISCARD:
        return begin_discard(monitor, &frame);
    default:
        return false;
    }
}

static void listen_to(struct monitor *monitor, short events, char *block) {
    if ((events & (POLLERR | POLLHUP)) != 0 || ((events & POLLIN) != 0 && !hear(monitor, block))) {
        fd_close(&monitor->connection);
    }
}

static void drain_rest(struct monitor *monitor, char *block) {
    for (int index = 0; index < 2; index++) {
        while (monitor->outputs[index] >= 0 && drain(monitor, index, block) > 0) {
        }
    }
}

int monitor_run(struct monitor *monitor) {
    char block[BLOCK];
    bool told = true;
    for (;;) {
        struct pollfd events[EVENT_COUNT] = {
            [STDOUT_EVENT] = {.fd = monitor->outputs[0], .events = POLLIN},
            [STDERR_EVENT] = {.fd = monitor->outputs[1], .events = POLLIN},
            [INIT_EVENT] = {.fd = monitor->init, .events = POLLIN},
            [CONNECTION_EVENT] = {.fd = monitor->connection, .events = (short)(POLLIN | (told ? 0 : POLLOUT))},
        };
        if (poll(events, EVENT_COUNT, -1) < 0) {
            continue;
        }
        for (int index = 0; index < 2; index++) {
            if (events[index].revents != 0 && drain(monitor, index, block) > 0) {
                told = false;
            }
        }
        if (events[CONNECTION_EVENT].revents != 0) {
            listen_to(monitor, events[CONNECTION_EVENT].revents, block);
        }
        if (!told && monitor->connection >= 0) {
            told = notify(monitor);
        }
        if (events[INIT_EVENT].revents != 0) {
            break;
        }
    }
    /* As PID 1 of its namespace it is reaped only after every other process there is gone: what the pipes hold now is all
     * there will ever be. */
    int status = 0;
    while (waitpid(monitor->init_pid, &status, 0) < 0 && errno == EINTR) {
    }
    drain_rest(monitor, block);
    if (monitor->connection >= 0) {
        /* However long the JVM takes to read: the end of the log must be known before the end of the container. */
        OWNED_WRITER writer = {0};
        put_logged(&writer, monitor);
        if (writer_flush(&writer, monitor->connection) != 0) {
            fd_close(&monitor->connection);
        }
    }
    monitor->init = -1;
    return status;
}

bool monitor_await_discard(struct monitor *monitor) {
    while (monitor->connection >= 0 && !monitor->discarding) {
        if (!hear(monitor, NULL)) {
            fd_close(&monitor->connection);
        }
    }
    return monitor->discarding;
}

void monitor_close(struct monitor *monitor) {
    fd_close(&monitor->connection);
    frame_free(&monitor->frame);
    arena_free(&monitor->arena);
}
