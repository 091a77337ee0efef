/* Tests of the monitor: what it logs and what it reports, with processes and pipes of this program's own. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io.h"
#include "monitor.h"
#include "testing.h"
#include "wire.h"

/* What a container of these tests does with its two outputs; its exit code. */
typedef int payload(int out, int err);

struct run {
    int root;
    const char *name; /* of the log's folder beneath the root */
    struct logs logs;
    int connection; /* the JVM's end */
    int status;
    bool awaits; /* whether it stays until it is to discard the container, and then: */
    bool discards;
};

static void run_payload(struct run *run, payload *payload, int connection) {
    int outputs[2][2];
    struct failure failure = {0};
    expect(pipe2(outputs[0], O_CLOEXEC) == 0 && pipe2(outputs[1], O_CLOEXEC) == 0
               && mkdirat(run->root, run->name, 0755) == 0
               && logs_open(&run->logs, openat(run->root, run->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), 16 << 20,
                            &failure) == 0,
           "preparing a run");
    pid_t pid = fork();
    if (pid == 0) {
        _exit(payload(outputs[0][1], outputs[1][1]));
    }
    close(outputs[0][1]);
    close(outputs[1][1]);
    fcntl(outputs[0][0], F_SETFL, O_NONBLOCK);
    fcntl(outputs[1][0], F_SETFL, O_NONBLOCK);
    OWNED_FD init = pidfd_of(pid);
    struct monitor monitor = {.connection = connection,
                              .init = init,
                              .init_pid = pid,
                              .outputs = {outputs[0][0], outputs[1][0]},
                              .logs = &run->logs};
    run->status = monitor_run(&monitor);
    run->discards = run->awaits && monitor_await_discard(&monitor) && strcmp(monitor.request.id, "c1") == 0;
    monitor_close(&monitor);
    fd_close(&monitor.outputs[0]);
    fd_close(&monitor.outputs[1]);
}

static struct run begin(int root, const char *name, payload *payload) {
    int pair[2];
    struct run run = {.root = root, .name = name};
    expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0, "preparing a connection");
    run.connection = pair[0];
    run_payload(&run, payload, pair[1]);
    return run;
}

static void end(struct run *run) {
    fd_close(&run->connection);
    logs_close(&run->logs);
}

struct record {
    uint64_t time;
    uint8_t source;
    uint32_t length;
    char bytes[64];
};

/* The record at this offset of the log's first segment: the offset of the next, 0 when there is none. */
static uint64_t record_at(const struct run *run, uint64_t offset, struct record *record) {
    uint8_t header[16];
    char path[64];
    snprintf(path, sizeof path, "%s/logs/%020d", run->name, 0);
    OWNED_FD file = openat(run->root, path, O_RDONLY | O_CLOEXEC);
    if (pread(file, header, sizeof header, (off_t)offset) != sizeof header) {
        return 0;
    }
    struct reader reader = {.at = header, .end = header + sizeof header};
    record->time = take_u64(&reader);
    record->source = take_u8(&reader);
    uint32_t zeros = take_u8(&reader) | take_u8(&reader) | take_u8(&reader);
    record->length = take_u32(&reader);
    memset(record->bytes, 0, sizeof record->bytes);
    ssize_t count = pread(file, record->bytes, sizeof record->bytes - 1, (off_t)offset + 16);
    record->bytes[record->length < sizeof record->bytes - 1 ? record->length : sizeof record->bytes - 1] = '\0';
    return zeros == 0 && count >= 0 ? offset + 16 + record->length : 0;
}

/* The last notice on the connection: how far the log has grown, and what of it was lost. Other frames are none. */
static bool last_notice(const struct run *run, uint64_t *log_end, uint64_t *lost) {
    bool any = false;
    for (;;) {
        OWNED_FRAME frame = {0};
        int received = frame_receive(run->connection, &frame);
        if (received <= 0) {
            return any && received == 0;
        }
        struct reader reader = {.at = frame.payload.data, .end = frame.payload.data + frame.payload.length};
        *log_end = take_u64(&reader);
        *lost = take_u64(&reader);
        if (frame.type != FRAME_LOGGED || !reader_done(&reader)) {
            return false;
        }
        any = true;
    }
}

static int say_little(int out, int err) {
    return write_all(out, "to stdout", 9) == 0 && write_all(err, "to stderr", 9) == 0 ? 42 : 1;
}

