/* clone3(2) with shared memory, which a function of the C library cannot do: it would return twice on one stack. */
#ifndef BIVOUAC_SHARING_H
#define BIVOUAC_SHARING_H

#include <linux/sched.h>
#include <stddef.h>
#include <sys/types.h>

/* `arguments` asks for CLONE_VM and CLONE_VFORK. The child calls `child` in a frame below this one, and ends with _exit(1) when
 * that returns; the parent goes on when the child has executed a program or ended. -1 and errno when there is none. */
pid_t clone_sharing(const struct clone_args *arguments, size_t size, void (*child)(void *), void *argument);

#endif
