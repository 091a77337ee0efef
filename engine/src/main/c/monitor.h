/* Drains a container's output into its log, whether or not anybody reads, and hears that it is to be discarded. */
#ifndef BIVOUAC_MONITOR_H
#define BIVOUAC_MONITOR_H

#include <stdbool.h>
#include <sys/types.h>

#include "logs.h"
#include "request.h"

struct monitor {
    int connection; /* -1 once the JVM has hung up */
    int host;       /* the mount namespace in which control groups have their paths */
    int init;       /* pidfd */
    pid_t init_pid; /* our child */
    int outputs[2]; /* stdout, stderr; or the master of a terminal, and -1 */
    struct logs *logs;
    bool discarding; /* as asked by the request, which points into the frame and the arena */
    struct discard request;
    struct frame frame;
    struct arena arena;
};

/* Returns the wait status when the process has ended and its output is drained. */
int monitor_run(struct monitor *monitor);

/* Waits, when it has ended, until the JVM asks to discard the container: false when it hangs up instead. */
bool monitor_await_discard(struct monitor *monitor);

void monitor_close(struct monitor *monitor);

#endif
