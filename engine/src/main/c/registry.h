/* What PID 1 of a session knows of its containers, and how its workers ask and tell it. */
#ifndef BIVOUAC_REGISTRY_H
#define BIVOUAC_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "report.h"
#include "request.h"

/* Every descriptor is -1 when absent. */
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

enum change { CHANGE_CREATED = 1, CHANGE_STARTED = 2, CHANGE_ENDED = 3, CHANGE_FORGOTTEN = 4 };

/* Tells PID 1 of a change over the session's registry socket. CREATED passes mounts, network and, when there is one, proxy;
 * STARTED passes init and monitor. PID 1 hears of everything in the order it was told, so whoever hears of a container finds
 * it there. */
int registry_tell(int registry, enum change change, const struct container *container, struct failure *failure);

/* Asks PID 1 for a container and its descriptors, which are the caller's: no worker prolongs the life of one it has nothing to
 * do with. 1, or 0 when there is none by that id, or -1; without a container there are no descriptors. */
int registry_find(int registry, const char *id, struct container *found, struct failure *failure);

void container_close(struct container *container);

/* PID 1's side. Its descriptors start here, so that a worker closes all of them with one close_range(2). */
enum { REGISTRY_FD_BASE = 64 };

struct registry {
    struct container *containers;
    uint32_t count;
    uint32_t capacity;
};

/* Hears and answers whatever waits on the socket. */
void registry_serve(struct registry *registry, int socket);

/* A child of PID 1 has ended: the container of a monitor that was killed ends with it. */
void registry_reaped(struct registry *registry, pid_t pid);

#endif
