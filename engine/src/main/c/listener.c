#include "listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io.h"

struct listener_message {
    char address[INET6_ADDRSTRLEN];
    uint32_t port;
    int error;
};

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static socklen_t parse(const struct listener_message *message, union address *address) {
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, message->address, &address->v4.sin_addr) == 1) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons((uint16_t)message->port);
        return sizeof address->v4;
    }
    if (inet_pton(AF_INET6, message->address, &address->v6.sin6_addr) == 1) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = htons((uint16_t)message->port);
        return sizeof address->v6;
    }
    errno = EINVAL;
    return 0;
}

static int open_listener(struct listener_message *message) {
    union address address;
    socklen_t length = parse(message, &address);
    if (length == 0) {
        return -1;
    }
    OWNED_FD listener = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int yes = 1;
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0
        || bind(listener, &address.any, length) != 0 || listen(listener, SOMAXCONN) != 0
        || getsockname(listener, &address.any, &length) != 0) {
        return -1;
    }
    message->port = ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
    return fd_keep(&listener);
}

int listener_serve(int control) {
    struct listener_message message;
    int fds[FD_PASS_LIMIT];
    size_t count;
    ssize_t length = receive_with_fds(control, &message, sizeof message, fds, &count);
    if (length <= 0) {
        return length < 0; /* what failed may succeed when asked again */
    }
    if (length == sizeof message && count == 1) {
        message.address[sizeof message.address - 1] = '\0';
        OWNED_FD listener = open_listener(&message);
        message.error = listener < 0 ? errno : 0;
        send_with_fds(fds[0], &message, sizeof message, &listener, listener >= 0);
    }
    for (size_t i = 0; i < count; i++) {
        fd_close(&fds[i]);
    }
    return 1;
}

int listener_request(int control, const char *address, uint32_t *port, struct failure *failure) {
    struct listener_message message = {.port = *port};
    char object[FAILURE_OBJECT_SIZE];
    snprintf(object, sizeof object, "%s:%u", address, *port);
    if (strlen(address) >= sizeof message.address) {
        return fail_with(failure, EINVAL, "listen on the host", "inet_pton", object);
    }
    memcpy(message.address, address, strlen(address) + 1);
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        return fail(failure, "listen on the host", "socketpair", object);
    }
    OWNED_FD mine = pair[0];
    int sent = send_with_fds(control, &message, sizeof message, &pair[1], 1);
    close(pair[1]);
    int fds[FD_PASS_LIMIT] = {-1};
    size_t count = 0;
    if (sent != 0 || receive_with_fds(mine, &message, sizeof message, fds, &count) != sizeof message) {
        return fail_with(failure, EPIPE, "ask the guardian", "sendmsg", object);
    }
    if (message.error != 0 || count != 1) {
        return fail_with(failure, message.error, "listen on the host", "bind", object);
    }
    *port = message.port;
    return fds[0];
}
