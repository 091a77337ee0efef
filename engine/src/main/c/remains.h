/* What a session leaves on the host, and its removal: by its own guardian, or by the next one when nobody was left.
 *
 * On disk, in the folder of sessions: <id>.lock, held (open file description lock) as long as guardian or warden live, and
 * <id>/ with a file `session` of one fact a line, written before the fact can be needed:
 *     warden PID STARTTIME BOOTID PIDNS     the session's first process, as the host sees it
 *     socket PATH                           in a folder of its own
 *     cgroup VERSION PATH                   parent of the containers' groups in one hierarchy
 * The lock file is made first and removed last, so a folder without a lock, or a free lock, belongs to a dead session. A
 * free lock still means "try": after SIGKILL it is free before the workloads are gone. */
#ifndef BIVOUAC_REMAINS_H
#define BIVOUAC_REMAINS_H

#include <stdbool.h>
#include <sys/types.h>

#include "report.h"
#include "request.h"

enum { SESSION_PATH_SIZE = 4096 };

/* Makes and locks a session: the lock's descriptor. The session's folder exists afterwards. */
int remains_claim(int sessions, const char *id, struct failure *failure);

/* Writes the record; then, before it is let go, who the warden is. */
int remains_record(int sessions, const struct session_request *request, struct failure *failure);
int remains_record_warden(int sessions, const char *id, pid_t warden, struct failure *failure);

/* Removes one session whose lock is held by the caller: thaws and ends what is left of it, then its groups, socket,
 * folder and lock file. `user_namespace` owns files of mapped ids, -1 where there is none. False: something remains. */
bool remains_clear(int sessions, const char *id, int user_namespace);

/* Clears every session nobody holds. */
void remains_sweep(int sessions, const char *own_id, int user_namespace);

#endif
