/* Where containers write: in the session's folder, beside their logs. Where its file system carries no upper directories
 * (an overlay, as inside a container; a network file system), in memory: then /session of the empty namespace is a tmpfs, and
 * the folder on disk keeps what others read, logs and records. */
#ifndef BIVOUAC_SPACE_H
#define BIVOUAC_SPACE_H

#include "session.h"

/* In the empty namespace. */
#define SPACE "/session"

/* Whether the file system of an open folder carries upper directories. */
int space_judge(int folder, bool *fit, struct failure *failure);

/* Decides where, given a clone of the session's folder; in memory, it keeps the clone. */
int space_choose(struct session *session, int *clone, struct failure *failure);

/* Makes the place on disk for a container's logs, unless it is where the container writes. */
int space_prepare(const struct session *session, const char *name, struct failure *failure);

/* Opens the folder of a container's logs, as seen from the empty namespace. */
int space_open_logs(const struct session *session, const char *name);

/* Opens a folder by its path on the host, wherever it really is; may leave this process in the empty namespace. */
int space_open(const struct session *session, const char *path, int flags);

/* Removes what a failed start has made; in the empty namespace. */
void space_give_up(const struct session *session, const char *name);

/* Removes a folder by its path on the host, wherever parts of it are; the same. */
int space_remove(const struct session *session, const char *path, struct failure *failure);

#endif
