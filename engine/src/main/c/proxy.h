/* Serves published ports: accepts on the host's listeners, dials inside the container's network namespace, moves bytes
 * both ways. Half-close and back-pressure are kept. */
#ifndef BIVOUAC_PROXY_H
#define BIVOUAC_PROXY_H

#include "report.h"
#include "request.h"

/* Runs until killed; returns when it could not begin. The caller is in the network namespace; listeners[i] belongs to
 * publications[i]. One byte on `ready` says that it serves. */
void proxy_main(const struct launch *launch, const int *listeners, int ready);

#endif
