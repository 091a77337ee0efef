#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "group.h"
#include "io.h"
#include "launch.h"
#include "path.h"
#include "process.h"
#include "spawn.h"

enum { BLOCK = 64 << 10, STDOUT_SOURCE = 1, STDERR_SOURCE = 2, MAJOR_UNIX98_MASTER = 5, MINOR_PTMX = 2 };

struct running {
    const struct exec *request;
    int connection;
    int report[2];
    int input[2];      /* read end, write end; with a terminal the write end is its master */
    int outputs[2][2];
    int terminal[2];   /* a socket pair over which the child hands out the terminal's master */
    int child;         /* pidfd */
    pid_t pid;
    struct group_set groups;
};

static int open_streams(struct running *running, struct failure *failure) {
    const struct exec *request = running->request;
    int result = pipe2(running->report, O_CLOEXEC);
    if (request->terminal) {
        result |= socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, running->terminal);
    } else {
        result |= pipe2(running->outputs[0], O_CLOEXEC) | pipe2(running->outputs[1], O_CLOEXEC);
        result |= request->input ? pipe2(running->input, O_CLOEXEC) : 0;
    }
    if (result != 0) {
        return fail(failure, "open the command's streams", "pipe2", "");
    }
    for (int i = 0; !request->terminal && i < 2; i++) {
        if (fchown(running->outputs[i][1], request->process.uid, request->process.gid) != 0) {
            return fail(failure, "change the user", "fchown", "/dev/stdout");
        }
    }
    return 0;
}

/* From the container's own devpts, so that /dev/tty and ttyname work there; the slave by TIOCGPTPEER, since the path of a
 * slave can be replaced (CVE-2025-52565). */
static int open_terminal(const struct running *running, struct failure *failure) {
    OWNED_FD root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    OWNED_FD master = root < 0 ? -1 : path_open(root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW, 0);
    struct stat status;
    int unlocked = 0;
    if (master < 0 || fstat(master, &status) != 0) {
        return fail(failure, "open a terminal", "openat2", "/dev/pts/ptmx");
    }
    if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(MAJOR_UNIX98_MASTER, MINOR_PTMX)) {
        return fail_with(failure, ENODEV, "open a terminal", "fstat", "/dev/pts/ptmx");
    }
    if (ioctl(master, TIOCSPTLCK, &unlocked) != 0) {
        return fail(failure, "open a terminal", "ioctl", "TIOCSPTLCK");
    }
    OWNED_FD slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct winsize size = {.ws_col = (unsigned short)running->request->columns,
                           .ws_row = (unsigned short)running->request->rows};
    if (slave < 0 || fchown(slave, running->request->process.uid, (gid_t)-1) != 0 || ioctl(slave, TIOCSCTTY, 0) != 0
        || ioctl(slave, TIOCSWINSZ, &size) != 0 || dup2(slave, 0) < 0 || dup2(slave, 1) < 0 || dup2(slave, 2) < 0) {
        return fail(failure, "open a terminal", "ioctl", "TIOCSCTTY");
    }
    return send_with_fds(running->terminal[1], "", 1, &master, 1) == 0
               ? 0
               : fail(failure, "open a terminal", "sendmsg", "");
}

static int exec_child(const struct running *running, int proc, struct failure *failure) {
    if (group_join(&running->groups, failure) != 0) {
        return -1;
    }
    if (setsid() < 0) {
        return fail(failure, "start the command", "setsid", "");
    }
    if (running->request->terminal) {
        if (open_terminal(running, failure) != 0) {
            return -1;
        }
    } else if ((running->request->input ? dup2(running->input[0], 0) : process_empty_input(failure)) < 0 || dup2(running->outputs[0][1], 1) < 0
               || dup2(running->outputs[1][1], 2) < 0) {
        return fail(failure, "open the command's streams", "dup2", "");
    }
    if (process_confine(&running->request->process, proc, false, failure) != 0) {
        return -1;
    }
    return process_execute(&running->request->process, failure);
}

/* The parent stays in the session's PID namespace, so that it can wait for its child; the child is born in the
 * container's. */
static int enter_container(const struct container *container, struct failure *failure) {
    int namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP;
    return setns(container->init, namespaces) == 0
               ? 0
               : fail(failure, "enter the container", "setns", container->id);
}

static int receive_terminal(struct running *running, struct failure *failure) {
    char byte;
    int fds[FD_PASS_LIMIT];
    size_t count = 0;
    fd_close(&running->terminal[1]);
    if (receive_with_fds(running->terminal[0], &byte, 1, fds, &count) != 1 || count != 1) {
        return fail_with(failure, EPIPE, "open a terminal", "recvmsg", "");
    }
    running->outputs[0][0] = fds[0];
    running->input[1] = fcntl(fds[0], F_DUPFD_CLOEXEC, 3);
    return 0;
}

static int start(struct session *session, struct running *running, struct failure *failure) {
    struct container *container = session_select(session, running->request->id);
    if (container == NULL || container->init < 0) {
        return fail_with(failure, ESRCH, "enter the container", "", running->request->id);
    }
    if (group_open(&running->request->cgroups, false, &running->groups, failure) != 0
        || open_streams(running, failure) != 0 || enter_container(container, failure) != 0) {
        return -1;
    }
    running->pid = spawn(0, running->groups.unified, &running->child);
    if (running->pid < 0) {
        return fail(failure, "start the command", "clone3", "");
    }
    if (running->pid == 0) {
        exec_child(running, session->proc, failure);
        write_all(running->report[1], failure, sizeof *failure);
        _exit(1);
    }
    fd_close(&running->report[1]);
    fd_close(&running->input[0]);
    fd_close(&running->outputs[0][1]);
    fd_close(&running->outputs[1][1]);
    int terminal = running->request->terminal ? receive_terminal(running, failure) : 0;
    struct failure reported;
    if (read_all(running->report[0], &reported, sizeof reported) == sizeof reported) {
        *failure = reported;
        return -1;
    }
    return terminal;
}

