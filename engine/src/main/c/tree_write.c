#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "ends.h"
#include "entry.h"
#include "input.h"
#include "io.h"
#include "layer.h"
#include "path.h"
#include "remove.h"
#include "tree.h"
#include "whiteout.h"

enum { HOLE_SIZE = 4096 };

struct writing {
    const struct tree *request;
    struct session *session;
    struct tree_roots *roots;
    struct layer layer;
    char base[PATH_SIZE];  /* the folder paths are relative to, itself relative to the root; empty: the root */
    const char *single;    /* the only file goes under this name */
    int parent;            /* the folder of the last entry, and its path as the record gave it */
    char parent_path[PATH_SIZE];
    int file;              /* regular file being filled */
    struct entry filling;
    uint64_t left;
    struct ends ends;
    struct failure *failure;
};

static int write_failed(struct writing *writing, const char *syscall, const char *path) {
    return fail(writing->failure, "write the tree", syscall, path[0] == '\0' ? writing->request->path : path);
}

/* A record's path as the root sees it. Links met on the way are resolved against the root, not against the base. */
static int join(const struct writing *writing, const char *path, size_t length, char joined[PATH_SIZE]) {
    size_t base = strlen(writing->base);
    if (base + length + 2 > PATH_SIZE) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(joined, writing->base, base);
    joined[base] = '/';
    memcpy(joined + base + 1, path, length);
    joined[base + 1 + length] = '\0';
    return 0;
}

/* Only of a layer it is known what lies below. */
static int make_parent(struct writing *writing, const char *path) {
    bool layered = writing->roots->below >= 0 || writing->roots->later;
    path_prepare *prepare = layered ? layer_prepare_parent : NULL;
    return path_make_folders(writing->roots->root, path, 0755, prepare, &writing->layer);
}

/* Opens the folder of this path, of `length` bytes; usually it is the one of the entry before. */
static int open_parent(struct writing *writing, const char *path, size_t length) {
    char joined[PATH_SIZE];
    if (writing->parent >= 0 && strlen(writing->parent_path) == length
        && memcmp(writing->parent_path, path, length) == 0) {
        return 0;
    }
    fd_close(&writing->parent);
    memcpy(writing->parent_path, path, length);
    writing->parent_path[length] = '\0';
    writing->parent = join(writing, path, length, joined) == 0 ? make_parent(writing, joined) : -1;
    return writing->parent >= 0 ? 0 : write_failed(writing, "openat2", path);
}

/* Opens the folder an entry lies in. */
static int enter_parent(struct writing *writing, const char *path, const char **name) {
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    *name = slash == NULL ? path : slash + 1;
    if (!is_component(*name) || length >= PATH_SIZE) {
        errno = length >= PATH_SIZE ? ENAMETOOLONG : EINVAL;
        return write_failed(writing, "openat2", path);
    }
    return open_parent(writing, path, length);
}

static int set_opaque(struct writing *writing, const char *name, const struct entry *entry) {
    return whiteout_make_opaque(writing->request, writing->parent, name) == 0
               ? 0
               : write_failed(writing, "lsetxattr", entry->path);
}

/* What is in the way goes first; a folder stays for a folder. A folder in place of a whiteout hides what lies below. */
static int make_room(struct writing *writing, struct entry *entry, const char *name, bool *exists) {
    struct stat status;
    *exists = fstatat(writing->parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
    if (!*exists) {
        return errno == ENOENT ? 0 : write_failed(writing, "fstatat", entry->path);
    }
    if (S_ISDIR(status.st_mode) && entry->type == ENTRY_FOLDER) {
        return 0;
    }
    *exists = false;
    int removed = entry->type == ENTRY_FOLDER ? whiteout_is(writing->request, writing->parent, name, &status) : 0;
    if (removed < 0) {
        return write_failed(writing, "lgetxattr", entry->path);
    }
    if (removed > 0) {
        entry->opaque = ENTRY_OPAQUE;
    }
    if (S_ISDIR(status.st_mode) && (writing->request->flags & TREE_KEEP_FOLDERS) != 0) {
        errno = EISDIR;
        return write_failed(writing, "openat", entry->path);
    }
    return remove_tree_at(writing->parent, name, writing->failure);
}

static int set_times(int folder, const char *name, const struct entry *entry) {
    struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, entry->modified};
    return utimensat(folder, name, times, AT_SYMLINK_NOFOLLOW);
}

