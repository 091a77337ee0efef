/* Whole streams into a tree, and out of it again: nothing outside the root is touched, what is read is well-formed, and what
 * was read can be written elsewhere and reads the same. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "cage.h"
#include "folder.h"
#include "io.h"
#include "records.h"
#include "remove.h"
#include "target.h"
#include "tree.h"

static struct cage cage;
static FILE *nowhere;
static int base;   /* the tree that is written */
static int copy;   /* what was read of it, written again */
static int below;  /* a tree that lies below */
static int streams[3];

static void refill(int file, const uint8_t *data, size_t size) {
    if (ftruncate(file, 0) != 0 || lseek(file, 0, SEEK_SET) != 0 || write_all(file, data, size) != 0
        || lseek(file, 0, SEEK_SET) != 0) {
        finding("a stream is not kept");
    }
}

static int write_tree(int root, int lower, int stream, uint32_t flags, const char *path) {
    struct tree_roots roots = {.root = root, .below = lower, .output = -1};
    const struct tree request = {.path = path, .name = "name", .flags = flags};
    struct failure failure = {0};
    int result = tree_write(NULL, &roots, stream, &request, &failure);
    if ((result == 0) != (failure.error == 0) || (result != 0 && failure.operation[0] == '\0')) {
        finding("a failure says nothing");
    }
    if (failure.error == EROFS) {
        finding("something of the host was nearly touched"); /* it is read-only, the root is not */
    }
    return failure.error;
}

static int read_tree(int root, int lower, int stream, uint32_t flags, const char *path) {
    const struct tree_roots roots = {.root = root, .below = lower, .output = -1};
    const struct tree request = {.path = path, .flags = flags};
    struct failure failure = {0};
    refill(stream, NULL, 0);
    int result = tree_read(&roots, stream, &request, &failure);
    if (lseek(stream, 0, SEEK_SET) != 0 || (result == 0) != (failure.error == 0)) {
        finding("a failure says nothing");
    }
    if (result == 0 && (show_records(stream, nowhere) < 0 || lseek(stream, 0, SEEK_SET) != 0)) {
        finding("what was read is no tree");
    }
    return failure.error;
}

static bool same_content(int a, int b) {
    struct stat first;
    struct stat second;
    if (fstat(a, &first) != 0 || fstat(b, &second) != 0 || first.st_size != second.st_size) {
        return false;
    }
    uint8_t left[4096];
    uint8_t right[4096];
    for (off_t at = 0; at < first.st_size; at += (off_t)sizeof left) {
        ssize_t count = pread(a, left, sizeof left, at);
        if (count != pread(b, right, sizeof right, at) || memcmp(left, right, count < 0 ? 0 : (size_t)count) != 0) {
            return false;
        }
    }
    return true;
}

/* Too deep for reading, too long for writing, more than fits: all that may be wrong with a tree that was written. */
static bool is_limit(int error) {
    return error == ELOOP || error == ENAMETOOLONG || error == ENOSPC || error == EMFILE || error == ENOMEM;
}

static void check_copy(void) {
    const uint32_t whole = TREE_CONTENT | TREE_RECURSE;
    int error = read_tree(base, -1, streams[1], whole, "/");
    if (error == 0) {
        error = write_tree(copy, -1, streams[1], 0, "/");
    }
    if (error == 0) {
        error = read_tree(copy, -1, streams[2], whole, "/");
        if (error == 0 && !same_content(streams[1], streams[2])) {
            lseek(streams[1], 0, SEEK_SET);
            show_records(streams[1], stderr);
            fprintf(stderr, "became\n");
            show_records(streams[2], stderr);
            finding("a copy differs");
        }
    }
    if (error != 0 && !is_limit(error)) {
        errno = error;
        finding("what was written cannot be copied");
    }
}

static int make_root(const char *name) {
    int root = mkdirat(cage.root, name, 0755) == 0 ? openat(cage.root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (root < 0) {
        finding(name);
    }
    return root;
}

static void fill_below(void) {
    OWNED_WRITER writer = {0};
    const struct entry entries[] = {
        {.type = ENTRY_FOLDER, .path = "a", .mode = 0710},        {.type = ENTRY_FOLDER, .path = "a/b", .mode = 01777},
        {.type = ENTRY_FILE, .path = "a/f", .mode = 0604, .size = 5}, {.type = ENTRY_SYMLINK, .path = "l", .target = "/a"},
        {.type = ENTRY_SYMLINK, .path = "up", .target = "../../../.."}, {.type = ENTRY_FIFO, .path = "p", .mode = 0600},
        {.type = ENTRY_FILE, .path = "f", .mode = 0644, .size = 3},
    };
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        put_record(&writer, &entries[i], "lower");
    }
    put_end(&writer);
    refill(streams[0], writer.data, writer.length);
    if (write_tree(below, -1, streams[0], 0, "/") != 0) {
        finding("preparing what lies below");
    }
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    cage = cage_enter(*count, *arguments, false);
    nowhere = fopen("/dev/null", "w");
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        streams[i] = memfd_create("stream", MFD_CLOEXEC);
    }
    below = make_root("below");
    fill_below();
    close(below);
    return nowhere == NULL;
}

static int open_root(const char *name) {
    return openat(cage.root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* What the first two bytes choose. */
static void run(uint8_t flags, uint8_t variant, int stream) {
    static const char *const paths[] = {"/", "/a", "/a/", "/new/deep", "/l/x", "/up/y"};
    const char *path = paths[variant % 6];
    bool upper = (variant & 0x40) != 0;
    uint32_t writing = (flags & (TREE_KEEP_FOLDERS | TREE_INTO_FOLDER)) | TREE_USER_XATTRS;
    write_tree(base, (variant & 0x80) != 0 ? below : -1, stream, writing, path);
    if (upper) {
        read_tree(base, below, streams[1], (flags & (TREE_CONTENT | TREE_RECURSE)) | TREE_UPPER | TREE_USER_XATTRS, "/");
    }
    read_tree(base, -1, streams[1], flags & (TREE_CONTENT | TREE_RECURSE), path);
    check_copy();
}

/* Two bytes of choices, and the stream. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    struct failure failure = {0};
    cage_begin(&cage);
    below = open_root("below");
    base = make_root("base");
    copy = make_root("copy");
    refill(streams[0], data + 2, size - 2);
    run(data[0], data[1], streams[0]);
    fchdir(cage.folder); /* attributes are set by names relative to the working directory */
    close(below);
    close(base);
    close(copy);
    if (remove_tree_at(cage.root, "base", &failure) != 0 || remove_tree_at(cage.root, "copy", &failure) != 0) {
        finding("a tree is not removed");
    }
    cage_check(&cage);
    return 0;
}
