/* Listening sockets on the host. The guardian opens them, because whoever has joined a container's network namespace
 * cannot come back; a worker asks for one over the control socket it inherited. */
#ifndef BIVOUAC_LISTENER_H
#define BIVOUAC_LISTENER_H

#include <stdint.h>

#include "report.h"

/* Asks the guardian: a listening TCP socket on the numeric address; `port` 0 means any free one and becomes the chosen. */
int listener_request(int control, const char *address, uint32_t *port, struct failure *failure);

/* The guardian's side: answers one request that waits on the control socket. False when the socket has ended. */
int listener_serve(int control);

#endif
