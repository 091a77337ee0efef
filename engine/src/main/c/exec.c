#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "group.h"
#include "io.h"
#include "launch.h"
#include "path.h"
#include "process.h"
#include "protect.h"
#include "spawn.h"
#include "terminal.h"

enum { BLOCK = 64 << 10, STDOUT_SOURCE = 1, STDERR_SOURCE = 2 };

struct running {
    const struct exec *request;
    int proc; /* the session's procfs */
    int connection;
    int init;          /* the container's first process, a pidfd */
    int report[2];
    int input[2];      /* read end, write end; with a terminal the write end is its master */
    int outputs[2][2];
    int terminal[2];   /* a socket pair over which the child hands out the terminal's master */
    int child;         /* pidfd */
    pid_t pid;
    struct group_set groups;
    struct failure failure; /* what went wrong while it ran */
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
            return process_fail_user(&request->process, "fchown", failure);
        }
    }
    return 0;
}

/* The path of a terminal can be replaced in a container that is running (CVE-2025-52565). */
static int open_terminal(const struct running *running, struct failure *failure) {
    const struct exec *request = running->request;
    OWNED_FD root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    OWNED_FD devpts = root < 0 ? -1 : path_open(root, "/dev/pts", O_PATH | O_DIRECTORY, 0);
    if (devpts < 0) {
        return fail(failure, "open a terminal", "openat2", "/dev/pts");
    }
    OWNED_FD master = terminal_master(devpts, failure);
    if (master < 0) {
        return -1;
    }
    OWNED_FD peer = STANDS(OWN_PEER) ? terminal_peer(master, failure) : terminal_named(root, master, O_RDWR | O_NOCTTY);
    if (peer < 0 || terminal_prepare(peer, &request->process, request->columns, request->rows, failure) != 0
        || terminal_use(peer, failure) != 0) {
        return -1;
    }
    return terminal_send(running->terminal[1], &master, 1, failure);
}

static int execute(const struct running *running, struct failure *failure) {
    if (group_join(&running->groups, failure) != 0) {
        return -1;
    }
    if (setns(running->init, CLONE_NEWCGROUP) != 0) {
        return fail(failure, "enter the container's cgroup namespace", "setns", running->request->id);
    }
    if (STANDS(OWN_SESSION) && setsid() < 0) {
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
    if (process_confine(&running->request->process, running->proc, false, failure) != 0) {
        return -1;
    }
    return process_execute(&running->request->process, failure);
}

static void exec_child(void *argument) {
    const struct running *running = argument;
    struct failure failure = {0};
    execute(running, &failure);
    write_all(running->report[1], &failure, sizeof failure);
}

/* The parent stays in the session's PID namespace, so that it can wait for its child; the child is born in the
 * container's. The cgroup namespace is entered by the child alone: where the v2 hierarchy is mounted with nsdelegate, as
 * systemd does, nobody in a namespace moves in from outside of it, not by being born either (ENOENT). */
static int enter_container(const struct container *container, struct failure *failure) {
    int namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET;
    return setns(container->init, namespaces) == 0
               ? 0
               : fail(failure, "enter the container", "setns", container->id);
}

static int receive_terminal(struct running *running, struct failure *failure) {
    fd_close(&running->terminal[1]);
    if (terminal_receive(running->terminal[0], &running->outputs[0][0], 1, failure) != 0) {
        return -1;
    }
    running->input[1] = fcntl(running->outputs[0][0], F_DUPFD_CLOEXEC, 3);
    return running->input[1] >= 0 ? 0 : fail(failure, "open a terminal", "fcntl", "");
}

static int never_block(const struct running *running, struct failure *failure) {
    const int streams[] = {running->outputs[0][0], running->outputs[1][0], running->input[1]};
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        if (streams[i] >= 0 && fcntl(streams[i], F_SETFL, O_NONBLOCK) != 0) {
            return fail(failure, "open the command's streams", "fcntl", "");
        }
    }
    return 0;
}

static int start(struct session *session, struct running *running, struct failure *failure) {
    struct container container;
    if (registry_find(session->registry, running->request->id, &container, failure) < 0) {
        return -1;
    }
    if (container.init < 0) {
        return fail_with(failure, ESRCH, "enter the container", "", running->request->id);
    }
    if (group_open(&running->request->cgroups, false, &running->groups, failure) != 0
        || open_streams(running, failure) != 0 || enter_container(&container, failure) != 0) {
        return -1;
    }
    running->init = container.init;
    running->pid = spawn_sharing(0, running->groups.unified, &running->child, exec_child, running);
    if (running->pid < 0) {
        return fail(failure, "start the command", "clone3", "");
    }
    fd_close(&running->report[1]);
    fd_close(&running->input[0]);
    fd_close(&running->outputs[0][1]);
    fd_close(&running->outputs[1][1]);
    int terminal = running->request->terminal ? receive_terminal(running, failure) : 0;
    /* What the child reports is the cause of what failed here. */
    struct failure reported;
    ssize_t length = read_all(running->report[0], &reported, sizeof reported);
    if (length == sizeof reported) {
        *failure = reported;
        return -1;
    }
    if (length != 0) {
        return fail(failure, "start the command", "read", "");
    }
    return terminal == 0 ? never_block(running, failure) : -1;
}

static int send_output(const struct running *running, uint8_t source, const char *block, size_t length) {
    OWNED_WRITER writer = {0};
    put_frame(&writer, FRAME_OUTPUT);
    put_u8(&writer, source);
    put_bytes(&writer, block, length);
    end_frame(&writer, 0);
    return writer_flush(&writer, running->connection);
}

