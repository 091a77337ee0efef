/* The network namespace of a container. */
#ifndef BIVOUAC_NET_H
#define BIVOUAC_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "report.h"
#include "request.h"

/* In a new network namespace: brings the loopback device up. */
int net_set_up(struct failure *failure);

/* Gives the loopback device these addresses. */
int net_add_addresses(const char *const *addresses, uint32_t count, struct failure *failure);

/* Answers when every port is listened on inside the container, on a wildcard address or on the one that published
 * connections are dialed to; or when the container ends, or the JVM hangs up. Never opens a connection. */
int net_await_ports(int network, int init, int proc, int connection, const struct await_ports *request,
                    struct failure *failure);

/* Reads a line of proc_net(5), "sl local_address rem_address st …": true when it is a socket that listens and takes
 * connections to `dialed`, an IPv4 address in network byte order. */
bool net_listens(const char *line, uint32_t dialed, unsigned *port);

#endif
