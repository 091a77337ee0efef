#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build.h"
#include "discard.h"
#include "group.h"
#include "init.h"
#include "io.h"
#include "listener.h"
#include "monitor.h"
#include "process.h"
#include "protect.h"
#include "proxy.h"
#include "space.h"
#include "spawn.h"
#include "terminal.h"
#include "trace.h"

struct pipes {
    int outputs[2][2]; /* stdout, stderr: read end, write end; with a terminal only its master, which is the first */
    int terminal[2];   /* a socket pair over which the child hands out its terminal */
    int peer;          /* the terminal's other end */
    int report[2];     /* the child's failure, or nothing */
    int proxy[2];      /* a byte once the proxy serves */
};

struct launching {
    struct session *session;
    struct launch *launch;
    int connection; /* to the JVM */
    struct container container;
    struct group_set groups;
    uint64_t kills_before; /* in earlier runs of the container */
    struct logs logs;
    struct pipes pipes;
    struct trace *trace;
    int *listeners;
    uint32_t *ports;
    struct ahead *ahead;
    struct staged staged;
    bool made_folder;
    bool made_groups;
    bool registered;
};

static int open_logs(struct launching *launching, struct failure *failure) {
    int folder = space_open_logs(launching->session, launching->launch->root.folder);
    return folder < 0 ? fail(failure, "open the log", "open", launching->launch->root.folder)
                      : logs_open(&launching->logs, folder, launching->launch->log_limit, failure);
}

static int enter_root(struct launching *launching, struct failure *failure) {
    return ahead_take_root(launching->ahead, &launching->launch->root, &launching->container.mounts, &launching->made_folder,
                           failure);
}

static int open_listeners(struct launching *launching, struct failure *failure) {
    const struct launch *launch = launching->launch;
    launching->listeners = calloc(launch->publication_count + 1, sizeof *launching->listeners);
    launching->ports = calloc(launch->publication_count + 1, sizeof *launching->ports);
    if (launching->listeners == NULL || launching->ports == NULL) {
        return fail(failure, "open the container's listeners", "malloc", "");
    }
    for (uint32_t i = 0; i < launch->publication_count; i++) {
        const struct publication *publication = &launch->publications[i];
        launching->ports[i] = publication->host_port;
        launching->listeners[i] = listener_request(launching->session->control, publication->host_address,
                                                   &launching->ports[i], failure);
        if (launching->listeners[i] < 0) {
            return -1;
        }
    }
    return 0;
}

/* Keeps nothing but the listeners and what it reports on: a descriptor held here would outlive the container's monitor. */
static void run_proxy(const struct launching *launching, int ready) {
    enum { BASE = 256 };
    const struct launch *launch = launching->launch;
    for (uint32_t i = 0; i < launch->publication_count; i++) {
        launching->listeners[i] = fcntl(launching->listeners[i], F_DUPFD_CLOEXEC, BASE);
        if (launching->listeners[i] != BASE + (int)i) {
            return;
        }
    }
    int high = BASE + (int)launch->publication_count;
    if (fcntl(ready, F_DUPFD_CLOEXEC, high) == high) {
        close_range(3, BASE - 1, 0);
        close_range((unsigned)high + 1, ~0U, 0);
        proxy_main(launch, launching->listeners, high);
    }
}

static int start_proxy(struct launching *launching, struct failure *failure) {
    const struct launch *launch = launching->launch;
    if (launch->publication_count == 0) {
        return 0;
    }
    int *ready = launching->pipes.proxy;
    if (pipe2(ready, O_CLOEXEC) != 0) {
        return fail(failure, "start the proxy", "pipe2", "");
    }
    pid_t pid = spawn(0, -1, &launching->container.proxy);
    if (pid < 0) {
        return fail(failure, "start the proxy", "clone3", "");
    }
    if (pid == 0) {
        run_proxy(launching, ready[1]);
        _exit(1);
    }
    fd_close(&ready[1]);
    for (uint32_t i = 0; i < launch->publication_count; i++) {
        fd_close(&launching->listeners[i]);
    }
    return 0;
}