/* Passes on what is there, one block: 1 while more may follow, 0, or -1 when output was lost. */
static int pass_output(struct running *running, int index, char *block) {
    int fd = running->outputs[index][0];
    ssize_t count = fd < 0 ? 0 : read(fd, block, BLOCK);
    if (count > 0) {
        if (send_output(running, (uint8_t)(index + STDOUT_SOURCE), block, (size_t)count) == 0) {
            return 1;
        }
        return fail(&running->failure, "pass on the command's output", "write", "");
    }
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        return errno == EINTR;
    }
    bool ended = count == 0 || (errno == EIO && running->request->terminal); /* so ends a terminal */
    if (!ended) {
        fail(&running->failure, "pass on the command's output", "read", "");
    }
    fd_close(&running->outputs[index][0]);
    return ended ? 0 : -1;
}

static int pass_outputs(struct running *running, const struct pollfd events[2], char *block) {
    for (int i = 0; i < 2; i++) {
        if (events[i].revents != 0 && pass_output(running, i, block) < 0) {
            return -1;
        }
    }
    return 0;
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
static int feed(struct running *running, struct span input, char *block) {
    size_t done = 0;
    while (done < input.length && running->input[1] >= 0) {
        struct pollfd events[] = {{.fd = running->outputs[0][0], .events = POLLIN},
                                  {.fd = running->outputs[1][0], .events = POLLIN},
                                  {.fd = running->input[1], .events = POLLOUT},
                                  {.fd = running->child, .events = POLLIN}};
        if (poll(events, 4, -1) < 0) {
            continue;
        }
        if (pass_outputs(running, events, block) != 0) {
            return -1;
        }
        if (events[2].revents == 0) {
            if (events[3].revents != 0) {
                return 0;
            }
            continue;
        }
        ssize_t count = write(running->input[1], input.data + done, input.length - done);
        if (count >= 0) {
            done += (size_t)count;
        } else if (errno == EPIPE || errno == EIO) {
            fd_close(&running->input[1]); /* the command, or its terminal, takes no more */
        } else if (errno != EAGAIN && errno != EINTR) {
            return fail(&running->failure, "feed the command", "write", "");
        }
    }
    return 0;
}

/* 0 to go on; -1 when the JVM has hung up, which is no failure, or one is noted. */
static int take_input(struct running *running, char *block) {
    OWNED_FRAME frame = {0};
    int received = frame_receive(running->connection, &frame);
    if (received <= 0) {
        return received == 0 || errno == ECONNRESET ? -1 : fail(&running->failure, "feed the command", "read", "");
    }
    struct reader reader = {.at = frame.payload.data, .end = frame.payload.data + frame.payload.length};
    switch (frame.type) {
    case FRAME_STDIN: {
        struct span input = take_bytes(&reader);
        if (feed(running, input, block) != 0) {
            return -1;
        }
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
        reader.bad = true;
    }
    return reader.bad ? fail_with(&running->failure, EPROTO, "feed the command", "", "") : 0;
}

static void end_command(const struct running *running) {
    kill(-running->pid, SIGKILL);
    pidfd_signal(running->child, SIGKILL);
}

static int reap_command(const struct running *running) {
    int status = 0;
    while (waitpid(running->pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

/* Until the process ends: what it started and left running may keep its streams open for ever. Its status, which counts only
 * when no failure is noted. */
static int relay(struct running *running) {
    char block[BLOCK];
    bool connected = true;
    while (connected) {
        struct pollfd events[] = {{.fd = running->outputs[0][0], .events = POLLIN},
                                  {.fd = running->outputs[1][0], .events = POLLIN},
                                  {.fd = running->connection, .events = POLLIN},
                                  {.fd = running->child, .events = POLLIN}};
        if (poll(events, 4, -1) < 0) {
            continue;
        }
        connected = pass_outputs(running, events, block) == 0
                    && (events[2].revents == 0 || take_input(running, block) == 0);
        if (events[3].revents != 0) {
            break;
        }
    }
    if (!connected) {
        end_command(running);
    }
    int status = reap_command(running);
    for (int i = 0; connected && i < 2; i++) {
        while (pass_output(running, i, block) > 0) {
        }
    }
    return status;
}

void exec_main(struct session *session, int connection, const struct exec *request) {
    struct failure failure = {0};
    struct running running = {
        .request = request,
        .proc = session->proc,
        .connection = connection,
        .report = {-1, -1},
        .input = {-1, -1},
        .outputs = {{-1, -1}, {-1, -1}},
        .terminal = {-1, -1},
        .child = -1,
        .groups = {.unified = -1, .kills = -1},
    };
    if (start(session, &running, &failure) != 0) {
        if (running.pid > 0) {
            end_command(&running);
            reap_command(&running);
        }
        frame_send_failure(connection, &failure);
        return;
    }
    if (frame_send_empty(connection, FRAME_STARTED) != 0) {
        end_command(&running);
        reap_command(&running);
        return;
    }
    int status = relay(&running);
    if (running.failure.error != 0) {
        frame_send_failure(connection, &running.failure);
        return;
    }
    OWNED_WRITER writer = {0};
    put_frame(&writer, FRAME_EXITED);
    put_exit(&writer, status, false);
    end_frame(&writer, 0);
    writer_flush(&writer, connection);
}
