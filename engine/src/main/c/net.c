#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io.h"

enum { LOOPBACK_INDEX = 1, TCP_STATE_LISTEN = 0x0a };

/* One rtnetlink(7) message; the device index of `lo` is 1 in every network namespace. */
struct message {
    struct nlmsghdr header;
    union {
        struct ifinfomsg link;
        struct ifaddrmsg address;
    } body;
    char attributes[64];
};

static void put_attribute(struct message *message, unsigned short type, const void *data, unsigned short length) {
    struct rtattr *attribute = (struct rtattr *)(void *)((char *)message + NLMSG_ALIGN(message->header.nlmsg_len));
    attribute->rta_type = type;
    attribute->rta_len = (unsigned short)RTA_LENGTH(length);
    memcpy(RTA_DATA(attribute), data, length);
    message->header.nlmsg_len = NLMSG_ALIGN(message->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
}

static int exchange(int netlink, const struct message *message) {
    union {
        struct nlmsghdr header;
        char bytes[1024];
    } answer;
    ssize_t length;
    do {
        length = send(netlink, message, message->header.nlmsg_len, 0);
    } while (length < 0 && errno == EINTR);
    if (length < 0) {
        return -1;
    }
    do {
        length = recv(netlink, &answer, sizeof answer, 0);
    } while (length < 0 && errno == EINTR);
    if (length < 0) {
        return -1;
    }
    if (length < (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)) || answer.header.nlmsg_type != NLMSG_ERROR) {
        errno = EPROTO;
        return -1;
    }
    errno = -((struct nlmsgerr *)NLMSG_DATA(&answer.header))->error;
    return errno == 0 ? 0 : -1;
}

static int set_up(int netlink) {
    struct message message = {
        .header = {.nlmsg_len = NLMSG_LENGTH(sizeof message.body.link),
                   .nlmsg_type = RTM_NEWLINK,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
        .body.link = {.ifi_index = LOOPBACK_INDEX, .ifi_flags = IFF_UP, .ifi_change = IFF_UP},
    };
    return exchange(netlink, &message);
}

static int add_address(int netlink, const char *text) {
    struct in_addr address;
    if (inet_pton(AF_INET, text, &address) != 1) {
        errno = EINVAL;
        return -1;
    }
    struct message message = {
        .header = {.nlmsg_len = NLMSG_LENGTH(sizeof message.body.address),
                   .nlmsg_type = RTM_NEWADDR,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL},
        .body.address = {.ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = LOOPBACK_INDEX},
    };
    put_attribute(&message, IFA_LOCAL, &address, sizeof address);
    put_attribute(&message, IFA_ADDRESS, &address, sizeof address);
    return exchange(netlink, &message);
}

static int open_netlink(void) {
    return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
}

int net_set_up(struct failure *failure) {
    OWNED_FD netlink = open_netlink();
    return netlink >= 0 && set_up(netlink) == 0 ? 0 : fail(failure, "configure the network", "sendto", "lo");
}

int net_add_addresses(const char *const *addresses, uint32_t count, struct failure *failure) {
    if (count == 0) {
        return 0;
    }
    OWNED_FD netlink = open_netlink();
    if (netlink < 0) {
        return fail(failure, "configure the network", "socket", addresses[0]);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (add_address(netlink, addresses[i]) != 0) {
            return fail(failure, "configure the network", "sendto", addresses[i]);
        }
    }
    return 0;
}

/* A local address of /proc/net/tcp or tcp6: each 32-bit word in hexadecimal as the host's byte order prints it. */
static bool accepts(const char *hex, uint32_t dialed) {
    static const char mapped[] = "0000000000000000FFFF0000"; /* ::ffff:a.b.c.d counts as a.b.c.d */
    char wanted[9];
    snprintf(wanted, sizeof wanted, "%08X", dialed);
    const char *address = strncmp(hex, mapped, sizeof mapped - 1) == 0 ? hex + sizeof mapped - 1 : hex;
    return strspn(address, "0") == strlen(address) || strcmp(address, wanted) == 0;
}

bool net_listens(const char *line, uint32_t dialed, unsigned *port) {
    char address[33];
    unsigned state;
    return sscanf(line, " %*d: %32[0-9A-F]:%x %*[0-9A-F]:%*x %x", address, port, &state) == 3
           && state == TCP_STATE_LISTEN && accepts(address, dialed);
}

static void note_listeners(int proc, const char *path, uint32_t dialed, const struct await_ports *request, bool *open) {
    OWNED_FD fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd_keep(&fd), "r");
    if (file == NULL) {
        return;
    }
    char line[512];
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned port;
        bool listens = net_listens(line, dialed, &port);
        for (uint32_t i = 0; listens && i < request->port_count; i++) {
            open[i] |= request->ports[i] == port;
        }
    }
    fclose(file);
}

static bool all_open(int proc, uint32_t dialed, const struct await_ports *request, bool *open) {
    memset(open, 0, request->port_count * sizeof *open);
    note_listeners(proc, "self/net/tcp", dialed, request, open);
    note_listeners(proc, "self/net/tcp6", dialed, request, open);
    for (uint32_t i = 0; i < request->port_count; i++) {
        if (!open[i]) {
            return false;
        }
    }
    return true;
}

int net_await_ports(int network, int init, int proc, int connection, const struct await_ports *request,
                    struct failure *failure) {
    struct in_addr dialed = {0};
    OWNED bool *open = calloc(request->port_count + 1, sizeof *open);
    inet_pton(AF_INET, request->address, &dialed);
    if (open == NULL || setns(network, CLONE_NEWNET) != 0) {
        return fail(failure, "look for listening sockets", "setns", request->id);
    }
    /* The kernel announces no new listener to others: look again at intervals that grow from 1 to 20 ms. */
    for (int pause = 1; !all_open(proc, dialed.s_addr, request, open); pause = pause < 20 ? pause + 1 : 20) {
        struct pollfd events[] = {{.fd = init, .events = POLLIN}, {.fd = connection, .events = POLLIN}};
        if (poll(events, 2, pause) > 0) {
            return fail_with(failure, events[0].revents != 0 ? ESRCH : EPIPE, "look for listening sockets", "",
                             request->id);
        }
    }
    return 0;
}
