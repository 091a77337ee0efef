#include "registry.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io.h"

/* Beside the changes; its answer comes on the socket that it passes. */
enum { QUESTION = 0, CONTAINER_FDS = 5 };

struct message {
    uint32_t change; /* or QUESTION */
    pid_t init_pid;
    pid_t monitor_pid;
    uint32_t present; /* in answers: which of the container's descriptors are passed */
    int error;        /* in answers: why they cannot be passed */
    char id[CONTAINER_ID_SIZE];
};

/* In the order they are passed. */
static void list_fds(struct container *container, int *fds[CONTAINER_FDS]) {
    int *const all[CONTAINER_FDS] = {&container->mounts, &container->network, &container->init, &container->monitor,
                                     &container->proxy};
    memcpy(fds, all, sizeof all);
}

static struct container no_container(void) {
    return (struct container){.mounts = -1, .network = -1, .init = -1, .monitor = -1, .proxy = -1};
}

void container_close(struct container *container) {
    int *fds[CONTAINER_FDS];
    list_fds(container, fds);
    for (size_t i = 0; i < CONTAINER_FDS; i++) {
        fd_close(fds[i]);
    }
}

int registry_tell(int registry, enum change change, const struct container *container, struct failure *failure) {
    struct message message = {
        .change = change, .init_pid = container->init_pid, .monitor_pid = container->monitor_pid};
    memcpy(message.id, container->id, sizeof message.id);
    int fds[3];
    size_t count = 0;
    if (change == CHANGE_CREATED) {
        fds[count++] = container->mounts;
        fds[count++] = container->network;
        if (container->proxy >= 0) {
            fds[count++] = container->proxy;
        }
    } else if (change == CHANGE_STARTED) {
        fds[count++] = container->init;
        fds[count++] = container->monitor;
    }
    return send_with_fds(registry, &message, sizeof message, fds, count) == 0
               ? 0
               : fail(failure, "register the container", "sendmsg", container->id);
}

static int take_answer(int socket, const char *id, struct container *found, struct failure *failure) {
    struct message message;
    int passed[FD_PASS_LIMIT];
    size_t count = 0;
    int *fds[CONTAINER_FDS];
    size_t taken = 0;
    ssize_t received = receive_with_fds(socket, &message, sizeof message, passed, &count);
    if (received != sizeof message) {
        return fail_with(failure, received < 0 ? errno : ECONNRESET, "find the container", "recvmsg", id);
    }
    if (message.error != 0) {
        return fail_with(failure, message.error, "find the container", "sendmsg", id);
    }
    memcpy(found->id, message.id, sizeof found->id);
    found->init_pid = message.init_pid;
    found->monitor_pid = message.monitor_pid;
    list_fds(found, fds);
    bool whole = true;
    for (uint32_t i = 0; i < CONTAINER_FDS; i++) {
        bool present = (message.present >> i & 1) != 0;
        whole &= !present || taken < count;
        if (present && taken < count) {
            *fds[i] = passed[taken++];
        }
    }
    if (!whole) {
        container_close(found);
        return fail_with(failure, EMFILE, "find the container", "recvmsg", id);
    }
    return message.id[0] != '\0';
}

int registry_find(int registry, const char *id, struct container *found, struct failure *failure) {
    struct message message = {.change = QUESTION};
    size_t length = strlen(id);
    int pair[2];
    *found = no_container();
    if (length >= sizeof message.id) {
        return 0;
    }
    memcpy(message.id, id, length + 1);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        return fail(failure, "find the container", "socketpair", id);
    }
    OWNED_FD own = pair[0];
    OWNED_FD other = pair[1];
    if (send_with_fds(registry, &message, sizeof message, &other, 1) != 0) {
        return fail(failure, "find the container", "sendmsg", id);
    }
    fd_close(&other); /* if PID 1 cannot answer, this one's end is the end */
    return take_answer(own, id, found, failure);
}

static struct container *find(const struct registry *registry, const char *id) {
    for (uint32_t i = 0; i < registry->count; i++) {
        if (strcmp(registry->containers[i].id, id) == 0) {
            return &registry->containers[i];
        }
    }
    return NULL;
}

static int lift(struct container *container, int fd) {
    int lifted = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, REGISTRY_FD_BASE);
    container->unheld |= lifted < 0;
    return lifted;
}

