/* A first process of ours before the container's command: it reaps what nobody else does and passes signals on. */
#ifndef BIVOUAC_INIT_H
#define BIVOUAC_INIT_H

#include "report.h"
#include "request.h"

/* Becomes it: the calling process, PID 1 of the container and confined already, starts the command and ends with its code, or
 * 128+n. Writes a failure to execute to `report`, closes it otherwise; returns only when nothing was started. */
int init_run(const struct process *process, int proc, int report, struct failure *failure);

#endif