static bool waits_for_end(const struct entry *entry, const char *attribute) {
    return entry->type == ENTRY_FOLDER && ends_has(attribute);
}

/* Attributes a file system does not keep are left out, as every archiver does. */
static int set_attributes(struct writing *writing, const char *name, const struct entry *entry) {
    if (entry->attribute_count == 0) {
        return 0;
    }
    if (fchdir(writing->parent) != 0) {
        return write_failed(writing, "fchdir", entry->path);
    }
    for (uint32_t i = 0; i < entry->attribute_count; i++) {
        const struct attribute *attribute = &entry->attributes[i];
        if (tree_carries(attribute->name) && !waits_for_end(entry, attribute->name)
            && lsetxattr(name, attribute->name, attribute->value.data, attribute->value.length, 0) != 0
            && errno != EOPNOTSUPP && errno != EPERM) {
            return write_failed(writing, "lsetxattr", entry->path);
        }
    }
    return 0;
}

static int finish_other(struct writing *writing, const char *name, const struct entry *entry) {
    if (fchownat(writing->parent, name, entry->uid, entry->gid, AT_SYMLINK_NOFOLLOW) != 0) {
        return write_failed(writing, "fchownat", entry->path);
    }
    if (set_attributes(writing, name, entry) != 0) {
        return -1;
    }
    if (entry->type != ENTRY_SYMLINK && fchmodat(writing->parent, name, entry->mode, 0) != 0) {
        return write_failed(writing, "fchmodat", entry->path);
    }
    return set_times(writing->parent, name, entry) == 0 ? 0 : write_failed(writing, "utimensat", entry->path);
}

static int begin_file(struct writing *writing, const char *name, const struct entry *entry) {
    writing->file = openat(writing->parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (writing->file < 0) {
        return write_failed(writing, "openat", entry->path);
    }
    writing->filling = *entry;
    writing->left = entry->size;
    return 0;
}

/* Setuid bits are cleared by chown, capabilities too: owner first, then attributes, then mode. A file copied up has those of
 * its source. */
static int finish_file(struct writing *writing, int source) {
    const struct entry *entry = &writing->filling;
    OWNED_FD file = fd_keep(&writing->file);
    struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, entry->modified};
    if (fchown(file, entry->uid, entry->gid) != 0) {
        return write_failed(writing, "fchown", entry->path);
    }
    if (source >= 0 && layer_copy_attributes(source, file) != 0) {
        return write_failed(writing, "fsetxattr", entry->path);
    }
    for (uint32_t i = 0; i < entry->attribute_count; i++) {
        const struct attribute *attribute = &entry->attributes[i];
        if (tree_carries(attribute->name)
            && fsetxattr(file, attribute->name, attribute->value.data, attribute->value.length, 0) != 0
            && errno != EOPNOTSUPP && errno != EPERM) {
            return write_failed(writing, "fsetxattr", entry->path);
        }
    }
    if (fchmod(file, entry->mode) != 0 || futimens(file, times) != 0) {
        return write_failed(writing, "fchmod", entry->path);
    }
    return 0;
}

static int note_end(struct writing *writing, const struct entry *entry) {
    struct span acl = {0};
    char joined[PATH_SIZE];
    for (uint32_t i = 0; i < entry->attribute_count; i++) {
        acl = ends_has(entry->attributes[i].name) ? entry->attributes[i].value : acl;
    }
    return join(writing, entry->path, strlen(entry->path), joined) == 0
                   && ends_add(&writing->ends, joined, entry->modified, acl) == 0
               ? 0
               : write_failed(writing, "malloc", entry->path);
}