static void send_output(const struct running *running, uint8_t source, const char *block, size_t length) {
    OWNED_WRITER writer = {0};
    put_frame(&writer, FRAME_OUTPUT);
    put_u8(&writer, source);
    put_bytes(&writer, block, length);
    end_frame(&writer, 0);
    writer_flush(&writer, running->connection);
}

/* Passes on what is there, one block; the end of a terminal is EIO. */
static bool pass_output(struct running *running, int index, char *block) {
    ssize_t count = read(running->outputs[index][0], block, BLOCK);
    if (count > 0) {
        send_output(running, (uint8_t)(index + STDOUT_SOURCE), block, (size_t)count);
        return true;
    }
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
        fd_close(&running->outputs[index][0]);
    }
    return false;
}

static void resize(const struct running *running, struct reader *reader) {
    struct winsize size = {0};
    size.ws_col = (unsigned short)take_u32(reader);
    size.ws_row = (unsigned short)take_u32(reader);
    if (reader_done(reader) && running->request->terminal) {
        ioctl(running->input[1], TIOCSWINSZ, &size);
    }
}

/* Writes to the command's input while it reads, passing on its output meanwhile: a filter that writes as much as it reads
 * would otherwise wait for us as we wait for it. Gives up when the command has ended. */
static void feed(struct running *running, struct span input, char *block) {
    size_t done = 0;
    while (done < input.length && running->input[1] >= 0) {
        struct pollfd events[] = {{.fd = running->input[1], .events = POLLOUT},
                                  {.fd = running->outputs[0][0], .events = POLLIN},
                                  {.fd = running->outputs[1][0], .events = POLLIN},
                                  {.fd = running->child, .events = POLLIN}};
        if (poll(events, 4, -1) < 0) {
            continue;
        }
        for (int i = 0; i < 2; i++) {
            if (events[i + 1].revents != 0) {
                pass_output(running, i, block);
            }
        }
        if (events[0].revents != 0) {
            ssize_t count = write(running->input[1], input.data + done, input.length - done);
            if (count >= 0) {
                done += (size_t)count;
            } else if (errno != EAGAIN && errno != EINTR) {
                fd_close(&running->input[1]);
            }
        } else if (events[3].revents != 0) {
            return;
        }
    }
}

/* False when the JVM has hung up. */
static bool take_input(struct running *running, char *block) {
    OWNED_FRAME frame = {0};
    if (frame_receive(running->connection, &frame) <= 0) {
        return false;
    }
    struct reader reader = {.at = frame.payload.data, .end = frame.payload.data + frame.payload.length};
    switch (frame.type) {
    case FRAME_STDIN: {
        struct span input = take_bytes(&reader);
        feed(running, input, block);
        break;
    }
    case FRAME_STDIN_END:
        if (!running->request->terminal) {
            fd_close(&running->input[1]);
        }
        break;
    case FRAME_WINDOW:
        resize(running, &reader);
        break;
    default:
        return false;
    }
    return !reader.bad;
}

/* Until the process ends: what it started and left running may keep its streams open for ever. */
static int relay(struct running *running) {
    OWNED char *block = malloc(BLOCK);
    bool connected = block != NULL;
    const int streams[] = {running->outputs[0][0], running->outputs[1][0], running->input[1]};
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        if (streams[i] >= 0) {
            fcntl(streams[i], F_SETFL, O_NONBLOCK);
        }
    }
    while (connected) {
        struct pollfd events[] = {{.fd = running->child, .events = POLLIN},
                                  {.fd = running->outputs[0][0], .events = POLLIN},
                                  {.fd = running->outputs[1][0], .events = POLLIN},
                                  {.fd = running->connection, .events = POLLIN}};
        if (poll(events, 4, -1) < 0) {
            continue;
        }
        for (int i = 0; i < 2; i++) {
            if (events[i + 1].revents != 0) {
                pass_output(running, i, block);
            }
        }
        if (events[3].revents != 0) {
            connected = take_input(running, block);
        }
        if (events[0].revents != 0) {
            break;
        }
    }
    if (!connected) {
        kill(-running->pid, SIGKILL);
        pidfd_signal(running->child, SIGKILL);
    }
    int status = 0;
    while (waitpid(running->pid, &status, 0) < 0 && errno == EINTR) {
    }
    for (int i = 0; connected && i < 2; i++) {
        while (running->outputs[i][0] >= 0 && pass_output(running, i, block)) {
        }
    }
    return status;
}

void exec_main(struct session *session, int connection, const struct exec *request) {
    struct failure failure = {0};
    struct running running = {
        .request = request,
        .connection = connection,
        .report = {-1, -1},
        .input = {-1, -1},
        .outputs = {{-1, -1}, {-1, -1}},
        .terminal = {-1, -1},
        .child = -1,
        .groups = {.unified = -1},
    };
    if (start(session, &running, &failure) != 0) {
        frame_send_failure(connection, &failure);
        return;
    }
    frame_send_empty(connection, FRAME_STARTED);
    int status = relay(&running);
    OWNED_WRITER writer = {0};
    put_frame(&writer, FRAME_EXITED);
    put_exit(&writer, status);
    end_frame(&writer, 0);
    writer_flush(&writer, connection);
}