/* Asked late: it has become ready meanwhile. */
static int await_proxy(const struct launching *launching, struct failure *failure) {
    char byte;
    int ready = launching->pipes.proxy[0];
    return ready < 0 || read_all(ready, &byte, 1) == 1 ? 0 : fail_with(failure, ECHILD, "start the proxy", "read", "");
}

static int make_network(struct launching *launching, struct failure *failure) {
    return ahead_take_network(launching->ahead, launching->launch, &launching->container.network, failure) == 0
               ? start_proxy(launching, failure)
               : -1;
}

/* A new container: its mounts, folder and network. */
static int create(struct launching *launching, struct failure *failure) {
    if (open_listeners(launching, failure) != 0) {
        return -1;
    }
    trace_mark(launching->trace, "listeners");
    if (enter_root(launching, failure) != 0) {
        return -1;
    }
    trace_mark(launching->trace, "overlay");
    if (open_logs(launching, failure) != 0) {
        return -1;
    }
    trace_mark(launching->trace, "log");
    if (make_network(launching, failure) != 0) {
        return -1;
    }
    trace_mark(launching->trace, "network");
    return 0;
}

/* A container that was stopped: its mounts and network are still there. */
static int enter(struct launching *launching, struct failure *failure) {
    struct container container;
    int known = registry_find(launching->session->registry, launching->launch->id, &container, failure);
    if (known <= 0) {
        return known < 0 ? -1 : fail_with(failure, ENOENT, "find the container", "", launching->launch->id);
    }
    if (container.init >= 0) {
        container_close(&container);
        return fail_with(failure, EBUSY, "start the container", "", launching->launch->id);
    }
    fd_close(&container.monitor);
    launching->container = container;
    if (setns(container.network, CLONE_NEWNET) != 0 || setns(container.mounts, CLONE_NEWNS) != 0) {
        return fail(failure, "enter the container's namespaces", "setns", launching->launch->id);
    }
    return open_logs(launching, failure);
}

static int open_groups(struct launching *launching, struct failure *failure) {
    const struct cgroups *groups = &launching->launch->cgroups;
    launching->made_groups = launching->launch->create;
    if (launching->made_groups && ahead_take_groups(launching->ahead, groups, failure) != 0) {
        return -1;
    }
    return group_open(groups, launching->made_groups, &launching->groups, failure) == 0
               ? group_kills(&launching->groups, &launching->kills_before, failure)
               : -1;
}

static int open_outputs(struct pipes *pipes, const struct process *process, struct failure *failure) {
    if (pipe2(pipes->outputs[0], O_CLOEXEC) != 0 || pipe2(pipes->outputs[1], O_CLOEXEC) != 0) {
        return fail(failure, "open the container's output", "pipe2", "");
    }
    for (int i = 0; i < 2; i++) {
        /* A program that is not root may open /dev/stdout anew, which checks the pipe's owner. */
        if (fchown(pipes->outputs[i][1], process->uid, process->gid) != 0) {
            return process_fail_user(process, "fchown", failure);
        }
        if (fcntl(pipes->outputs[i][0], F_SETFL, O_NONBLOCK) != 0) {
            return fail(failure, "open the container's output", "fcntl", "");
        }
    }
    return 0;
}

static int open_pipes(struct pipes *pipes, const struct launch *launch, struct failure *failure) {
    if (pipe2(pipes->report, O_CLOEXEC) != 0) {
        return fail(failure, "open the container's output", "pipe2", "");
    }
    if (!launch->terminal) {
        return open_outputs(pipes, &launch->process, failure);
    }
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pipes->terminal) == 0
               ? 0
               : fail(failure, "open the container's output", "socketpair", "");
}

static int use_streams(const struct pipes *pipes, const struct built *built, struct failure *failure) {
    if (built->peer >= 0) {
        const int ends[] = {built->master, built->peer};
        return terminal_use(built->peer, failure) == 0 ? terminal_send(pipes->terminal[1], ends, 2, failure) : -1;
    }
    if (dup2(pipes->outputs[0][1], 1) < 0 || dup2(pipes->outputs[1][1], 2) < 0) {
        return fail(failure, "open the container's output", "dup2", "");
    }
    return process_empty_input(failure);
}

