/* The network namespace of a container. */
#ifndef BIVOUAC_NET_H
#define BIVOUAC_NET_H

#include "report.h"
#include "request.h"

/* In a new network namespace: brings the loopback device up and gives it the addresses. */
int net_configure(const struct launch *launch, struct failure *failure);

/* Answers when every port is listened on inside the container, on a wildcard address or on the one that published
 * connections are dialed to; or when the container ends, or the JVM hangs up. Never opens a connection. */
int net_await_ports(int network, int init, int proc, int connection, const struct await_ports *request,
                    struct failure *failure);

#endif
