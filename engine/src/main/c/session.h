/* The warden: PID 1 of a session's PID namespace. It accepts, forks and reaps, and holds for each container the
 * descriptors that keep it in being; everything else happens in workers it forks. */
#ifndef BIVOUAC_SESSION_H
#define BIVOUAC_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "report.h"
#include "request.h"

/* Descriptors the guardian hands over, at 3, 4, …, in this order. */
enum session_fd { SESSION_LISTENER, SESSION_CONTROL, SESSION_JVM, SESSION_GUARDIAN, SESSION_REPORT, SESSION_LOCK, SESSION_FDS };

/* What is known of a container; every descriptor is -1 when absent. */
struct container {
    char id[CONTAINER_ID_SIZE];
    int mounts;  /* mount namespace with the container's root file system at /root and nothing of the host's */
    int network; /* network namespace */
    int init;    /* pidfd of its first process while it runs */
    int monitor; /* pidfd of the process that drains and reaps it */
    int proxy;   /* pidfd of the process that serves its published ports */
    pid_t init_pid; /* in the session's PID namespace */
    pid_t monitor_pid;
    bool unheld; /* one of the descriptors could not be kept */
};

/* What every worker inherits. */
struct session {
    int control;  /* to the guardian, for listeners */
    int registry; /* to PID 1, for changes of the table */
    int proc;     /* a private procfs of the session's PID namespace */
    int host;     /* mount namespace of the session, a slave of the host's */
    int disk;     /* the session's folder, where containers write elsewhere; see space.h */
    const char *folder; /* its path on the host */
    int empty;    /* mount namespace from which containers are built: an empty /root and /below, the store's layers at
                   * /layers, the session's folder at /session, and nothing else of the host's */
    struct container *containers;
    uint32_t container_count;
};

/* `layers` and `folder`: the store's unpacked layers and the session's own folder, host paths. Returns the exit code. */
int session_main(const char *layers, const char *folder);

/* Closes the descriptors of every container but this one, so that no worker prolongs the life of a container it has nothing
 * to do with. `container` is NULL when there is none by that id. */
int session_select(struct session *session, const char *id, struct container **container, struct failure *failure);

enum change { CHANGE_CREATED = 1, CHANGE_STARTED = 2, CHANGE_ENDED = 3, CHANGE_FORGOTTEN = 4 };

/* Tells PID 1 of a change. CREATED passes mounts, network and, when there is one, proxy; STARTED passes init and monitor.
 * PID 1 reads changes before it accepts, so whoever hears of a container afterwards finds it in the table. */
int session_change(const struct session *session, enum change change, const struct container *container,
                   struct failure *failure);

#endif