static void test_records(int root) {
    struct run run = begin(root, "records", say_little);
    struct record first;
    struct record second;
    uint64_t log_end = 0;
    uint64_t lost = 1;
    expect(WIFEXITED(run.status) && WEXITSTATUS(run.status) == 42, "the exit code is passed on");
    uint64_t next = record_at(&run, 0, &first);
    uint64_t last = record_at(&run, next, &second);
    expect(next == 25 && last == 50 && record_at(&run, last, &first) == 0, "each piece of output is one record");
    record_at(&run, 0, &first);
    const struct record *out = first.source == 1 ? &first : &second;
    const struct record *err = first.source == 1 ? &second : &first;
    expect(out->source == 1 && strcmp(out->bytes, "to stdout") == 0 && err->source == 2
               && strcmp(err->bytes, "to stderr") == 0,
           "with its source");
    uint64_t now = (uint64_t)time(NULL) * 1000000000;
    expect(first.time <= second.time && first.time > now - 60000000000 && second.time < now + 60000000000,
           "and the time it came");
    expect(last_notice(&run, &log_end, &lost) && log_end == 50 && lost == 0, "the last notice tells the log's end");
    end(&run);
}

static int say_much(int out, int err) {
    static char block[1 << 16];
    memset(block, 'o', sizeof block);
    for (int i = 0; i < 16; i++) {
        if (write_all(i % 2 == 0 ? out : err, block, sizeof block) != 0) {
            return 1;
        }
    }
    return 0;
}

static void test_much_output(int root) {
    struct run run = begin(root, "much", say_much);
    uint64_t log_end = 0;
    uint64_t lost = 1;
    expect(run.status == 0, "nothing is in the way of a container that says much");
    expect(last_notice(&run, &log_end, &lost) && log_end == run.logs.end && log_end > 16 << 16 && lost == 0,
           "all of it is logged");
    end(&run);
}

static int die(int out, int err) {
    write_all(out, "last words", 10);
    (void)err;
    raise(SIGKILL);
    return 0;
}

static void test_signal(int root) {
    struct run run = begin(root, "signal", die);
    struct record record;
    expect(WIFSIGNALED(run.status) && WTERMSIG(run.status) == SIGKILL, "the signal is passed on");
    expect(record_at(&run, 0, &record) == 26 && strcmp(record.bytes, "last words") == 0,
           "what was in the pipes at the end is logged");
    end(&run);
}

static int close_outputs(int out, int err) {
    write_all(out, "x", 1);
    close(out);
    close(err);
    return 7;
}

static void test_closed_outputs(int root) {
    struct run run = begin(root, "closed", close_outputs);
    expect(WEXITSTATUS(run.status) == 7 && run.logs.end == 17, "a container may close its outputs");
    end(&run);
}

static void test_hang_up(int root) {
    int pair[2];
    struct run run = {.root = root, .name = "gone", .connection = -1};
    expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0, "preparing a connection");
    close(pair[0]);
    run_payload(&run, say_much, pair[1]);
    expect(run.status == 0 && run.logs.end > 16 << 16, "a container outlives whoever launched it");
    end(&run);

    struct run alone = {.root = root, .name = "alone", .connection = -1};
    run_payload(&alone, say_much, -1);
    expect(alone.status == 0 && alone.logs.end > 16 << 16, "and needs nobody to listen");
    end(&alone);
}

static uint64_t log_size(const struct run *run) {
    char path[64];
    struct stat status = {0};
    snprintf(path, sizeof path, "%s/logs/%020d", run->name, 0);
    return fstatat(run->root, path, &status, 0) == 0 ? (uint64_t)status.st_size : 0;
}

/* Somebody who does not read must not stop the container; once he reads he hears of its end. */
static void test_deaf_peer(int root) {
    int pair[2];
    char bytes[4096] = {0};
    struct run run = {.root = root, .name = "deaf"};
    expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0, "preparing a connection");
    while (send(pair[1], bytes, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1) {
    }
    expect(errno == EAGAIN, "the connection is full");
    pid_t monitor = fork();
    if (monitor == 0) {
        close(pair[0]);
        run_payload(&run, say_much, pair[1]);
        _exit(run.status == 0 ? 0 : 1);
    }
    close(pair[1]);
    for (int left = 2000; left > 0 && log_size(&run) < 16 << 16; left--) {
        poll(NULL, 0, 10);
    }
    expect(log_size(&run) > 16 << 16, "everything is logged");
    while (read(pair[0], bytes, sizeof bytes) > 0) {
    }
    close(pair[0]);
    int status = 1;
    expect(waitpid(monitor, &status, 0) == monitor && status == 0, "and the monitor ends once somebody has read");
}

static int ask(int connection, enum frame_type type) {
    OWNED_WRITER writer = {0};
    put_frame(&writer, type);
    if (type == FRAME_DISCARD) {
        put_u8(&writer, WIRE_VERSION);
        put_text(&writer, "c1");
        put_u32(&writer, 0);
        put_u32(&writer, 0);
    }
    end_frame(&writer, 0);
    return writer_flush(&writer, connection);
}

