/* When each phase of a launch was over, for the engine's trace mode. */
#ifndef BIVOUAC_TRACE_H
#define BIVOUAC_TRACE_H

#include "wire.h"

/* Shared by the worker and the container's first process until that executes. NULL when nobody asked: every call then does
 * nothing. */
struct trace;

/* A failure to make one is no reason to fail a launch: NULL. */
struct trace *trace_open(void);

/* Notes that `phase` is over now. */
void trace_mark(struct trace *trace, const char *phase);

/* A count and for each mark its name and the time, in nanoseconds of CLOCK_MONOTONIC. */
void put_trace(struct writer *writer, const struct trace *trace);

#endif
