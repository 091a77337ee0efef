#include "worker.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "discard.h"
#include "exec.h"
#include "freeze.h"
#include "io.h"
#include "launch.h"
#include "net.h"
#include "request.h"
#include "space.h"
#include "tree.h"
#include "wire.h"

static int malformed(const struct reader *reader, struct failure *failure, const char *request) {
    return fail_with(failure, reader_error(reader), "decode the request", "", request);
}

static int do_signal(struct session *session, struct reader *reader, struct failure *failure) {
    struct signal_request request;
    if (decode_signal(reader, &request) != 0) {
        return malformed(reader, failure, "signal");
    }
    struct container container;
    if (registry_find(session->registry, request.id, &container, failure) < 0) {
        return -1;
    }
    if (container.init < 0) {
        return fail_with(failure, ESRCH, "signal the container", "", request.id);
    }
    return pidfd_signal(container.init, (int)request.signal) == 0
               ? 0
               : fail(failure, "signal the container", "pidfd_send_signal", request.id);
}

/* Of a container whose monitor is gone, or will end with it: nobody is left to ask it. */
static int do_discard(struct session *session, struct reader *reader, struct failure *failure) {
    struct discard request;
    if (decode_discard(reader, &request) != 0) {
        return malformed(reader, failure, "discard");
    }
    struct container container;
    int known = registry_find(session->registry, request.id, &container, failure);
    if (known < 0 || (container.init >= 0 && discard_kill(container.init, &request, failure) != 0)) {
        return -1;
    }
    if (container.monitor >= 0 && !pidfd_wait(container.monitor, END_MILLISECONDS)) {
        return fail_with(failure, ETIMEDOUT, "end the container", "poll", request.id);
    }
    return discard_remove(session, known > 0 ? &container : NULL, &request, failure);
}

static int do_remove(struct session *session, struct reader *reader, struct failure *failure) {
    struct remove_request request;
    if (decode_remove(reader, &request) != 0) {
        return malformed(reader, failure, "remove");
    }
    for (uint32_t i = 0; i < request.folder_count; i++) {
        if (space_remove(session, request.folders[i], failure) != 0) {
            return -1;
        }
    }
    return 0;
}

static int do_freeze(struct session *session, int connection, struct reader *reader, struct failure *failure) {
    struct freeze request;
    if (decode_freeze(reader, &request) != 0) {
        return malformed(reader, failure, "freeze");
    }
    if (freeze_all(session, &request, failure) != 0) {
        return -1;
    }
    /* Whoever gave up meanwhile has asked to thaw already, perhaps before everything was frozen. */
    if (request.freeze && has_hung_up(connection)) {
        request.freeze = false;
        freeze_all(session, &request, failure);
        return fail_with(failure, ECANCELED, "freeze the container", "", "");
    }
    return 0;
}

static int do_await_ports(struct session *session, int connection, struct reader *reader, struct failure *failure) {
    struct await_ports request;
    if (decode_await_ports(reader, &request) != 0) {
        return malformed(reader, failure, "await ports");
    }
    struct container container;
    if (registry_find(session->registry, request.id, &container, failure) < 0) {
        return -1;
    }
    if (container.init < 0) {
        return fail_with(failure, ESRCH, "look for listening sockets", "", request.id);
    }
    return net_await_ports(container.network, container.init, session->proc, connection, &request, failure);
}

static int do_tree(struct session *session, int connection, struct reader *reader, bool write, struct failure *failure) {
    struct tree request;
    if (decode_tree(reader, &request) != 0) {
        return malformed(reader, failure, "tree");
    }
    OWNED_ROOTS roots;
    if (tree_open(session, connection, &request, write, &roots, failure) != 0) {
        return -1;
    }
    return write ? tree_write(session, &roots, connection, &request, failure)
                 : tree_read(&roots, connection, &request, failure);
}

/* Requests that answer with frames of their own: true when it was one. */
static bool converse(struct session *session, int connection, enum frame_type type, struct reader *reader,
                     struct ahead *ahead, struct failure *failure) {
    if (type == FRAME_LAUNCH) {
        struct launch launch;
        if (decode_launch(reader, &launch) != 0) {
            malformed(reader, failure, "launch");
            return false;
        }
        launch_main(session, connection, &launch, ahead);
        return true;
    }
    if (type == FRAME_EXEC) {
        struct exec exec;
        if (decode_exec(reader, &exec) != 0) {
            malformed(reader, failure, "exec");
            return false;
        }
        exec.process.apart = session->covered;
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
        return do_freeze(session, connection, reader, failure);
    case FRAME_AWAIT_PORTS:
        return do_await_ports(session, connection, reader, failure);
    case FRAME_TREE_READ:
        return do_tree(session, connection, reader, false, failure);
    case FRAME_TREE_WRITE:
        return do_tree(session, connection, reader, true, failure);
    default:
        return malformed(reader, failure, "unknown");
    }
}

static struct reader read_frame(const struct frame *frame, struct arena *arena) {
    return (struct reader){
        .at = frame->payload.data, .end = frame->payload.data + frame->payload.length, .arena = arena};
}

static int receive_launch(int connection, struct frame *frame) {
    int received = frame_receive(connection, frame);
    return received > 0 && frame->type != FRAME_LAUNCH ? 0 : received;
}

/* Answered at once: whoever announced it may wait for that before counting on it. -1 when no launch will be carried out. The
 * announcement's memory is `ahead`'s. */
static int prepare(int connection, struct reader *announcement, struct ahead *ahead) {
    struct failure failure = {0};
    OWNED_FRAME ignored = {0};
    if (decode_announcement(announcement, &ahead->announced) != 0) {
        malformed(announcement, &failure, "announcement");
    } else if (ahead_make(ahead, &failure) == 0) {
        return frame_send_empty(connection, FRAME_OK);
    }
    ahead_close(ahead);
    /* Whoever sends the launch before reading that it fails is not to find a broken pipe. */
    if (frame_send_failure(connection, &failure) == 0) {
        receive_launch(connection, &ignored);
    }
    return -1;
}

void worker_main(struct session *session, int connection) {
    struct failure failure = {0};
    OWNED_ARENA arena = {0};
    OWNED_FRAME frame = {0};
    OWNED_FRAME launch = {0};
    OWNED_AHEAD ahead = {.session = session, .mounts = -1, .network = -1, .staged = {.devices = -1}};
    /* However long that takes: a debugger may hold the JVM between its connecting and its asking. */
    if (frame_receive(connection, &frame) <= 0) {
        return;
    }
    struct reader reader = read_frame(&frame, &arena);
    enum frame_type type = frame.type;
    if (type == FRAME_ANNOUNCE) {
        /* An image may be unpacked between the two, or nobody need a container for a while. */
        if (prepare(connection, &reader, &ahead) != 0 || receive_launch(connection, &launch) <= 0) {
            return;
        }
        reader = read_frame(&launch, &arena);
        type = FRAME_LAUNCH;
    }
    if (converse(session, connection, type, &reader, &ahead, &failure)) {
        return;
    }
    if (failure.error == 0 && do_request(session, connection, type, &reader, &failure) == 0) {
        frame_send_empty(connection, FRAME_OK);
    } else {
        ahead_close(&ahead);
        frame_send_failure(connection, &failure);
    }
}