static int say_and_stay(int out, int err) {
    write_all(err, "still here", 10);
    (void)out;
    pause();
    return 0;
}

static void test_discard_of_what_runs(int root) {
    int pair[2];
    struct record record;
    struct run run = {.root = root, .name = "running", .awaits = true};
    expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0, "preparing a connection");
    run.connection = pair[0];
    expect(ask(pair[0], FRAME_DRAIN) == 0 && ask(pair[0], FRAME_DISCARD) == 0, "asking");
    run_payload(&run, say_and_stay, pair[1]);
    expect(WIFSIGNALED(run.status) && WTERMSIG(run.status) == SIGKILL, "what is to be discarded is killed");
    expect(run.discards, "and its monitor knows that it goes on");
    expect(run.logs.end == 0 || record_at(&run, 0, &record) == 26, "what it said is logged");
    end(&run);
}

/* The JVM of a container that ends by itself: waits for the end of the log, then asks for this, and reads what comes of it. */
static pid_t begin_jvm(const int pair[2], const enum frame_type *questions, size_t count) {
    pid_t jvm = fork();
    if (jvm != 0) {
        close(pair[0]);
        return jvm;
    }
    close(pair[1]);
    OWNED_FRAME logged = {0};
    bool told = frame_receive(pair[0], &logged) == 1;
    for (size_t i = 0; i < count; i++) {
        ask(pair[0], questions[i]); /* to no avail where the monitor has hung up */
    }
    shutdown(pair[0], SHUT_WR);
    for (char byte; read(pair[0], &byte, 1) > 0;) {
    }
    _exit(told ? 0 : 1);
}

static bool is_discarded_after(int root, const char *name, const enum frame_type *questions, size_t count) {
    int pair[2];
    int status = 1;
    struct run run = {.root = root, .name = name, .connection = -1, .awaits = true};
    expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0, "preparing a connection");
    pid_t jvm = begin_jvm(pair, questions, count);
    run_payload(&run, die, pair[1]);
    expect(waitpid(jvm, &status, 0) == jvm && status == 0, "the end of the log is told, and the monitor hangs up");
    end(&run);
    return run.discards;
}

static void test_discard_of_what_has_ended(int root) {
    static const enum frame_type at_once[] = {FRAME_DISCARD};
    static const enum frame_type late[] = {FRAME_DRAIN, FRAME_DISCARD};
    static const enum frame_type nonsense[] = {FRAME_OK, FRAME_DISCARD};
    expect(is_discarded_after(root, "ended", at_once, 1), "it is discarded when that is asked");
    expect(is_discarded_after(root, "late", late, 2), "also when the end and a question have met");
    expect(!is_discarded_after(root, "left", NULL, 0), "whoever hangs up wants nothing of it");
    expect(!is_discarded_after(root, "nonsense", nonsense, 2), "nor does one who does not know the protocol");
}

/* With nobody at the other end a terminal fails to be read, which is its end. */
static void test_terminal(int root) {
    struct run run = {.root = root, .name = "terminal", .connection = -1};
    struct failure failure = {0};
    struct record record;
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    expect(master >= 0 && unlockpt(master) == 0 && mkdirat(root, run.name, 0755) == 0
               && logs_open(&run.logs, openat(root, run.name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), 16 << 20, &failure) == 0,
           "preparing a terminal");
    int peer = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    pid_t pid = fork();
    if (pid == 0) {
        _exit(write_all(peer, "a line\n", 7) == 0 ? 5 : 1);
    }
    close(peer);
    OWNED_FD init = pidfd_of(pid);
    struct monitor monitor = {
        .connection = -1, .init = init, .init_pid = pid, .outputs = {master, -1}, .logs = &run.logs};
    run.status = monitor_run(&monitor);
    expect(WEXITSTATUS(run.status) == 5 && record_at(&run, 0, &record) == 24 && record.source == 1
               && strcmp(record.bytes, "a line\r\n") == 0,
           "what a terminal was given is logged");
    expect(monitor.outputs[0] == -1, "and its end seen");
    end(&run);
}

int main(void) {
    int root = testing_folder();
    signal(SIGPIPE, SIG_IGN);
    test_records(root);
    test_much_output(root);
    test_signal(root);
    test_closed_outputs(root);
    test_hang_up(root);
    test_deaf_peer(root);
    test_discard_of_what_runs(root);
    test_discard_of_what_has_ended(root);
    test_terminal(root);
    close(root);
    return testing_end();
}
