/* The label that a security module of the kernel gives a process when it executes its program. */
#ifndef BIVOUAC_LABEL_H
#define BIVOUAC_LABEL_H

#include "report.h"

enum label_module { LABEL_NONE = 0, LABEL_APPARMOR = 1, LABEL_SELINUX = 2 };

/* Asks for a label at the next execve(2) of this thread. `proc` is a procfs that nobody can have put something before: what is
 * written to a file of an image instead would be lost in silence (CVE-2019-16884). */
int label_next_program(int proc, enum label_module module, const char *label, struct failure *failure);

#endif
