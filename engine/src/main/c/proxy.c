#include "proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io.h"

enum { BLOCK = 64 << 10, EVENTS = 64, ACCEPTS = 32 };

struct connection;

/* One direction's source and the other's target. */
struct side {
    struct connection *connection; /* NULL marks a listener */
    const struct publication *publication;
    int fd;
    uint32_t armed;    /* events registered with epoll */
    uint8_t *pending;  /* read from here, not yet written to the peer; allocated only under back-pressure */
    uint32_t offset;
    uint32_t length;
    bool ended;        /* end of file read */
    bool shut;         /* and passed on */
    bool connecting;
};

struct connection {
    struct side sides[2]; /* the client, the service */
    struct connection *next_dead;
    bool dead;
};

struct proxy {
    int epoll;
    uint8_t *block;
    struct connection *dead; /* freed after the batch: later events of it may still name one */
};

static struct side *peer_of(struct side *side) {
    struct connection *connection = side->connection;
    return side == &connection->sides[0] ? &connection->sides[1] : &connection->sides[0];
}

static void destroy(struct proxy *proxy, struct connection *connection) {
    if (connection->dead) {
        return;
    }
    for (int i = 0; i < 2; i++) {
        fd_close(&connection->sides[i].fd);
        free(connection->sides[i].pending);
    }
    connection->dead = true;
    connection->next_dead = proxy->dead;
    proxy->dead = connection;
}

/* A reset, not a clean end: the peer must not take a failure for the end of the data. */
static void abort_connection(struct proxy *proxy, struct connection *connection) {
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    for (int i = 0; i < 2; i++) {
        setsockopt(connection->sides[i].fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    destroy(proxy, connection);
}

/* Reads from a side only while nothing of it is pending; writes to it only while something of its peer is. */
static int arm(struct proxy *proxy, struct side *side) {
    struct side *peer = peer_of(side);
    uint32_t events = 0;
    if (side->connecting) {
        events = EPOLLOUT;
    } else {
        events |= side->ended || side->length > 0 || peer->connecting ? 0 : EPOLLIN;
        events |= peer->length > 0 ? EPOLLOUT : 0;
    }
    if (events == side->armed) {
        return 0;
    }
    /* Hang-ups are reported even to an empty set: a side that waits for its peer is taken out, or it would spin. */
    int change = events == 0 ? EPOLL_CTL_DEL : side->armed == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    struct epoll_event event = {.events = events, .data.ptr = side};
    side->armed = events;
    return epoll_ctl(proxy->epoll, change, side->fd, &event);
}

static int keep_rest(struct side *side, const uint8_t *data, size_t length) {
    side->pending = malloc(length);
    if (side->pending == NULL) {
        return -1;
    }
    memcpy(side->pending, data, length);
    side->offset = 0;
    side->length = (uint32_t)length;
    return 0;
}

static bool would_block(void) {
    return errno == EAGAIN || errno == EINTR;
}

/* Moves one block from `side` to its peer. */
static int pull(struct proxy *proxy, struct side *side) {
    ssize_t count = read(side->fd, proxy->block, BLOCK);
    if (count < 0) {
        return would_block() ? 0 : -1;
    }
    if (count == 0) {
        side->ended = true;
        return 0;
    }
    ssize_t written = send(peer_of(side)->fd, proxy->block, (size_t)count, MSG_NOSIGNAL);
    if (written < 0 && !would_block()) {
        return -1;
    }
    written = written < 0 ? 0 : written;
    return written == count ? 0 : keep_rest(side, proxy->block + written, (size_t)(count - written));
}

/* Writes to `side` what its peer has pending. */
static int push(struct side *side) {
    struct side *source = peer_of(side);
    ssize_t written = send(side->fd, source->pending + source->offset, source->length, MSG_NOSIGNAL);
    if (written < 0) {
        return would_block() ? 0 : -1;
    }
    source->offset += (uint32_t)written;
    source->length -= (uint32_t)written;
    if (source->length == 0) {
        free(source->pending);
        source->pending = NULL;
    }
    return 0;
}

static int pass_on_end(struct side *side) {
    if (side->ended && !side->shut && side->length == 0 && !peer_of(side)->connecting) {
        side->shut = true;
        return shutdown(peer_of(side)->fd, SHUT_WR) == 0 || errno == ENOTCONN ? 0 : -1;
    }
    return 0;
}

static int connected(const struct side *side) {
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(side->fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0 ? 0 : -1;
}

static int advance(struct proxy *proxy, struct side *side, uint32_t events) {
    struct side *peer = peer_of(side);
    if (side->connecting) {
        side->connecting = false;
        if (connected(side) != 0) {
            return -1;
        }
    } else if ((events & EPOLLERR) != 0) {
        return -1;
    }
    if (peer->length > 0 && push(side) != 0) {
        return -1;
    }
    if ((events & (EPOLLIN | EPOLLHUP)) != 0 && !side->ended && side->length == 0 && !peer->connecting
        && pull(proxy, side) != 0) {
        return -1;
    }
    if (pass_on_end(side) != 0 || pass_on_end(peer) != 0) {
        return -1;
    }
    return arm(proxy, side) != 0 || arm(proxy, peer) != 0 ? -1 : 0;
}

static int dial(const struct publication *publication) {
    struct sockaddr_in source = {.sin_family = AF_INET};
    struct sockaddr_in target = {.sin_family = AF_INET, .sin_port = htons((uint16_t)publication->container_port)};
    if (inet_pton(AF_INET, publication->source_address, &source.sin_addr) != 1
        || inet_pton(AF_INET, publication->target_address, &target.sin_addr) != 1) {
        return -1;
    }
    OWNED_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int yes = 1;
    /* Ports are chosen at connect, so that many connections to one service do not use them up. */
    if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes) != 0
        || bind(fd, (struct sockaddr *)&source, sizeof source) != 0
        || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) != 0
        || (connect(fd, (struct sockaddr *)&target, sizeof target) != 0 && errno != EINPROGRESS)) {
        return -1;
    }
    return fd_keep(&fd);
}