static struct container *add(struct registry *registry, const char *id) {
    if (registry->count == registry->capacity) {
        uint32_t capacity = registry->capacity * 2 + 16;
        struct container *grown = realloc(registry->containers, capacity * sizeof *grown);
        if (grown == NULL) {
            return NULL;
        }
        registry->containers = grown;
        registry->capacity = capacity;
    }
    struct container *container = &registry->containers[registry->count++];
    *container = no_container();
    memcpy(container->id, id, sizeof container->id);
    return container;
}

static void forget(struct registry *registry, struct container *container) {
    container_close(container);
    *container = registry->containers[--registry->count];
}

/* What nobody could end later must not go on. */
static void end_unheld(const struct message *message, const int *fds, size_t count) {
    if (count > 0) {
        pidfd_signal(fds[0], SIGKILL);
    } else {
        kill(message->init_pid, SIGKILL);
    }
}

static void apply_started(struct container *container, const struct message *message, const int *fds, size_t count) {
    fd_close(&container->init);
    fd_close(&container->monitor);
    container->init = lift(container, count > 0 ? fds[0] : -1);
    container->monitor = lift(container, count > 1 ? fds[1] : -1);
    container->init_pid = message->init_pid;
    container->monitor_pid = message->monitor_pid;
    /* A monitor that was killed before this was heard was in no table when it was reaped. */
    if (container->unheld || pidfd_wait(container->monitor, 0)) {
        end_unheld(message, fds, count);
    }
}

/* A worker that has ended meanwhile hears nothing, and needs nothing. */
static void answer(const struct registry *registry, const struct message *question, int socket) {
    struct message message = {.change = QUESTION};
    struct container *container = find(registry, question->id);
    int passed[CONTAINER_FDS];
    size_t count = 0;
    if (container != NULL) {
        int *fds[CONTAINER_FDS];
        list_fds(container, fds);
        memcpy(message.id, container->id, sizeof message.id);
        message.init_pid = container->init_pid;
        message.monitor_pid = container->monitor_pid;
        for (uint32_t i = 0; i < CONTAINER_FDS; i++) {
            if (*fds[i] >= 0) {
                message.present |= 1U << i;
                passed[count++] = *fds[i];
            }
        }
    }
    if (send_with_fds(socket, &message, sizeof message, passed, count) != 0) {
        message.error = errno;
        send_with_fds(socket, &message, sizeof message, NULL, 0);
    }
}

static void apply(struct registry *registry, const struct message *message, const int *fds, size_t count) {
    if (message->change == QUESTION) {
        if (count == 1) {
            answer(registry, message, fds[0]);
        }
        return;
    }
    struct container *container = find(registry, message->id);
    if (container == NULL && message->change == CHANGE_CREATED) {
        container = add(registry, message->id);
    }
    if (container == NULL) {
        if (message->change == CHANGE_STARTED) {
            end_unheld(message, fds, count);
        }
        return;
    }
    switch (message->change) {
    case CHANGE_CREATED:
        container->mounts = lift(container, count > 0 ? fds[0] : -1);
        container->network = lift(container, count > 1 ? fds[1] : -1);
        if (count > 2) {
            container->proxy = lift(container, fds[2]);
        }
        break;
    case CHANGE_STARTED:
        apply_started(container, message, fds, count);
        break;
    case CHANGE_ENDED:
        fd_close(&container->init);
        break;
    case CHANGE_FORGOTTEN:
        forget(registry, container);
        break;
    default:
        break;
    }
}

void registry_serve(struct registry *registry, int socket) {
    struct pollfd waiting = {.fd = socket, .events = POLLIN};
    for (;;) {
        int ready;
        do {
            ready = poll(&waiting, 1, 0);
        } while (ready < 0);
        struct message message;
        int fds[FD_PASS_LIMIT];
        size_t count;
        if (ready == 0 || receive_with_fds(socket, &message, sizeof message, fds, &count) != sizeof message) {
            return;
        }
        apply(registry, &message, fds, count);
        for (size_t i = 0; i < count; i++) {
            fd_close(&fds[i]);
        }
    }
}

void registry_reaped(struct registry *registry, pid_t pid) {
    for (uint32_t i = 0; i < registry->count; i++) {
        struct container *container = &registry->containers[i];
        if (container->monitor_pid == pid && container->init >= 0) {
            pidfd_signal(container->init, SIGKILL);
            fd_close(&container->init);
        }
    }
}
