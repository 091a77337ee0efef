/* Serves published ports: accepts on the host's listeners, dials inside the container's network namespace, moves bytes
 * both ways. Half-close and back-pressure are kept. */
#ifndef BIVOUAC_PROXY_H
#define BIVOUAC_PROXY_H

#include "report.h"
#include "request.h"

/* Runs until killed. The caller is in the network namespace; listeners[i] belongs to publications[i]. */
void proxy_main(const struct launch *launch, const int *listeners);

#endif
