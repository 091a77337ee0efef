/* A hostile process exchanges folders for links while the warden works on them. Whatever comes of the work, nothing outside
 * the root is touched. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "io.h"
#include "path.h"
#include "records.h"
#include "remove.h"
#include "testing.h"
#include "tree.h"

enum { MILLISECONDS = 300 };

/* One try of the work under test. */
typedef void work(int root, unsigned number);

/* root/door is a folder half of the time, the other half a link out of the root. */
static void swap_for_ever(int root) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        renameat2(root, "door", root, "trap", RENAME_EXCHANGE);
    }
}

static bool is_untouched(int canary) {
    struct stat status;
    int count = 0;
    OWNED_LIST names = folder_open_list(canary);
    while (names != NULL && folder_next(names) != NULL) {
        count++;
    }
    return count == 1 && fstatat(canary, "sleeps", &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_size == 7
           && (status.st_mode & 07777) == 0640;
}

static void race(int folder, const char *name, work *work) {
    char canary_path[256];
    char self[64];
    OWNED_FD canary = openat(folder, "canary", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED_FD root = mkdirat(folder, name, 0755) == 0 ? openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    snprintf(self, sizeof self, "/proc/self/fd/%d", canary);
    ssize_t length = readlink(self, canary_path, sizeof canary_path - 1);
    canary_path[length > 0 ? length : 0] = '\0';
    expect(length > 0 && mkdirat(root, "door", 0755) == 0 && symlinkat(canary_path, root, "trap") == 0, name);
    pid_t enemy = fork();
    if (enemy == 0) {
        swap_for_ever(root);
    }
    int64_t end = now_milliseconds() + MILLISECONDS;
    for (unsigned number = 0; now_milliseconds() < end; number++) {
        work(root, number);
    }
    kill(enemy, SIGKILL);
    waitpid(enemy, NULL, 0);
    expect(is_untouched(canary), name);
}

static void open_paths(int root, unsigned number) {
    (void)number;
    OWNED_FD file = path_open(root, "door/sleeps", O_RDWR, 0);
    expect(file < 0, "the canary is not opened");
}

static void make_paths(int root, unsigned number) {
    char path[64];
    snprintf(path, sizeof path, "/door/folder-%u/inner", number);
    OWNED_FD folder = path_make_folder(root, path, 0755);
    snprintf(path, sizeof path, "/door/file-%u", number);
    OWNED_FD file = path_make_file(root, path);
}

static void remove_trees(int root, unsigned number) {
    struct failure failure = {0};
    char path[64];
    snprintf(path, sizeof path, "/door/deep-%u", number);
    OWNED_FD folder = path_make_folder(root, path, 0755);
    remove_tree_at(root, "door", &failure);
    mkdirat(root, "door", 0755);
}

static void write_trees(int root, unsigned number) {
    OWNED_WRITER writer = {0};
    struct failure failure = {0};
    const struct tree request = {.path = "/"};
    struct tree_roots roots = {.root = root, .below = -1, .output = -1};
    char path[64];
    snprintf(path, sizeof path, "door/file-%u", number % 100);
    const struct entry entries[] = {
        {.type = ENTRY_FILE, .path = path, .mode = 0600, .size = 3},
        {.type = ENTRY_FILE, .path = "door/sleeps", .mode = 0600, .size = 3},
        {.type = ENTRY_HARD_LINK, .path = "door/link", .target = "door/sleeps"},
        {.type = ENTRY_FOLDER, .path = "door", .mode = 0700},
    };
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        put_record(&writer, &entries[i], "new");
    }
    put_end(&writer);
    OWNED_FD stream = file_of(writer.data, writer.length);
    tree_write(NULL, &roots, stream, &request, &failure);
}

/* The content of the canary is never read. */
static void read_trees(int root, unsigned number) {
    (void)number;
    struct failure failure = {0};
    const struct tree request = {.path = "/", .flags = TREE_CONTENT | TREE_RECURSE};
    struct tree_roots roots = {.root = root, .below = -1, .output = -1};
    OWNED_FD stream = file_of("", 0);
    tree_read(&roots, stream, &request, &failure);
    char text[4096];
    lseek(stream, 0, SEEK_SET);
    ssize_t length = read_all(stream, text, sizeof text);
    expect(length >= 0 && memmem(text, (size_t)length, "sleeper", 7) == NULL, "the canary is not read");
}

int main(void) {
    umask(022);
    int folder = testing_folder();
    expect(mkdirat(folder, "canary", 0755) == 0, "preparing the canary");
    OWNED_FD canary = openat(folder, "canary/sleeps", O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    expect(write_all(canary, "sleeper", 7) == 0, "preparing the canary");
    race(folder, "opening", open_paths);
    race(folder, "making", make_paths);
    race(folder, "removing", remove_trees);
    race(folder, "writing", write_trees);
    race(folder, "reading", read_trees);
    close(folder);
    return testing_end();
}