/* The other end stays open here as long as the container runs: a daemon that closes the terminal it was given would otherwise
 * end it, and with it what others write to the console later. */
static int receive_terminal(struct pipes *pipes, struct failure *failure) {
    int ends[2];
    if (terminal_receive(pipes->terminal[0], ends, 2, failure) != 0) {
        return -1;
    }
    fd_close(&pipes->terminal[0]);
    pipes->outputs[0][0] = ends[0];
    pipes->peer = ends[1];
    return fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 ? 0 : fail(failure, "open the container's output", "fcntl", "");
}

/* The last number but one: the last is the one in the innermost namespace. A procfs of the surroundings has numbers of its own, but
 * tells those of all namespaces within (proc_pid_status(5), NSpid). */
static pid_t number_told(int proc) {
    static const char label[] = "\nNSpid:";
    char status[8192];
    if (read_text_at(proc, "self/status", status, sizeof status) < 0) {
        return -1;
    }
    long number = -1;
    long last = -1;
    char *at = strstr(status, label);
    if (at != NULL) {
        at += sizeof label - 1;
        while (*at == '\t') {
            number = last;
            last = strtol(at, &at, 10);
        }
    }
    errno = number < 0 ? ENODATA : errno;
    return (pid_t)number;
}

/* The number by which the session's processes know this one, PID 1 of a namespace in the session's; -1 with errno. */
static pid_t number_in(const struct session *session) {
    char number[16] = "";
    if (session->covered) {
        return number_told(session->proc);
    }
    return readlinkat(session->proc, "self", number, sizeof number - 1) < 0 ? -1 : (pid_t)strtol(number, NULL, 10);
}

/* PID 1 of the session hears of a container from its first process, before that builds or executes anything: whatever becomes of
 * the monitor, it knows whom to end. */
static int register_self(const struct launching *launching, struct failure *failure) {
    struct container container = launching->container;
    OWNED_FD init = pidfd_of(getpid());
    container.init = init;
    container.init_pid = init < 0 ? -1 : number_in(launching->session);
    if (container.init_pid < 0) {
        return fail(failure, "register the container", launching->session->covered ? "read" : "readlinkat", "self");
    }
    return (launching->launch->create && registry_tell(launching->session->registry, CHANGE_CREATED, &container, failure) != 0)
                   || registry_tell(launching->session->registry, CHANGE_STARTED, &container, failure) != 0
               ? -1
               : 0;
}

/* The container's first process, PID 1 of its namespaces. Where it executes a command it shares the monitor's memory, and what
 * that has open is to be left alone in there. */
static int begin(const struct launching *launching, struct failure *failure) {
    const struct launch *launch = launching->launch;
    const struct pipes *pipes = &launching->pipes;
    struct built built;
    trace_mark(launching->trace, "child: begun");
    if (register_self(launching, failure) != 0 || group_join(&launching->groups, failure) != 0) {
        return -1;
    }
    /* Only now: with the flag in the same clone the namespace would be rooted at the parent's group. */
    if (unshare(CLONE_NEWCGROUP) != 0) {
        return fail(failure, "create a cgroup namespace", "unshare", "");
    }
    trace_mark(launching->trace, "child: control group");
    if ((STANDS(OWN_SESSION) && setsid() < 0) || sethostname(launch->hostname, strlen(launch->hostname)) != 0) {
        return fail(failure, "set the host name", "sethostname", launch->hostname);
    }
    if (build_root(launch, &launching->staged, &built, failure) != 0) {
        return -1;
    }
    trace_mark(launching->trace, "child: root");
    /* A JVM that gave up before the container was registered has not found it to discard it. */
    if (has_hung_up(launching->connection)) {
        return fail_with(failure, ECANCELED, "start the container", "", launch->id);
    }
    /* The container's own can be written to, where it has one. */
    int proc = launching->session->covered ? launching->session->proc : built.proc;
    if (await_proxy(launching, failure) != 0 || use_streams(pipes, &built, failure) != 0
        || process_confine(&launch->process, proc, true, failure) != 0) {
        return -1;
    }
    trace_mark(launching->trace, "child: confined");
    return launch->init ? init_run(&launch->process, proc, pipes->report[1], failure)
                        : process_execute(&launch->process, failure);
}

