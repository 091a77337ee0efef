#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "entry.h"
#include "io.h"
#include "links.h"
#include "path.h"
#include "tree.h"

enum { DEPTH_LIMIT = 1024, PATH_LIMIT = 1 << 20, FLUSH_SIZE = 128 << 10, NAMES_SIZE = 64 << 10, VALUE_SIZE = 64 << 10 };

/* Of one entry, so that its frame fits into the block it is read into again. */
enum { ATTRIBUTES_LIMIT = 512 << 10 };

struct reading {
    const struct tree *request;
    int output;
    struct writer writer;
    struct links links;
    char *path; /* of the entry at hand, relative to where reading started; grows */
    size_t path_length;
    size_t path_capacity;
    char *names; /* scratch for attribute names and values */
    char *value;
    struct failure *failure;
};

/* Sorted names of a folder. */
struct listing {
    struct dirent **names;
    int count; /* -1 when they could not be read */
};

static void listing_free(struct listing *listing) {
    for (int i = 0; i < listing->count; i++) {
        free(listing->names[i]);
    }
    free(listing->names);
}

static int compare_names(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_entry(const struct dirent *entry) {
    return is_component(entry->d_name);
}

static int list(int folder, struct listing *listing) {
    *listing = (struct listing){0};
    listing->count = scandirat(folder, ".", &listing->names, is_entry, compare_names);
    return listing->count < 0 ? -1 : 0;
}

static int compare_name(const void *name, const void *entry) {
    return strcmp(name, (*(const struct dirent *const *)entry)->d_name);
}

static bool contains(const struct listing *listing, const char *name) {
    return listing->count > 0
           && bsearch(name, listing->names, (size_t)listing->count, sizeof(struct dirent *), compare_name) != NULL;
}

static int push_name(struct reading *reading, const char *name) {
    size_t length = strlen(name);
    size_t needed = reading->path_length + length + 2;
    if (needed > PATH_LIMIT) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (needed > reading->path_capacity) {
        char *grown = realloc(reading->path, needed * 2);
        if (grown == NULL) {
            return -1;
        }
        reading->path = grown;
        reading->path_capacity = needed * 2;
    }
    if (reading->path_length > 0) {
        reading->path[reading->path_length++] = '/';
    }
    memcpy(reading->path + reading->path_length, name, length + 1);
    reading->path_length += length;
    return 0;
}

static void pop_to(struct reading *reading, size_t length) {
    reading->path_length = length;
    reading->path[length] = '\0';
}

static int read_failed(struct reading *reading, const char *syscall) {
    return fail(reading->failure, "read the tree", syscall, reading->path);
}

static int flush_if_full(struct reading *reading) {
    return reading->writer.length < FLUSH_SIZE || writer_flush(&reading->writer, reading->output) == 0
               ? 0
               : read_failed(reading, "write");
}

/* An attribute that was removed meanwhile, or that is not for us to see. */
static bool is_withheld(int error) {
    return error == ENODATA || error == EOPNOTSUPP || error == EPERM || error == EACCES || error == EOVERFLOW;
}

/* By name relative to the working directory and without following: descriptors of links and devices have no attributes of
 * their own, and paths of procfs are not needed. */
static int put_attributes(struct reading *reading, int folder, const char *name) {
    size_t count_at = reading->writer.length;
    uint32_t count = 0;
    put_u32(&reading->writer, 0);
    ssize_t length = fchdir(folder) == 0 ? llistxattr(name, reading->names, NAMES_SIZE) : -1;
    if (length < 0) {
        return errno == EOPNOTSUPP || errno == ENOENT ? 0 : read_failed(reading, "llistxattr");
    }
    for (char *at = reading->names; at < reading->names + length; at += strlen(at) + 1) {
        ssize_t size = tree_carries(at) ? lgetxattr(name, at, reading->value, VALUE_SIZE) : -1;
        if (size < 0 && tree_carries(at) && !is_withheld(errno)) {
            return read_failed(reading, "lgetxattr");
        }
        if (size >= 0) {
            if (reading->writer.length - count_at + (size_t)size > ATTRIBUTES_LIMIT) {
                errno = E2BIG;
                return read_failed(reading, "lgetxattr");
            }
            put_text(&reading->writer, at);
            put_bytes(&reading->writer, reading->value, (size_t)size);
            count++;
        }
    }
    if (!reading->writer.bad) {
        for (size_t i = 0; i < 4; i++) {
            reading->writer.data[count_at + i] = (uint8_t)(count >> 8 * i);
        }
    }
    return 0;
}

static enum entry_type type_of(const struct stat *status) {
    switch (status->st_mode & S_IFMT) {
    case S_IFDIR:
        return ENTRY_FOLDER;
    case S_IFLNK:
        return ENTRY_SYMLINK;
    case S_IFCHR:
        return ENTRY_CHARACTER;
    case S_IFBLK:
        return ENTRY_BLOCK;
    case S_IFIFO:
        return ENTRY_FIFO;
    default:
        return ENTRY_FILE;
    }
}

/* Nothing lies below where it cannot: beneath a file, or a link. */
static bool is_absent(int error) {
    return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

static int compare_below(struct reading *reading, int below, const char *name, const struct stat *status,
                         enum entry_below *relation) {
    struct stat other;
    *relation = BELOW_ABSENT;
    if (below < 0 || fstatat(below, name, &other, AT_SYMLINK_NOFOLLOW) != 0) {
        return below < 0 || is_absent(errno) ? 0 : read_failed(reading, "fstatat");
    }
    bool same = status->st_mode == other.st_mode && status->st_uid == other.st_uid && status->st_gid == other.st_gid
                && status->st_mtim.tv_sec == other.st_mtim.tv_sec && status->st_mtim.tv_nsec == other.st_mtim.tv_nsec
                && (S_ISDIR(status->st_mode) || status->st_size == other.st_size);
    *relation = same ? BELOW_SAME : BELOW_DIFFERS;
    return 0;
}

static void put_head(struct reading *reading, enum entry_type type, enum entry_below below, const struct stat *status,
                     const char *target) {
    struct writer *writer = &reading->writer;
    put_u8(writer, (uint8_t)type);
    put_u8(writer, (uint8_t)below);
    put_text(writer, reading->path);
    put_u32(writer, status->st_mode & 07777);
    put_u32(writer, status->st_uid);
    put_u32(writer, status->st_gid);
    put_u64(writer, (uint64_t)status->st_mtim.tv_sec);
    put_u32(writer, (uint32_t)status->st_mtim.tv_nsec);
    /* As many bytes as follow: none when content was not asked for. */
    bool content = type == ENTRY_FILE && (reading->request->flags & TREE_CONTENT) != 0;
    put_u64(writer, content ? (uint64_t)status->st_size : 0);
    put_u32(writer, major(status->st_rdev));
    put_u32(writer, minor(status->st_rdev));
    put_text(writer, target);
}

static int emit_whiteout(struct reading *reading, const char *name) {
    struct stat none = {0};
    size_t mark = reading->path_length;
    if (push_name(reading, name) != 0) {
        return read_failed(reading, "push");
    }
    size_t start = reading->writer.length;
    put_frame(&reading->writer, FRAME_ENTRY);
    put_head(reading, ENTRY_WHITEOUT, BELOW_DIFFERS, &none, "");
    put_u32(&reading->writer, 0);
    end_frame(&reading->writer, start);
    pop_to(reading, mark);
    return flush_if_full(reading);
}

/* Exactly `size` bytes follow, as announced: a file that shrinks meanwhile is filled up with zeros, one that grows is cut. */
static int send_content(struct reading *reading, int file, uint64_t size) {
    OWNED uint8_t *block = malloc(WIRE_CHUNK);
    if (block == NULL) {
        return read_failed(reading, "malloc");
    }
    while (size > 0) {
        size_t wanted = size < WIRE_CHUNK ? (size_t)size : WIRE_CHUNK;
        ssize_t count = read_all(file, block, wanted);
        if (count < 0) {
            return read_failed(reading, "read");
        }
        memset(block + count, 0, wanted - (size_t)count);
        size_t start = reading->writer.length;
        put_frame(&reading->writer, FRAME_DATA);
        put_bytes(&reading->writer, block, wanted);
        end_frame(&reading->writer, start);
        if (flush_if_full(reading) != 0) {
            return -1;
        }
        size -= wanted;
    }
    return 0;
}

static int emit_entry(struct reading *reading, int folder, const char *name, int below, enum entry_type type,
                      const struct stat *status, const char *target) {
    enum entry_below relation;
    if (compare_below(reading, below, name, status, &relation) != 0) {
        return -1;
    }
    size_t start = reading->writer.length;
    put_frame(&reading->writer, FRAME_ENTRY);
    put_head(reading, type, relation, status, target);
    if (put_attributes(reading, folder, name) != 0) {
        reading->writer.length = start; /* what was begun must not reach the reader */
        return -1;
    }
    end_frame(&reading->writer, start);
    return 0;
}

static int emit_file(struct reading *reading, int folder, const char *name, struct stat *status, int below) {
    bool content = (reading->request->flags & TREE_CONTENT) != 0;
    const char *first = status->st_nlink > 1 ? links_find(&reading->links, status) : NULL;
    OWNED_FD file = -1;
    if (content && first == NULL) {
        file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (file < 0 && errno == ENOENT) {
            return 0; /* gone meanwhile, as anything in a running container may be */
        }
        if (file < 0 || fstat(file, status) != 0 || !S_ISREG(status->st_mode)) {
            return read_failed(reading, "openat");
        }
    }
    if (first == NULL && status->st_nlink > 1) {
        links_note(&reading->links, status, reading->path);
    }
    enum entry_type type = first != NULL ? ENTRY_HARD_LINK : ENTRY_FILE;
    if (emit_entry(reading, folder, name, below, type, status, first != NULL ? first : "") != 0) {
        return -1;
    }
    return file >= 0 ? send_content(reading, file, (uint64_t)status->st_size) : flush_if_full(reading);
}

static int emit_other(struct reading *reading, int folder, const char *name, const struct stat *status, int below) {
    char target[PATH_SIZE] = "";
    if (S_ISLNK(status->st_mode)) {
        ssize_t length = readlinkat(folder, name, target, sizeof target - 1);
        if (length < 0) {
            return errno == ENOENT ? 0 : read_failed(reading, "readlinkat");
        }
        target[length] = '\0';
    }
    return emit_entry(reading, folder, name, below, type_of(status), status, target) == 0 ? flush_if_full(reading) : -1;
}

static int take_opaque(struct reading *reading, int folder, bool *opaque) {
    char value[8];
    if ((reading->request->flags & TREE_UPPER) == 0) {
        return 0;
    }
    ssize_t length = fgetxattr(folder, tree_opaque_attribute(reading->request), value, sizeof value);
    if (length < 0 && !is_withheld(errno)) {
        return read_failed(reading, "fgetxattr");
    }
    *opaque |= length == 1 && value[0] == 'y';
    return 0;
}

static int walk_entry(struct reading *reading, int folder, int below, const char *name, bool opaque, int depth);

/* `opaque`: nothing of `below` shines through; it still tells what was there before. */
static int walk_folder(struct reading *reading, int folder, int below, bool opaque, int depth) {
    struct listing upper __attribute__((cleanup(listing_free))) = {0};
    struct listing lower __attribute__((cleanup(listing_free))) = {0};
    if (list(folder, &upper) != 0 || (opaque && below >= 0 && list(below, &lower) != 0)) {
        return read_failed(reading, "getdents");
    }
    for (int i = 0; i < lower.count; i++) {
        const char *name = lower.names[i]->d_name;
        if (!contains(&upper, name) && emit_whiteout(reading, name) != 0) {
            return -1;
        }
    }
    for (int i = 0; i < upper.count; i++) {
        if (walk_entry(reading, folder, below, upper.names[i]->d_name, opaque, depth) != 0) {
            return -1;
        }
    }
    return 0;
}

/* File systems that show the state of the kernel: nothing there is the container's work, and reading may not end. */
static bool is_kernel_view(unsigned long type) {
    switch (type) {
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case DEVPTS_SUPER_MAGIC:
        return true;
    default:
        return false;
    }
}

static int enter_folder(struct reading *reading, int folder, int below, const char *name, bool opaque, int depth) {
    if (depth >= DEPTH_LIMIT) {
        errno = ELOOP;
        return read_failed(reading, "openat");
    }
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    OWNED_FD child = openat(folder, name, flags);
    if (child < 0) {
        return errno == ENOENT ? 0 : read_failed(reading, "openat");
    }
    OWNED_FD child_below = below < 0 ? -1 : openat(below, name, flags);
    if (below >= 0 && child_below < 0 && !is_absent(errno)) {
        return read_failed(reading, "openat");
    }
    struct statfs status;
    if (fstatfs(child, &status) != 0) {
        return read_failed(reading, "fstatfs");
    }
    if (is_kernel_view((unsigned long)status.f_type)) {
        return 0;
    }
    return take_opaque(reading, child, &opaque) == 0 ? walk_folder(reading, child, child_below, opaque, depth + 1) : -1;
}

static int walk_whiteout(struct reading *reading, int below, const char *name) {
    struct stat hidden;
    if (below < 0) {
        return 0;
    }
    if (fstatat(below, name, &hidden, AT_SYMLINK_NOFOLLOW) != 0) {
        return is_absent(errno) ? 0 : read_failed(reading, "fstatat");
    }
    return emit_whiteout(reading, name);
}

static int walk_entry(struct reading *reading, int folder, int below, const char *name, bool opaque, int depth) {
    struct stat status;
    size_t mark = reading->path_length;
    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? 0 : read_failed(reading, "fstatat");
    }
    bool upper = (reading->request->flags & TREE_UPPER) != 0;
    if (upper && S_ISCHR(status.st_mode) && status.st_rdev == 0) {
        return walk_whiteout(reading, below, name);
    }
    if (S_ISSOCK(status.st_mode)) {
        return 0; /* meaningless without the process that listens, and no archive format has them */
    }
    if (push_name(reading, name) != 0) {
        return read_failed(reading, "push");
    }
    int result = S_ISREG(status.st_mode) ? emit_file(reading, folder, name, &status, below)
                                         : emit_other(reading, folder, name, &status, below);
    if (result == 0 && S_ISDIR(status.st_mode) && (reading->request->flags & TREE_RECURSE) != 0) {
        result = enter_folder(reading, folder, below, name, opaque, depth);
    }
    pop_to(reading, mark);
    return result;
}

/* The path named by the user is followed when it is a link; what lies beneath it is taken as it is. */
static int walk_start(struct reading *reading, const struct tree_roots *roots) {
    const char *path = reading->request->path;
    OWNED_FD start = path_open(roots->root, path, O_PATH, 0);
    struct stat status;
    if (start < 0 || fstat(start, &status) != 0) {
        return fail(reading->failure, "read the tree", "openat2", path);
    }
    if (S_ISDIR(status.st_mode)) {
        OWNED_FD folder = path_open(roots->root, path, O_RDONLY | O_DIRECTORY, 0);
        if (folder < 0) {
            return fail(reading->failure, "read the tree", "openat2", path);
        }
        /* The folder itself is the entry with the empty path. */
        bool opaque = false;
        if (emit_other(reading, folder, ".", &status, roots->below) != 0 || take_opaque(reading, folder, &opaque) != 0) {
            return -1;
        }
        bool recurse = (reading->request->flags & TREE_RECURSE) != 0;
        return recurse ? walk_folder(reading, folder, roots->below, opaque, 0) : 0;
    }
    if (!S_ISREG(status.st_mode)) {
        return fail_with(reading->failure, EINVAL, "read the tree", "open", path);
    }
    OWNED_FD file = path_open(roots->root, path, O_RDONLY | O_NONBLOCK, 0);
    if (file < 0) {
        return fail(reading->failure, "read the tree", "openat2", path);
    }
    size_t begin = reading->writer.length;
    put_frame(&reading->writer, FRAME_ENTRY);
    put_head(reading, ENTRY_FILE, BELOW_ABSENT, &status, "");
    put_u32(&reading->writer, 0);
    end_frame(&reading->writer, begin);
    bool content = (reading->request->flags & TREE_CONTENT) != 0;
    return content ? send_content(reading, file, (uint64_t)status.st_size) : 0;
}

int tree_read(const struct tree_roots *roots, int connection, const struct tree *request, struct failure *failure) {
    struct reading reading = {.request = request,
                              .output = roots->output >= 0 ? roots->output : connection,
                              .path = calloc(1, 256),
                              .path_capacity = 256,
                              .names = malloc(NAMES_SIZE),
                              .value = malloc(VALUE_SIZE),
                              .failure = failure};
    int result = reading.path == NULL || reading.names == NULL || reading.value == NULL
                     ? fail_with(failure, ENOMEM, "read the tree", "malloc", request->path)
                     : walk_start(&reading, roots);
    if (result == 0) {
        size_t start = reading.writer.length;
        put_frame(&reading.writer, FRAME_END);
        end_frame(&reading.writer, start);
    }
    if (writer_flush(&reading.writer, reading.output) != 0 && result == 0) {
        result = read_failed(&reading, "write");
    }
    writer_free(&reading.writer);
    links_free(&reading.links);
    free(reading.path);
    free(reading.names);
    free(reading.value);
    return result;
}
