/* Tests of what handles paths and files: run as an ordinary process in a folder of its own, under sanitizers. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "links.h"
#include "logs.h"
#include "path.h"
#include "remove.h"
#include "testing.h"

static void close_opened(int fd) {
    if (fd >= 0) {
        close(fd);
    }
}

static int opens(int root, const char *path) {
    int fd = path_open(root, path, O_PATH, 0);
    close_opened(fd);
    return fd >= 0;
}

static void test_paths(int root) {
    expect(mkdirat(root, "in", 0755) == 0 && symlinkat("/in", root, "absolute") == 0
               && symlinkat("../../../../in", root, "dots") == 0 && symlinkat("/nowhere/deep", root, "dangling") == 0
               && symlinkat("loop", root, "loop") == 0 && symlinkat("/etc", root, "etc-of-host") == 0,
           "preparing links");
    expect(opens(root, "/absolute") && opens(root, "dots") && opens(root, "/../../in"), "links stay inside");
    expect(!opens(root, "etc-of-host/passwd") && errno == ENOENT, "the host's files are out of reach");
    expect(!opens(root, "loop") && errno == ELOOP, "a loop is refused");

    int made = path_make_folder(root, "/absolute/a/b/c", 0700);
    struct stat status;
    expect(made >= 0 && fstatat(root, "in/a/b/c", &status, 0) == 0 && (status.st_mode & 0777) == 0700, "folders are made");
    close_opened(made);
    made = path_make_folder(root, "dangling/more", 0755);
    expect(made >= 0 && fstatat(root, "nowhere/deep/more", &status, 0) == 0, "what a link stands for is made");
    close_opened(made);
    expect(path_make_folder(root, "loop/x", 0755) < 0 && errno == ELOOP, "folders behind a loop are refused");
    made = path_make_file(root, "/absolute/f/file");
    expect(made >= 0 && fstatat(root, "in/f/file", &status, 0) == 0 && S_ISREG(status.st_mode), "files are made");
    close_opened(made);

    char name[NAME_SIZE];
    int parent = path_parent(root, "/in/a/", false, name);
    expect(parent >= 0 && strcmp(name, "a") == 0, "the last component is split off");
    close_opened(parent);
    expect(path_parent(root, "/", false, name) < 0 && errno == EISDIR, "the root has no name");
    expect(path_parent(root, "in/..", false, name) < 0 && errno == EISDIR, "dots are no name");
    char long_path[PATH_SIZE + 10];
    memset(long_path, 'a', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = '\0';
    expect(path_make_folder(root, long_path, 0755) < 0 && errno == ENAMETOOLONG, "paths are limited");
}

static void test_removal(int root) {
    struct failure failure = {0};
    expect(mkdirat(root, "deep", 0755) == 0, "preparing a deep tree");
    int at = openat(root, "deep", O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < 3000 && at >= 0; i++) {
        mkdirat(at, "d", 0755);
        int next = openat(at, "d", O_RDONLY | O_DIRECTORY);
        close(at);
        at = next;
    }
    close_opened(at);
    expect(symlinkat("/", root, "deep/root") == 0, "preparing a link to the root");
    expect(remove_tree_at(root, "deep", &failure) == 0, "a deep tree is removed");
    expect(faccessat(root, "deep", F_OK, 0) != 0, "nothing is left of it");
    expect(remove_tree_at(root, "deep", &failure) == 0, "absent is success");
    expect(remove_tree("/", &failure) != 0, "the root is never removed");
}

static void test_logs(int root) {
    struct failure failure = {0};
    struct logs logs;
    char block[1000];
    memset(block, 'x', sizeof block);
    expect(mkdirat(root, "container", 0755) == 0, "preparing logs");
    expect(logs_open(&logs, openat(root, "container", O_RDONLY | O_DIRECTORY), 100000, &failure) == 0, "logs open");
    expect(faccessat(root, "container/logs", F_OK, 0) != 0, "nothing is made before there is output");
    for (int i = 0; i < 1000; i++) {
        logs_append(&logs, 1, block, sizeof block);
    }
    uint64_t end = logs.end;
    expect(end == 1000 * 1016 && logs.lost == 0, "offsets count headers");
    logs_close(&logs);
    expect(logs_open(&logs, openat(root, "container", O_RDONLY | O_DIRECTORY), 100000, &failure) == 0 && logs.end == end,
           "logs go on where they ended");
    logs_append(&logs, 2, "y", 1);
    expect(logs.end == end + 17, "and grow");
    logs_close(&logs);
    struct stat status;
    char name[64];
    uint64_t size = 0;
    for (uint64_t start = 0; start <= end; start += 1016) {
        snprintf(name, sizeof name, "container/logs/%020llu", (unsigned long long)start);
        size += fstatat(root, name, &status, 0) == 0 ? (uint64_t)status.st_size : 0;
    }
    expect(size > 50000 && size < 110000, "the oldest segments go");
}

/* A folder lists its names in no order. */
static void test_segments(int root) {
    for (unsigned long long start = 1000; start <= 16000; start += 1000) {
        struct failure failure = {0};
        struct logs logs;
        char folder[32];
        char name[64];
        snprintf(folder, sizeof folder, "segments-%llu", start);
        snprintf(name, sizeof name, "%s/logs", folder);
        expect(mkdirat(root, folder, 0755) == 0 && mkdirat(root, name, 0755) == 0, "preparing segments");
        for (unsigned long long segment = 2; segment > 0; segment--) {
            snprintf(name, sizeof name, "%s/logs/%020llu", folder, start * segment);
            close_opened(openat(root, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        }
        expect(logs_open(&logs, openat(root, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), 100, &failure) == 0
                   && logs.start == 2 * start && logs.previous == start,
               "the newest segment and the one before it are found");
        logs_close(&logs);
    }
}

/* A limit on the size of files stands for a full disk. */
static void test_full_disk(int root) {
    struct failure failure = {0};
    struct logs logs;
    struct rlimit limit;
    char block[1000];
    memset(block, 'x', sizeof block);
    expect(mkdirat(root, "full", 0755) == 0
               && logs_open(&logs, openat(root, "full", O_RDONLY | O_DIRECTORY | O_CLOEXEC), 1 << 20, &failure) == 0,
           "preparing a log");
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    struct rlimit tight = {.rlim_cur = 2500, .rlim_max = limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &tight);
    for (int i = 0; i < 3; i++) {
        logs_append(&logs, 1, block, sizeof block);
    }
    expect(logs.end == 2 * 1016 && logs.lost == 1000, "what does not fit is counted");
    setrlimit(RLIMIT_FSIZE, &limit);
    logs_append(&logs, 1, block, 10);
    struct stat status;
    expect(logs.end == 2 * 1016 + 26 && fstatat(root, "full/logs/00000000000000000000", &status, 0) == 0
               && status.st_size == (off_t)logs.end,
           "no half record stays in the way of the next");
    logs_close(&logs);
}

static void test_links(void) {
    struct links links = {0};
    for (ino_t inode = 1; inode <= 5000; inode++) {
        char path[32];
        struct stat status = {.st_dev = 1, .st_ino = inode};
        snprintf(path, sizeof path, "path%lu", (unsigned long)inode);
        expect(links_find(&links, &status) == NULL, "a file nobody noted is unknown");
        links_note(&links, &status, path);
    }
    struct stat status = {.st_dev = 1, .st_ino = 4711};
    const char *first = links_find(&links, &status);
    expect(first != NULL && strcmp(first, "path4711") == 0, "a file that was noted is found");
    links_free(&links);
}

/* without-openat2: leaves out what an emulator that lacks the call cannot run. */
int main(int count, char **arguments) {
    int root = testing_folder();
    if (count < 2 || strcmp(arguments[1], "without-openat2") != 0) {
        test_paths(root);
    }
    test_removal(root);
    test_logs(root);
    test_segments(root);
    test_full_disk(root);
    test_links();
    close(root);
    return testing_end();
}
