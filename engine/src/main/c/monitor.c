#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io.h"
#include "wire.h"

enum { BLOCK = 64 << 10, STDOUT_EVENT = 0, STDERR_EVENT = 1, INIT_EVENT = 2, CONNECTION_EVENT = 3, EVENT_COUNT = 4 };

/* Reads what is there, at most one block: true while more may follow. */
static bool drain(struct monitor *monitor, int index, char *block) {
    ssize_t count = read(monitor->outputs[index], block, BLOCK);
    if (count > 0) {
        logs_append(monitor->logs, (uint8_t)(index + 1), block, (size_t)count);
        return true;
    }
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    fd_close(&monitor->outputs[index]);
    return false;
}

/* Says how far the log has grown; false when the socket is full: the next notice will say more. */
static bool notify(struct monitor *monitor) {
    OWNED_WRITER writer = {0};
    put_frame(&writer, FRAME_LOGGED);
    put_u64(&writer, monitor->logs->end);
    put_u64(&writer, monitor->logs->lost);
    end_frame(&writer, 0);
    if (writer.bad) {
        return false;
    }
    ssize_t sent = send(monitor->connection, writer.data, writer.length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0 && (size_t)sent < writer.length) {
        /* A stream socket may take a part; the rest must follow before anything else. */
        return write_all(monitor->connection, writer.data + sent, writer.length - (size_t)sent) == 0;
    }
    return sent > 0 || errno != EAGAIN;
}

static void hang_up_if_closed(struct monitor *monitor, short events) {
    char ignored;
    if ((events & (POLLERR | POLLHUP)) != 0
        || ((events & POLLIN) != 0 && recv(monitor->connection, &ignored, 1, MSG_DONTWAIT) <= 0)) {
        fd_close(&monitor->connection);
    }
}

static void drain_rest(struct monitor *monitor, char *block) {
    for (int index = 0; index < 2; index++) {
        while (monitor->outputs[index] >= 0 && drain(monitor, index, block)) {
        }
    }
}

int monitor_run(struct monitor *monitor) {
    OWNED char *block = malloc(BLOCK);
    bool told = true;
    while (block != NULL) {
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
            if (events[index].revents != 0) {
                told &= !drain(monitor, index, block);
            }
        }
        if (events[CONNECTION_EVENT].revents != 0) {
            hang_up_if_closed(monitor, events[CONNECTION_EVENT].revents);
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
    if (block != NULL) {
        drain_rest(monitor, block);
    }
    if (monitor->connection >= 0) {
        notify(monitor);
    }
    return status;
}