static int write_folder(struct writing *writing, const char *name, const struct entry *entry, bool exists) {
    if (exists && (writing->request->flags & TREE_KEEP_FOLDERS) != 0) {
        return 0;
    }
    if (!exists && mkdirat(writing->parent, name, 0700) != 0) {
        return write_failed(writing, "mkdirat", entry->path);
    }
    if (entry->opaque == ENTRY_OPAQUE && set_opaque(writing, name, entry) != 0) {
        return -1;
    }
    return finish_other(writing, name, entry) != 0 ? -1 : note_end(writing, entry);
}

static int write_special(struct writing *writing, const char *name, const struct entry *entry) {
    mode_t type = entry->type == ENTRY_FIFO ? S_IFIFO : entry->type == ENTRY_BLOCK ? S_IFBLK : S_IFCHR;
    if (mknodat(writing->parent, name, type | 0600, makedev(entry->major, entry->minor)) != 0) {
        return write_failed(writing, "mknodat", entry->path);
    }
    return finish_other(writing, name, entry);
}

/* A link to a file that only a layer below has: the file is copied up, as the container would do. */
static int copy_up(struct writing *writing, const char *name, const struct entry *entry) {
    if (layer_below(&writing->layer) <= 0) {
        return write_failed(writing, "linkat", entry->path);
    }
    OWNED_FD source = path_open(writing->roots->below, entry->target, O_RDONLY | O_NONBLOCK, 0);
    OWNED uint8_t *block = malloc(WIRE_CHUNK);
    struct stat status;
    if (source < 0 || block == NULL || fstat(source, &status) != 0) {
        return write_failed(writing, "linkat", entry->path);
    }
    if (!S_ISREG(status.st_mode)) {
        errno = EPERM;
        return write_failed(writing, "linkat", entry->path);
    }
    struct entry copy = *entry;
    copy.mode = status.st_mode & 07777;
    copy.uid = status.st_uid;
    copy.gid = status.st_gid;
    copy.modified = status.st_mtim;
    if (begin_file(writing, name, &copy) != 0) {
        return -1;
    }
    for (ssize_t count; (count = read_all(source, block, WIRE_CHUNK)) != 0;) {
        if (count < 0 || write_all(writing->file, block, (size_t)count) != 0) {
            return write_failed(writing, "write", entry->path);
        }
    }
    return finish_file(writing, source);
}

static int write_hard_link(struct writing *writing, const char *name, const struct entry *entry) {
    char target_name[NAME_SIZE];
    char joined[PATH_SIZE];
    if (join(writing, entry->target, strlen(entry->target), joined) != 0) {
        return write_failed(writing, "linkat", entry->path);
    }
    OWNED_FD target_parent = path_parent(writing->roots->root, joined, false, target_name);
    if (target_parent >= 0 && linkat(target_parent, target_name, writing->parent, name, 0) == 0) {
        return 0;
    }
    return errno == ENOENT ? copy_up(writing, name, entry) : write_failed(writing, "linkat", entry->path);
}

/* Not the layer asks for the impossible, but the store's file system does not have it. */
static int hiding_failed(struct writing *writing, const struct entry *entry) {
    return errno == EPERM ? fail(writing->failure, "hide what lies below", "mknodat", entry->path)
                          : write_failed(writing, "mknodat", entry->path);
}

