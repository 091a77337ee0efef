/* The end of a container: its processes are killed, then what it had is removed. Asked of its monitor, or of a worker where the
 * monitor is gone. */
#ifndef BIVOUAC_DISCARD_H
#define BIVOUAC_DISCARD_H

#include <stdbool.h>

#include "request.h"
#include "session.h"

enum { END_MILLISECONDS = 30000 };

/* Whether the kill below needs the paths of control groups: those of version 1 are thawed by it. */
bool discard_reaches_groups(const struct discard *request);

/* Kills the first process, a pidfd, at once, frozen or not, and returns when it has ended. Its monitor reaps it. */
int discard_kill(int init, const struct discard *request, struct failure *failure);

/* Removes everything of a container whose first process has been reaped; without one, what it may have left. The caller is in
 * the session's own mount namespace. */
int discard_remove(struct session *session, struct container *container, const struct discard *request,
                   struct failure *failure);

#endif
