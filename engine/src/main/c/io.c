#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void fd_close(int *fd) {
    if (*fd >= 0) {
        int error = errno;
        close(*fd);
        errno = error;
        *fd = -1;
    }
}

void memory_free(void *pointer_to_pointer) {
    void **pointer = pointer_to_pointer;
    free(*pointer);
    *pointer = NULL;
}

int fd_keep(int *fd) {
    int kept = *fd;
    *fd = -1;
    return kept;
}

int write_all(int fd, const void *data, size_t length) {
    const char *at = data;
    while (length > 0) {
        ssize_t count = write(fd, at, length);
        if (count < 0) {
            if (errno == EINTR) {
                continue;
            }
            return -1;
        }
        at += count;
        length -= (size_t)count;
    }
    return 0;
}

ssize_t read_all(int fd, void *data, size_t length) {
    size_t total = 0;
    while (total < length) {
        ssize_t count = read(fd, (char *)data + total, length - total);
        if (count < 0) {
            if (errno == EINTR) {
                continue;
            }
            return -1;
        }
        if (count == 0) {
            break;
        }
        total += (size_t)count;
    }
    return (ssize_t)total;
}

ssize_t read_text_at(int folder, const char *path, char *text, size_t size) {
    OWNED_FD fd = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return -1;
    }
    ssize_t length = read_all(fd, text, size - 1);
    if (length >= 0) {
        text[length] = '\0';
    }
    return length;
}

int write_text_at(int folder, const char *path, const char *text) {
    OWNED_FD fd = openat(folder, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    return fd < 0 ? -1 : write_all(fd, text, strlen(text));
}

int send_with_fds(int socket, const void *data, size_t length, const int *fds, size_t count) {
    if (count > FD_PASS_LIMIT) {
        errno = EINVAL;
        return -1;
    }
    union {
        char bytes[CMSG_SPACE(sizeof(int) * FD_PASS_LIMIT)];
        struct cmsghdr aligned;
    } control = {0};
    struct iovec content = {.iov_base = (void *)(uintptr_t)data, .iov_len = length};
    struct msghdr message = {.msg_iov = &content, .msg_iovlen = 1};
    if (count > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(header), fds, sizeof(int) * count);
    }
    ssize_t sent;
    do {
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)length ? 0 : -1;
}

ssize_t receive_with_fds(int socket, void *data, size_t length, int *fds, size_t *count) {
    union {
        char bytes[CMSG_SPACE(sizeof(int) * FD_PASS_LIMIT)];
        struct cmsghdr aligned;
    } control = {0};
    struct iovec content = {.iov_base = data, .iov_len = length};
    struct msghdr message = {
        .msg_iov = &content, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    *count = 0;
    ssize_t received;
    do {
        received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    if (received < 0) {
        return -1;
    }
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
            *count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            memcpy(fds, CMSG_DATA(header), sizeof(int) * *count);
        }
    }
    return received;
}

bool has_hung_up(int socket) {
    char byte;
    return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

int pidfd_of(pid_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

int pidfd_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int64_t now_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool pidfd_wait(int pidfd, int milliseconds) {
    int64_t end = now_milliseconds() + milliseconds;
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};
    for (;;) {
        int64_t left = end - now_milliseconds();
        int ready = poll(&ended, 1, left > 0 ? (int)left : 0);
        if (ready > 0) {
            return true;
        }
        if (ready == 0 || errno != EINTR) {
            return false;
        }
    }
}
