/* Labels of the kernel's security modules: of a process, when it executes its program, and of files. */
#ifndef BIVOUAC_LABEL_H
#define BIVOUAC_LABEL_H

#include "report.h"

enum label_module { LABEL_NONE = 0, LABEL_APPARMOR = 1, LABEL_SELINUX = 2 };

/* Asks for a label at the next execve(2) of this thread. `proc` is a procfs that nobody can have put something before: what is
 * written to a file of an image instead would be lost in silence (CVE-2019-16884). */
int label_next_program(int proc, enum label_module module, const char *label, struct failure *failure);

/* Has this process itself be confined from now on, where that is SELinux's to do: what of ours stays in a container is then of its
 * domain, too, and its processes may look at it. */
int label_this_process(int proc, enum label_module module, const char *label, struct failure *failure);

/* Gives an open folder a context of SELinux; what is made in it from now on takes its type. Does nothing where the label is empty
 * or the file system keeps none. */
int label_folder(int folder, const char *label, struct failure *failure);

#endif