/* The mark of an opaque folder may come before or after the folder's own record and its children. */
static int write_opaque_mark(struct writing *writing, const struct entry *entry) {
    size_t length = strlen(entry->path);
    if (length >= PATH_SIZE) {
        errno = ENAMETOOLONG;
        return write_failed(writing, "openat2", entry->path);
    }
    if (open_parent(writing, entry->path, length) != 0) {
        return -1;
    }
    if (length > 0) {
        return set_opaque(writing, ".", entry);
    }
    return layer_hide_all(&writing->layer, writing->parent) == 0 ? 0 : hiding_failed(writing, entry);
}

static int write_whiteout(struct writing *writing, const char *name, const struct entry *entry) {
    char joined[PATH_SIZE];
    return join(writing, entry->path, strlen(entry->path), joined) == 0
                   && layer_hide(&writing->layer, writing->parent, name, joined) == 0
               ? 0
               : hiding_failed(writing, entry);
}

static int write_entry(struct writing *writing, struct entry *entry) {
    const char *name;
    bool exists;
    if (entry->type == ENTRY_WHITEOUT && entry->opaque == ENTRY_OPAQUE) {
        return write_opaque_mark(writing, entry);
    }
    if (entry->path[0] == '\0' && entry->type == ENTRY_FOLDER) {
        /* The base folder itself. */
        return open_parent(writing, "", 0) != 0 ? -1 : write_folder(writing, ".", entry, true);
    }
    if (enter_parent(writing, entry->path, &name) != 0) {
        return -1;
    }
    name = writing->single != NULL ? writing->single : name;
    if (make_room(writing, entry, name, &exists) != 0) {
        return -1;
    }
    switch (entry->type) {
    case ENTRY_FILE:
        return begin_file(writing, name, entry);
    case ENTRY_FOLDER:
        return write_folder(writing, name, entry, exists);
    case ENTRY_SYMLINK:
        return symlinkat(entry->target, writing->parent, name) == 0 ? finish_other(writing, name, entry)
                                                                    : write_failed(writing, "symlinkat", entry->path);
    case ENTRY_HARD_LINK:
        return write_hard_link(writing, name, entry);
    case ENTRY_CHARACTER:
    case ENTRY_BLOCK:
    case ENTRY_FIFO:
        return write_special(writing, name, entry);
    case ENTRY_WHITEOUT:
        return write_whiteout(writing, name, entry);
    }
    errno = EPROTO;
    return write_failed(writing, "", entry->path);
}

static int finish_folders(struct writing *writing) {
    struct end_failure failed;
    return ends_apply(&writing->ends, writing->roots->root, &failed) == 0
               ? 0
               : write_failed(writing, failed.syscall, failed.path);
}

/* The record is copied out of the input block, which the next frame overwrites: a file's attributes are set after its
 * content has passed. */
static int take_entry(struct writing *writing, struct span payload, struct arena *arena) {
    arena_free(arena);
    uint8_t *copy = arena_take(arena, payload.length);
    if (copy == NULL) {
        return write_failed(writing, "malloc", "");
    }
    memcpy(copy, payload.data, payload.length);
    struct reader reader = {.at = copy, .end = copy + payload.length, .arena = arena};
    struct entry entry;
    if (decode_entry(&reader, &entry) != 0) {
        return fail_with(writing->failure, reader_error(&reader), "decode the request", "", "entry");
    }
    return write_entry(writing, &entry);
}

/* Blocks of zeros become holes: most files that hold any had holes where they come from. */
static int write_data(const struct writing *writing, struct span bytes) {
    bool zeros = bytes.length >= HOLE_SIZE && bytes.data[0] == 0
                 && memcmp(bytes.data, bytes.data + 1, bytes.length - 1) == 0;
    if (!zeros) {
        return write_all(writing->file, bytes.data, bytes.length);
    }
    bool last = writing->left == bytes.length;
    return lseek(writing->file, (off_t)bytes.length, SEEK_CUR) >= 0
                   && (!last || ftruncate(writing->file, (off_t)writing->filling.size) == 0)
               ? 0
               : -1;
}

