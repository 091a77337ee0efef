/* One more process in a running container. */
#ifndef BIVOUAC_EXEC_H
#define BIVOUAC_EXEC_H

#include "request.h"
#include "session.h"

/* Answers FRAME_STARTED or FRAME_FAILED, then FRAME_OUTPUT as it comes and FRAME_EXITED; takes FRAME_STDIN meanwhile. When
 * the JVM hangs up, the process and its process group are killed. */
void exec_main(struct session *session, int connection, const struct exec *request);

#endif
