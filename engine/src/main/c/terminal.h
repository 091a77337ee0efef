/* Terminals of containers: ptys of the container's own devpts, so that /dev/tty and ttyname(3) work there. */
#ifndef BIVOUAC_TERMINAL_H
#define BIVOUAC_TERMINAL_H

#include <stddef.h>
#include <stdint.h>

#include "report.h"
#include "request.h"

/* Opens a new terminal's master in the folder of a devpts, unlocked. */
int terminal_master(int devpts, struct failure *failure);

/* The other end, the terminal that programs have. */
int terminal_peer(int master, struct failure *failure);

/* The same by its path as seen from a root, as a build without WALL_OWN_PEER opens it. */
int terminal_named(int root, int master, int flags);

/* Gives the terminal the process's user and a size. */
int terminal_prepare(int peer, const struct process *process, uint32_t columns, uint32_t rows, struct failure *failure);

/* Makes it the terminal of the calling process's session, and its input, output and error output. */
int terminal_use(int peer, struct failure *failure);

/* Pass ends of a terminal over a socket pair, as many as are expected. */
int terminal_send(int socket, const int *ends, size_t count, struct failure *failure);
int terminal_receive(int socket, int *ends, size_t count, struct failure *failure);

#endif