static int take_data(struct writing *writing, struct span payload) {
    struct reader reader = {.at = payload.data, .end = payload.data + payload.length};
    struct span bytes = take_bytes(&reader);
    if (!reader_done(&reader) || bytes.length > writing->left) {
        return fail_with(writing->failure, EPROTO, "decode the request", "", "data");
    }
    if (write_data(writing, bytes) != 0) {
        return write_failed(writing, "write", writing->request->path);
    }
    writing->left -= bytes.length;
    return 0;
}

/* One frame: 1 to go on, 0 at the end, -1. */
static int take_frame(struct writing *writing, struct input *input, struct arena *arena) {
    enum frame_type type;
    struct span payload;
    int received = input_next(input, &type, &payload);
    if (received <= 0) {
        return fail_with(writing->failure, received == 0 ? EPIPE : errno, "decode the request", "read", "tree");
    }
    bool filling = writing->file >= 0;
    int result;
    if (type == FRAME_DATA && filling) {
        result = take_data(writing, payload);
    } else if (type == FRAME_ENTRY && !filling) {
        result = take_entry(writing, payload, arena);
    } else if (type == FRAME_END && !filling) {
        return finish_folders(writing);
    } else if (type == FRAME_BELOW && !filling && writing->roots->later) {
        result = tree_open_below(writing->session, writing->roots, writing->request, writing->failure);
    } else {
        result = fail_with(writing->failure, EPROTO, "decode the request", "", "tree");
    }
    if (result == 0 && writing->file >= 0 && writing->left == 0) {
        result = finish_file(writing, -1);
    }
    return result == 0 ? 1 : -1;
}

static int keep_base(struct writing *writing, const char *path) {
    size_t length = strlen(path);
    while (length > 0 && path[length - 1] == '/') {
        length--;
    }
    if (length >= sizeof writing->base) {
        errno = ENAMETOOLONG;
        return write_failed(writing, "openat2", path);
    }
    memcpy(writing->base, path, length);
    writing->base[length] = '\0';
    return 0;
}

/* One file: into a folder under its own name, or to exactly this path. */
static int choose_base(struct writing *writing, char name[NAME_SIZE]) {
    const struct tree *request = writing->request;
    const char *path = request->path;
    if (keep_base(writing, path) != 0 || (request->flags & TREE_INTO_FOLDER) == 0) {
        return writing->failure->error == 0 ? 0 : -1;
    }
    OWNED_FD folder = path_open(writing->roots->root, path, O_PATH | O_DIRECTORY, 0);
    if (folder >= 0 || path[strlen(path) - 1] == '/') {
        writing->single = request->name;
        return 0;
    }
    if (errno != ENOENT && errno != ENOTDIR) {
        return write_failed(writing, "openat2", path);
    }
    OWNED_FD parent = path_parent(writing->roots->root, path, true, name);
    if (parent < 0) {
        return write_failed(writing, "openat2", path);
    }
    char *slash = strrchr(writing->base, '/');
    *(slash != NULL ? slash : writing->base) = '\0';
    writing->single = name;
    return 0;
}

int tree_write(struct session *session, struct tree_roots *roots, int connection, const struct tree *request, struct failure *failure) {
    struct writing writing = {.request = request,
                              .session = session,
                              .roots = roots,
                              .layer = {.request = request, .roots = roots, .ends = &writing.ends},
                              .parent = -1, .file = -1, .failure = failure};
    struct input input = {.fd = connection, .block = malloc(INPUT_SIZE)};
    OWNED_ARENA arena = {0};
    char name[NAME_SIZE];
    int result = input.block == NULL ? fail(failure, "write the tree", "malloc", request->path)
                                     : choose_base(&writing, name);
    if (result == 0) {
        do {
            result = take_frame(&writing, &input, &arena);
        } while (result > 0);
    }
    fd_close(&writing.file);
    fd_close(&writing.parent);
    ends_free(&writing.ends);
    free(input.block);
    return result;
}
