/* The warden: PID 1 of a session's PID namespace. It accepts, forks and reaps, and holds for each container the
 * descriptors that keep it in being; everything else happens in workers it forks. One of them is always forked ahead: a fork
 * takes longer than most requests. */
#ifndef BIVOUAC_SESSION_H
#define BIVOUAC_SESSION_H

#include <stdbool.h>

#include "registry.h"

/* Descriptors the guardian hands over, at 3, 4, …, in this order. */
enum session_fd { SESSION_LISTENER, SESSION_CONTROL, SESSION_JVM, SESSION_GUARDIAN, SESSION_REPORT, SESSION_LOCK, SESSION_FDS };

/* What every worker inherits. */
struct session {
    int control;  /* to the guardian, for listeners */
    int registry; /* to PID 1, which knows the containers; see registry.h */
    int proc;     /* a private procfs of the session's PID namespace; where covered, a clone of the surroundings' */
    bool covered; /* no procfs can be mounted, because what is at /proc is covered in parts */
    int host;     /* mount namespace of the session, a slave of the host's */
    int disk;     /* the session's folder, where containers write elsewhere; see space.h */
    const char *folder; /* its path on the host */
    int empty;    /* mount namespace from which containers are built: empty folders to mount at, the store's layers at
                   * /layers, the session's folder at /session, and nothing else of the host's */
};

/* `layers` and `folder`: the store's unpacked layers and the session's own folder, host paths. `mapped`: the session has a user
 * namespace of its own. Returns the exit code. */
int session_main(const char *layers, const char *folder, bool mapped);

#endif
