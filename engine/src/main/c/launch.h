/* Creating and starting a container, and its life as long as it runs: the worker becomes the container's monitor. */
#ifndef BIVOUAC_LAUNCH_H
#define BIVOUAC_LAUNCH_H

#include "ahead.h"
#include "request.h"

/* Answers FRAME_LAUNCHED or FRAME_FAILED on the connection, then FRAME_LOGGED as output arrives and FRAME_EXITED at the
 * end; the container goes on when the JVM hangs up. A creation that fails leaves nothing behind. What was made ahead becomes
 * the container's. */
void launch_main(struct session *session, int connection, struct launch *launch, struct ahead *ahead);

/* The payload of FRAME_EXITED from a wait status: code (u32, 128+n when signalled), signal (u32, 0 if none), whether the
 * kernel killed for want of memory (bool). */
void put_exit(struct writer *writer, int status, bool out_of_memory);

#endif
