/* New processes: clone3(2) behaving as fork(2), and the one way programs of ours are executed. */
#ifndef BIVOUAC_SPAWN_H
#define BIVOUAC_SPAWN_H

#include <stdint.h>
#include <sys/types.h>

#include "report.h"

/* Forks with these CLONE_* flags; in the parent the pid and a pidfd, in the child 0. `cgroup` is a folder of the v2
 * hierarchy to be born in, or -1. */
pid_t spawn(uint64_t flags, int cgroup, int *pidfd);

/* The same without a copy of the memory, as vfork(2): `child` runs on this process's own while this one waits, and sees what is
 * written here before; it may write, but must not return and must not end with anything but a program it executes or _exit(2).
 * Descriptors, signal handlers, folders and credentials are its own. Returns when it has done either. Copying page tables, and
 * the page faults that follow in both, are the dearest part of a start where page tables are virtual. */
pid_t spawn_sharing(uint64_t flags, int cgroup, int *pidfd, void (*child)(void *), void *argument);

/* Executes this very binary again with these arguments (NULL-terminated, the role first) and descriptors `fds` at 3, 4, …;
 * returns only on failure. The image is a sealed
 * memfd, so that no process, however privileged inside a container, can change what the host executes next
 * (CVE-2019-5736); where memfds cannot be executed (vm.memfd_noexec=2), a read-only detached mount of the file. */
int execute_self(const char *const arguments[], const int *fds, int count, struct failure *failure);

/* Runs a program of the host to its end with its output discarded: the exit code, or -1. */
int run_program(const char *path, const char *const arguments[]);

#endif
