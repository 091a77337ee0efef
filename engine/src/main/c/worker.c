#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exec.h"
#include "freeze.h"
#include "group.h"
#include "io.h"
#include "launch.h"
#include "net.h"
#include "remove.h"
#include "request.h"
#include "tree.h"
#include "wire.h"

enum { REQUEST_SECONDS = 10, END_MILLISECONDS = 30000 };

static int malformed(struct failure *failure, const char *request) {
    return fail_with(failure, EPROTO, "decode the request", "", request);
}

static int do_signal(struct session *session, struct reader *reader, struct failure *failure) {
    struct signal_request request;
    if (decode_signal(reader, &request) != 0) {
        return malformed(failure, "signal");
    }
    const struct container *container = session_select(session, request.id);
    if (container == NULL || container->init < 0) {
        return fail_with(failure, ESRCH, "signal the container", "", request.id);
    }
    return pidfd_signal(container->init, (int)request.signal) == 0
               ? 0
               : fail(failure, "signal the container", "pidfd_send_signal", request.id);
}

/* Kills at once. A frozen v1 group must be thawed before its processes can die, and may be frozen again meanwhile. */
static int end_container(const struct container *container, const struct cgroups *groups, struct failure *failure) {
    struct failure ignored = {0};
    if (container->init >= 0) {
        pidfd_signal(container->init, SIGKILL);
        for (uint32_t i = 0; i < groups->count; i++) {
            if (groups->items[i].version == 1) {
                group_freeze(&groups->items[i], false, &ignored);
            }
        }
        if (!pidfd_wait(container->init, END_MILLISECONDS)) {
            return fail_with(failure, ETIMEDOUT, "end the container", "poll", container->id);
        }
    }
    if (container->proxy >= 0) {
        pidfd_signal(container->proxy, SIGKILL);
        pidfd_wait(container->proxy, END_MILLISECONDS);
    }
    if (container->monitor >= 0 && !pidfd_wait(container->monitor, END_MILLISECONDS)) {
        return fail_with(failure, ETIMEDOUT, "end the container", "poll", container->id);
    }
    return 0;
}

static int do_discard(struct session *session, struct reader *reader, struct failure *failure) {
    struct discard request;
    if (decode_discard(reader, &request) != 0) {
        return malformed(failure, "discard");
    }
    struct container *container = session_select(session, request.id);
    if (container != NULL) {
        if (end_container(container, &request.cgroups, failure) != 0
            || session_change(session, CHANGE_FORGOTTEN, container, failure) != 0) {
            return -1;
        }
        fd_close(&container->mounts);
        fd_close(&container->network);
    }
    int result = 0;
    for (uint32_t i = 0; i < request.cgroups.count; i++) {
        if (!group_remove(request.cgroups.items[i].path)) {
            result = fail(failure, "remove a control group", "rmdir", request.cgroups.items[i].path);
        }
    }
    for (uint32_t i = 0; i < request.folder_count; i++) {
        result |= remove_tree(request.folders[i], failure);
    }
    return result;
}

static int do_remove(struct session *session, struct reader *reader, struct failure *failure) {
    struct remove_request request;
    if (decode_remove(reader, &request) != 0) {
        return malformed(failure, "remove");
    }
    session_select(session, "");
    for (uint32_t i = 0; i < request.folder_count; i++) {
        if (remove_tree(request.folders[i], failure) != 0) {
            return -1;
        }
    }
    return 0;
}

static int do_freeze(struct session *session, struct reader *reader, struct failure *failure) {
    struct freeze request;
    return decode_freeze(reader, &request) != 0 ? malformed(failure, "freeze") : freeze_all(session, &request, failure);
}

static int do_await_ports(struct session *session, int connection, struct reader *reader, struct failure *failure) {
    struct await_ports request;
    if (decode_await_ports(reader, &request) != 0) {
        return malformed(failure, "await ports");
    }
    const struct container *container = session_select(session, request.id);
    if (container == NULL || container->init < 0) {
        return fail_with(failure, ESRCH, "look for listening sockets", "", request.id);
    }
    return net_await_ports(container->network, container->init, session->proc, connection, &request, failure);
}

static int do_tree(struct session *session, int connection, struct reader *reader, bool write, struct failure *failure) {
    struct tree request;
    if (decode_tree(reader, &request) != 0) {
        return malformed(failure, "tree");
    }
    return write ? tree_write(session, connection, &request, failure)
                 : tree_read(session, connection, &request, failure);
}

/* Requests that answer with frames of their own: true when it was one. */
static bool converse(struct session *session, int connection, enum frame_type type, struct reader *reader,
                     struct failure *failure) {
    if (type == FRAME_LAUNCH) {
        struct launch launch;
        if (decode_launch(reader, &launch) != 0) {
            malformed(failure, "launch");
            return false;
        }
        launch_main(session, connection, &launch);
        return true;
    }
    if (type == FRAME_EXEC) {
        struct exec exec;
        if (decode_exec(reader, &exec) != 0) {
            malformed(failure, "exec");
            return false;
        }
        exec_main(session, connection, &exec);
        return true;
    }
    return false;
}

static int do_request(struct session *session, int connection, enum frame_type type, struct reader *reader,
                      struct failure *failure) {
    switch (type) {
    case FRAME_SIGNAL:
        return do_signal(session, reader, failure);
    case FRAME_DISCARD:
        return do_discard(session, reader, failure);
    case FRAME_REMOVE:
        return do_remove(session, reader, failure);
    case FRAME_FREEZE:
        return do_freeze(session, reader, failure);
    case FRAME_AWAIT_PORTS:
        return do_await_ports(session, connection, reader, failure);
    case FRAME_TREE_READ:
        return do_tree(session, connection, reader, false, failure);
    case FRAME_TREE_WRITE:
        return do_tree(session, connection, reader, true, failure);
    default:
        return malformed(failure, "unknown");
    }
}

void worker_main(struct session *session, int connection) {
    struct failure failure = {0};
    struct timeval limit = {.tv_sec = REQUEST_SECONDS};
    struct timeval none = {0};
    struct arena arena = {0};
    OWNED_FRAME frame = {0};
    prctl(PR_SET_NAME, "bivouac-worker");
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (frame_receive(connection, &frame) <= 0) {
        return;
    }
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none);
    struct reader reader = {
        .at = frame.payload.data, .end = frame.payload.data + frame.payload.length, .arena = &arena};
    if (converse(session, connection, frame.type, &reader, &failure)) {
        return;
    }
    int result = failure.error != 0 ? -1 : do_request(session, connection, frame.type, &reader, &failure);
    if (result == 0) {
        frame_send_empty(connection, FRAME_OK);
    } else {
        frame_send_failure(connection, &failure);
    }
    arena_free(&arena);
}
