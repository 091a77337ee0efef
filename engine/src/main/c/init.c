#include "init.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io.h"
#include "label.h"
#include "process.h"
#include "protect.h"

/* Everything has ended: nobody is left to reap. */
_Noreturn static void end_with(int status) {
    _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

/* Ends with the command, whatever else still runs: the kernel kills it then. */
static void reap(pid_t command) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid == command) {
            end_with(status);
        }
    }
}

int init_run(const struct process *process, int proc, int report, struct failure *failure) {
    enum { REPORT = 3 };
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    if (label_this_process(proc, process->label_module, process->label, failure) != 0) {
        return -1;
    }
    /* Nothing else of ours stays open in here. */
    unsigned first = STANDS(INIT_CLOSED) ? REPORT + 1 : (unsigned)report;
    unsigned last = STANDS(INIT_CLOSED) ? ~0U : (unsigned)report;
    if ((report != REPORT && dup3(report, REPORT, O_CLOEXEC) < 0) || close_range(first, last, 0) != 0) {
        return fail(failure, "start the command", "close_range", "");
    }
    if (sigprocmask(SIG_SETMASK, &all, NULL) != 0) {
        return fail(failure, "start the command", "sigprocmask", "");
    }
    pid_t command = fork();
    if (command < 0) {
        return fail(failure, "start the command", "fork", "");
    }
    if (command == 0) {
        sigprocmask(SIG_SETMASK, &none, NULL);
        process_execute(process, failure);
        write_all(REPORT, failure, sizeof *failure);
        _exit(127);
    }
    prctl(PR_SET_NAME, "bivouac-init");
    close(REPORT);
    for (;;) {
        int number = sigwaitinfo(&all, NULL);
        if (number == SIGCHLD) {
            reap(command);
        } else if (number > 0) {
            kill(command, number);
        }
    }
}
