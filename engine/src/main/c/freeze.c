#include "freeze.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "group.h"
#include "io.h"

/* Without a freezer: the first process is stopped from outside its namespace, which it cannot refuse, the others by one
 * kill(2) from within. A process that is just forking is restarted before it forks (pending signals interrupt fork), so
 * nothing escapes. What it cannot give is one instant: a capture made so is labelled inexact. */
static int signal_all(const struct container *container, int signal, struct failure *failure) {
    if (pidfd_signal(container->init, signal) != 0) {
        return fail(failure, "signal the container", "pidfd_send_signal", container->id);
    }
    pid_t pid = fork();
    if (pid == 0) {
        /* Two steps: the PID namespace joined by setns(2) is that of children only. */
        if (setns(container->init, CLONE_NEWPID) != 0) {
            _exit(errno);
        }
        pid_t inner = fork();
        if (inner == 0) {
            _exit(kill(-1, signal) == 0 || errno == ESRCH ? 0 : errno);
        }
        int status = 0;
        while (inner > 0 && waitpid(inner, &status, 0) < 0 && errno == EINTR) {
        }
        _exit(inner > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : EAGAIN);
    }
    int status = 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (pid < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return fail_with(failure, pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : EAGAIN, "signal the container",
                         "kill", container->id);
    }
    return 0;
}

static int freeze_one(const struct session *session, const struct freeze_item *item, bool freeze,
                      struct failure *failure) {
    struct container container;
    if (registry_find(session->registry, item->id, &container, failure) < 0) {
        return -1;
    }
    int result;
    if (container.init < 0) {
        result = fail_with(failure, ESRCH, freeze ? "freeze the container" : "thaw the container", "", item->id);
    } else if (item->cgroup.version == 0) {
        result = signal_all(&container, freeze ? SIGSTOP : SIGCONT, failure);
    } else {
        result = group_freeze(&item->cgroup, freeze, failure);
    }
    container_close(&container);
    return result;
}

int freeze_all(struct session *session, const struct freeze *request, struct failure *failure) {
    for (uint32_t i = 0; i < request->item_count; i++) {
        if (freeze_one(session, &request->items[i], request->freeze, failure) == 0) {
            continue;
        }
        struct failure ignored = {0};
        for (uint32_t j = 0; request->freeze && j <= i; j++) { /* what failed may have been frozen half */
            freeze_one(session, &request->items[j], false, &ignored);
        }
        return -1;
    }
    return 0;
}
