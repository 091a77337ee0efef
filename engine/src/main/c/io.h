/* Descriptors that close themselves, whole reads and writes, descriptors over sockets. */
#ifndef BIVOUAC_IO_H
#define BIVOUAC_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define OWNED_FD __attribute__((cleanup(fd_close))) int
#define OWNED __attribute__((cleanup(memory_free)))

void fd_close(int *fd);
void memory_free(void *pointer_to_pointer);

/* Gives up ownership: the descriptor survives the end of the scope. */
int fd_keep(int *fd);

/* Writes all or fails with -1 and errno. Retries when interrupted. */
int write_all(int fd, const void *data, size_t length);

/* Reads until `length` bytes or the end of file; returns the count, -1 on error. */
ssize_t read_all(int fd, void *data, size_t length);

/* Reads a small text file (of procfs) whole and ends it with NUL; -1 when it cannot be read. */
ssize_t read_text_at(int folder, const char *path, char *text, size_t size);

/* Writes a short text into an existing file (of procfs, sysfs, a control group). */
int write_text_at(int folder, const char *path, const char *text);

/* One datagram with up to FD_PASS_LIMIT descriptors (unix(7), SCM_RIGHTS). */
enum { FD_PASS_LIMIT = 8 };
int send_with_fds(int socket, const void *data, size_t length, const int *fds, size_t count);
ssize_t receive_with_fds(int socket, void *data, size_t length, int *fds, size_t *count);

/* Whether the peer of a stream socket will send nothing more. */
bool has_hung_up(int socket);

int pidfd_of(pid_t pid);
int pidfd_signal(int pidfd, int signal);

/* Waits until the process behind a pidfd has ended, at most `milliseconds`; false when it has not. */
bool pidfd_wait(int pidfd, int milliseconds);

/* Monotonic clock in milliseconds. */
int64_t now_milliseconds(void);

#endif
