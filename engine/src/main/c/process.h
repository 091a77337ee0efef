/* The last steps of every process a container runs: limits, identity, capabilities, seccomp, execve(2). */
#ifndef BIVOUAC_PROCESS_H
#define BIVOUAC_PROCESS_H

#include <stdbool.h>

#include "report.h"
#include "request.h"

/* Whoever started the engine may have ignored signals, which every program of a container would inherit. Once for a session: a
 * container that reset all of them itself would spend 60 system calls. */
void process_reset_signals(void);

/* Everything but the execution, inside the container's namespaces with its root as the root folder. `proc` is a procfs in
 * which this process is visible; `make_directory` makes a missing working directory. */
int process_confine(const struct process *process, int proc, bool make_directory, struct failure *failure);

/* Puts an input that has ended at descriptor 0: the container's own /dev/null, never the host's, whose mode a root process
 * could change through the descriptor; an empty pipe where the image has put something else there. */
int process_empty_input(struct failure *failure);

/* Executes the first candidate that exists; returns only on failure. */
int process_execute(const struct process *process, struct failure *failure);

/* Says that something could not be given to the process's user, or done as it. */
int process_fail_user(const struct process *process, const char *syscall, struct failure *failure);

#endif