static void container_main(void *argument) {
    const struct launching *launching = argument;
    struct failure failure = {0};
    begin(launching, &failure);
    write_all(launching->pipes.report[1], &failure, sizeof failure);
}

/* An init of ours stays what it is, so it needs a memory of its own. */
static pid_t spawn_first(struct launching *launching) {
    static const uint64_t namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC;
    int group = launching->groups.unified;
    int *pidfd = &launching->container.init;
    if (!launching->launch->init) {
        return spawn_sharing(namespaces, group, pidfd, container_main, launching);
    }
    pid_t pid = spawn(namespaces, group, pidfd);
    if (pid == 0) {
        container_main(launching);
        _exit(1);
    }
    return pid;
}

/* What is mounted is the container's alone. */
static void close_sources(struct launching *launching) {
    build_close_sources(&launching->launch->devices);
    build_close_sources(&launching->launch->ops);
    fd_close(&launching->staged.devices);
}

static int start(struct launching *launching, struct failure *failure) {
    struct pipes *pipes = &launching->pipes;
    struct container *container = &launching->container;
    if (open_pipes(pipes, launching->launch, failure) != 0) {
        return -1;
    }
    container->monitor = pidfd_of(getpid());
    container->monitor_pid = getpid();
    trace_mark(launching->trace, "streams");
    container->init_pid = spawn_first(launching);
    if (container->init_pid < 0) {
        return fail(failure, "create namespaces", "clone3", "");
    }
    launching->registered = true;
    fd_close(&pipes->outputs[0][1]);
    fd_close(&pipes->outputs[1][1]);
    fd_close(&pipes->terminal[1]);
    fd_close(&pipes->report[1]);
    fd_close(&pipes->proxy[0]);
    struct failure reported;
    ssize_t length = read_all(pipes->report[0], &reported, sizeof reported);
    if (length == sizeof reported) {
        *failure = reported;
        return -1;
    }
    if (length != 0) {
        return fail(failure, "start the container", "read", "");
    }
    fd_close(&pipes->report[0]);
    trace_mark(launching->trace, "executed");
    close_sources(launching);
    return launching->launch->terminal ? receive_terminal(pipes, failure) : 0;
}

