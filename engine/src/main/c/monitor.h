/* Drains a container's output into its log, whether or not anybody reads, and reports its end. */
#ifndef BIVOUAC_MONITOR_H
#define BIVOUAC_MONITOR_H

#include <sys/types.h>

#include "logs.h"

struct monitor {
    int connection; /* -1 once the JVM has hung up */
    int init;       /* pidfd */
    pid_t init_pid; /* our child */
    int outputs[2]; /* stdout, stderr; or the master of a terminal, and -1 */
    struct logs *logs;
};

/* Returns the wait status when the process has ended and its output is drained. */
int monitor_run(struct monitor *monitor);

#endif