static int watch(const struct proxy *proxy, struct side *side) {
    struct epoll_event event = {.events = side->armed, .data.ptr = side};
    return epoll_ctl(proxy->epoll, EPOLL_CTL_ADD, side->fd, &event);
}

static void begin(struct proxy *proxy, int client, const struct publication *publication) {
    int yes = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) {
        close(client);
        return;
    }
    struct side *sides = connection->sides;
    for (int i = 0; i < 2; i++) {
        sides[i].connection = connection;
        sides[i].publication = publication;
    }
    sides[0].fd = client;
    sides[1].fd = dial(publication);
    sides[1].connecting = true;
    sides[1].armed = EPOLLOUT;
    if (sides[1].fd < 0 || watch(proxy, &sides[1]) != 0) {
        abort_connection(proxy, connection);
    }
}

static void accept_some(struct proxy *proxy, const struct side *listener) {
    for (int i = 0; i < ACCEPTS; i++) {
        int client = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (client < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
                poll(NULL, 0, 10); /* the connection stays in the backlog: try again when others have ended */
            }
            return;
        }
        begin(proxy, client, listener->publication);
    }
}

static void free_dead(struct proxy *proxy) {
    while (proxy->dead != NULL) {
        struct connection *connection = proxy->dead;
        proxy->dead = connection->next_dead;
        free(connection);
    }
}

static void handle(struct proxy *proxy, struct side *side, uint32_t events) {
    if (side->connection == NULL) {
        accept_some(proxy, side);
        return;
    }
    struct connection *connection = side->connection;
    if (connection->dead) {
        return;
    }
    if (advance(proxy, side, events) != 0) {
        abort_connection(proxy, connection);
    } else if (connection->sides[0].shut && connection->sides[1].shut) {
        destroy(proxy, connection);
    }
}

void proxy_main(const struct launch *launch, const int *listeners, int ready) {
    struct proxy proxy = {.epoll = epoll_create1(EPOLL_CLOEXEC), .block = malloc(BLOCK)};
    struct side *sides = calloc(launch->publication_count, sizeof *sides);
    prctl(PR_SET_NAME, "bivouac-proxy");
    if (proxy.epoll < 0 || proxy.block == NULL || sides == NULL) {
        return;
    }
    for (uint32_t i = 0; i < launch->publication_count; i++) {
        sides[i] = (struct side){.fd = listeners[i], .publication = &launch->publications[i], .armed = EPOLLIN};
        if (watch(&proxy, &sides[i]) != 0) {
            return;
        }
    }
    if (write_all(ready, "", 1) != 0) {
        return;
    }
    close(ready);
    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(proxy.epoll, events, EVENTS, -1);
        if (count < 0 && errno != EINTR) {
            return;
        }
        for (int i = 0; i < count; i++) {
            handle(&proxy, events[i].data.ptr, events[i].events);
        }
        free_dead(&proxy);
    }
}