/* The order matters: the first process, the proxy, then what they lived in. */
static void undo(struct launching *launching) {
    struct failure ignored = {0};
    struct container *container = &launching->container;
    if (container->init >= 0) {
        pidfd_signal(container->init, SIGKILL);
        while (waitpid(container->init_pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    if (launching->registered) {
        registry_tell(launching->session->registry, CHANGE_ENDED, container, &ignored);
    }
    if (!launching->launch->create) {
        return;
    }
    if (container->proxy >= 0) {
        pidfd_signal(container->proxy, SIGKILL);
    }
    if (launching->registered) {
        registry_tell(launching->session->registry, CHANGE_FORGOTTEN, container, &ignored);
    }
    if (launching->made_folder) {
        space_give_up(launching->session, launching->launch->root.folder);
    }
    setns(launching->session->host, CLONE_NEWNS);
    fd_close(&container->mounts);
    group_close(&launching->groups);
    if (launching->made_groups) {
        group_remove_all_of(&launching->launch->cgroups, &ignored);
    }
}

void put_exit(struct writer *writer, int status, bool out_of_memory) {
    int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    put_u32(writer, (uint32_t)(signal != 0 ? 128 + signal : WEXITSTATUS(status)));
    put_u32(writer, (uint32_t)signal);
    put_u8(writer, out_of_memory);
}

static int answer(const struct launching *launching) {
    OWNED_WRITER writer = {0};
    put_frame(&writer, FRAME_LAUNCHED);
    put_u32(&writer, (uint32_t)launching->container.init_pid);
    put_u32(&writer, launching->launch->publication_count);
    for (uint32_t i = 0; i < launching->launch->publication_count; i++) {
        put_u32(&writer, launching->ports == NULL ? 0 : launching->ports[i]);
    }
    put_trace(&writer, launching->trace);
    end_frame(&writer, 0);
    return writer_flush(&writer, launching->connection);
}

/* This process has lived beside the container: what it holds of it goes first. */
static int discard(struct launching *launching, const struct discard *request, struct failure *failure) {
    group_close(&launching->groups);
    logs_close(&launching->logs);
    return setns(launching->session->host, CLONE_NEWNS) == 0
               ? discard_remove(launching->session, &launching->container, request, failure)
               : fail(failure, "leave the container", "setns", request->id);
}

static void report_end(struct launching *launching, int connection, int status) {
    struct failure ignored = {0};
    uint64_t kills;
    OWNED_WRITER writer = {0};
    put_frame(&writer, FRAME_EXITED);
    put_exit(&writer, status, group_kills(&launching->groups, &kills, &ignored) == 0 && kills > launching->kills_before);
    end_frame(&writer, 0);
    writer_flush(&writer, connection);
}

static void live(struct launching *launching) {
    struct failure failure = {0};
    struct monitor monitor = {
        .connection = launching->connection,
        .host = launching->session->host,
        .init = launching->container.init,
        .init_pid = launching->container.init_pid,
        .outputs = {launching->pipes.outputs[0][0], launching->pipes.outputs[1][0]},
        .logs = &launching->logs,
    };
    prctl(PR_SET_NAME, "bivouac-monitor");
    if (answer(launching) != 0) {
        fd_close(&monitor.connection); /* who hears of no container discards it */
    }
    int status = monitor_run(&monitor);
    registry_tell(launching->session->registry, CHANGE_ENDED, &launching->container, &failure);
    if (monitor.connection >= 0) {
        report_end(launching, monitor.connection, status);
    }
    if (monitor_await_discard(&monitor) && discard(launching, &monitor.request, &failure) == 0) {
        frame_send_empty(monitor.connection, FRAME_OK);
    } else if (monitor.discarding) {
        frame_send_failure(monitor.connection, &failure);
    }
    monitor_close(&monitor);
}

void launch_main(struct session *session, int connection, struct launch *launch, struct ahead *ahead) {
    struct failure failure = {0};
    struct launching launching = {
        .session = session,
        .launch = launch,
        .connection = connection,
        .ahead = ahead,
        .trace = launch->trace ? trace_open() : NULL,
        .container = {.mounts = -1, .network = -1, .init = -1, .monitor = -1, .proxy = -1},
        .groups = {.unified = -1, .kills = -1},
        .logs = {.container = -1, .folder = -1, .segment = -1},
        .pipes = {.outputs = {{-1, -1}, {-1, -1}}, .terminal = {-1, -1}, .peer = -1, .report = {-1, -1},
                  .proxy = {-1, -1}},
    };
    launch->process.apart = session->covered;
    memcpy(launching.container.id, launch->id, strlen(launch->id) + 1);
    trace_mark(launching.trace, "worker");
    int result = build_open_sources(&launch->ops, &failure);
    if (result == 0) {
        result = ahead_take_devices(ahead, &launch->devices, &launching.staged, &failure);
    }
    if (result == 0) {
        result = open_groups(&launching, &failure);
        trace_mark(launching.trace, "control group");
    }
    if (result == 0) {
        result = launch->create ? create(&launching, &failure) : enter(&launching, &failure);
    }
    if (result == 0) {
        result = start(&launching, &failure);
    }
    if (result == 0) {
        group_joined(&launching.groups);
        live(&launching);
    } else {
        undo(&launching);
        ahead_close(ahead);
        frame_send_failure(connection, &failure);
    }
    group_close(&launching.groups);
    logs_close(&launching.logs);
}
