#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include "io.h"
#include "path.h"
#include "process.h"

enum { MAJOR_UNIX98_MASTER = 5, MINOR_PTMX = 2 };

static const char operation[] = "open a terminal";

int terminal_master(int devpts, struct failure *failure) {
    OWNED_FD master = openat(devpts, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;
    int unlocked = 0;
    if (master < 0 || fstat(master, &status) != 0) {
        return fail(failure, operation, "openat", "ptmx");
    }
    if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(MAJOR_UNIX98_MASTER, MINOR_PTMX)) {
        return fail_with(failure, ENODEV, operation, "fstat", "ptmx");
    }
    return ioctl(master, TIOCSPTLCK, &unlocked) == 0 ? fd_keep(&master)
                                                     : fail(failure, operation, "ioctl", "TIOCSPTLCK");
}

int terminal_peer(int master, struct failure *failure) {
    int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    return peer >= 0 ? peer : fail(failure, operation, "ioctl", "TIOCGPTPEER");
}

int terminal_named(int root, int master, int flags) {
    char path[32];
    unsigned number;
    if (ioctl(master, TIOCGPTN, &number) != 0) {
        return -1;
    }
    snprintf(path, sizeof path, "/dev/pts/%u", number);
    return path_open(root, path, flags, 0);
}

int terminal_prepare(int peer, const struct process *process, uint32_t columns, uint32_t rows, struct failure *failure) {
    struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
    if (fchown(peer, process->uid, (gid_t)-1) != 0) {
        return process_fail_user(process, "fchown", failure);
    }
    return ioctl(peer, TIOCSWINSZ, &size) == 0 ? 0 : fail(failure, operation, "ioctl", "TIOCSWINSZ");
}

int terminal_use(int peer, struct failure *failure) {
    if (ioctl(peer, TIOCSCTTY, 0) != 0) {
        return fail(failure, operation, "ioctl", "TIOCSCTTY");
    }
    for (int stream = 0; stream <= 2; stream++) {
        if (dup2(peer, stream) < 0) {
            return fail(failure, operation, "dup2", "");
        }
    }
    return 0;
}

int terminal_send(int socket, const int *ends, size_t count, struct failure *failure) {
    return send_with_fds(socket, "", 1, ends, count) == 0 ? 0 : fail(failure, operation, "sendmsg", "");
}

int terminal_receive(int socket, int *ends, size_t count, struct failure *failure) {
    char byte;
    int fds[FD_PASS_LIMIT];
    size_t received = 0;
    if (receive_with_fds(socket, &byte, 1, fds, &received) != 1 || received != count) {
        return fail_with(failure, EPIPE, operation, "recvmsg", "");
    }
    memcpy(ends, fds, count * sizeof *ends);
    return 0;
}
