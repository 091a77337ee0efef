/* A worker: one process for one request of the JVM. */
#ifndef BIVOUAC_WORKER_H
#define BIVOUAC_WORKER_H

#include "session.h"

/* Reads the request from the connection, does it, answers. */
void worker_main(struct session *session, int connection);

#endif
