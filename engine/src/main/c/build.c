#include "build.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "io.h"
#include "mounts.h"
#include "path.h"
#include "protect.h"
#include "terminal.h"

struct builder {
    int root;
    int proc;       /* the container's procfs */
    bool shown;     /* it is that of the surroundings */
    int null;       /* the verified /dev/null that masks files */
    int empty;      /* the read-only tmpfs that masks folders, attached at its first target */
    int files;      /* the tmpfs that holds files of the engine */
    int devices;    /* the tmpfs mounted at DEVICES, as long as nothing can have been mounted over it */
    dev_t device_files; /* that file system's number */
    int devpts;     /* the container's terminals */
    int master;     /* of the one at the console, and its other end */
    int peer;
    const char *context; /* the label of what lies on file systems made from here on, or none */
    unsigned count; /* of files of the engine */
    const struct process *process;
    struct failure *failure;
};

static const char DEVICES[] = "/dev";

int build_open_sources(const struct ops *ops, struct failure *failure) {
    for (uint32_t i = 0; i < ops->count; i++) {
        struct op *op = &ops->items[i];
        if (op->kind != OP_BIND) {
            continue;
        }
        unsigned recursive = (op->flags & BIND_RECURSIVE) != 0 ? AT_RECURSIVE : 0;
        op->fd = open_tree(AT_FDCWD, op->source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive);
        if (op->fd < 0) {
            return fail(failure, "open the source of a bind mount", "open_tree", op->source);
        }
    }
    return 0;
}

void build_close_sources(const struct ops *ops) {
    for (uint32_t i = 0; i < ops->count; i++) {
        fd_close(&ops->items[i].fd);
    }
}

/* Whatever is mounted there would stand in for procfs before processes of ours (CVE-2019-16884 and its kin). */
static int stay_off_proc(struct builder *builder, int target, const char *path) {
    struct statfs status;
    if (fstatfs(target, &status) != 0) {
        return fail(builder->failure, "make a mount point", "fstatfs", path);
    }
    return STANDS(NO_MOUNT_ON_PROC) && status.f_type == PROC_SUPER_MAGIC
               ? fail_with(builder->failure, EPERM, "mount onto procfs", "", path)
               : 0;
}

/* The name of what lies directly in the container's new /dev, else null. Nobody but the engine has put anything there: no path
 * needs to be walked with care. */
static const char *device_name(const struct builder *builder, const char *path) {
    size_t length = strlen(DEVICES);
    bool within = builder->devices >= 0 && strncmp(path, DEVICES, length) == 0 && path[length] == '/';
    return within && is_component(path + length + 1) ? path + length + 1 : NULL;
}

static int new_device_point(const struct builder *builder, const char *name, bool folder) {
    int made = folder ? mkdirat(builder->devices, name, 0755) : mknodat(builder->devices, name, S_IFREG | 0644, 0);
    return made == 0 ? openat(builder->devices, name, O_PATH | O_NOFOLLOW | O_CLOEXEC) : -1;
}

/* A mount point, made when it is missing. Making it is not the container's work: the folder it lies in keeps its time, so
 * that comparing the container with its image does not name it. */
static int mount_point(struct builder *builder, const char *path, bool folder) {
    const char *device = device_name(builder, path);
    int point = device == NULL ? -1 : new_device_point(builder, device, folder);
    if (point >= 0 || (device != NULL && errno != EEXIST)) {
        return point;
    }
    OWNED_FD existing = path_open(builder->root, path, O_PATH, 0);
    if (existing >= 0) {
        return stay_off_proc(builder, existing, path) == 0 ? fd_keep(&existing) : -1;
    }
    if (errno != ENOENT) {
        return -1;
    }
    char name[NAME_SIZE];
    struct stat status;
    OWNED_FD parent = path_parent(builder->root, path, true, name);
    if (parent < 0 || fstat(parent, &status) != 0) {
        return -1;
    }
    int made = folder ? path_make_folder(builder->root, path, 0755) : path_make_file(builder->root, path);
    struct timespec times[] = {status.st_atim, status.st_mtim};
    int error = errno;
    utimensat(parent, ".", times, 0);
    errno = error;
    return made;
}

static int mask_folder(struct builder *builder, int target, const char *path) {
    const char *options[] = {"mode=755", "size=4k", NULL};
    struct op op = {.kind = OP_MOUNT, .source = "tmpfs", .target = path, .options = options, .option_count = 2,
                    .flags = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC};
    OWNED_FD mount = builder->empty >= 0 ? mounts_clone(builder->empty, 0) : mounts_new(&op, builder->context, builder->failure);
    if (mount < 0 || mounts_attach(mount, target) != 0) {
        return fail(builder->failure, "mask", "move_mount", path);
    }
    if (builder->empty < 0) {
        builder->empty = fd_keep(&mount);
    }
    return 0;
}

/* Where the empty namespace has the surroundings' file system of this type, if this container may see that: it shows processes only
 * to one that is kept apart from them, and neither to one that could take off what covers it. */
static const char *shown_at(const struct builder *builder, const char *type) {
    struct statfs status;
    bool proc = strcmp(type, "proc") == 0 && builder->process->apart;
    const char *place = proc ? "/proc" : strcmp(type, "sysfs") == 0 ? "/sys" : NULL;
    bool could_mount = (builder->process->bounding >> CAP_SYS_ADMIN & 1) != 0;
    bool there = place != NULL && !could_mount && statfs(place, &status) == 0
                 && status.f_type == (proc ? PROC_SUPER_MAGIC : SYSFS_MAGIC);
    return there ? place : NULL;
}

/* The kernel mounts no procfs and no sysfs where those of the surroundings are covered in parts, since new ones would be uncovered:
 * then theirs, with what covers them. */
static int new_view(const struct builder *builder, const struct op *op, bool *shown) {
    OWNED_FD mount = mounts_new(op, builder->context, builder->failure);
    const char *place = mount >= 0 || builder->failure->error != EPERM ? NULL : shown_at(builder, op->source);
    if (place == NULL) {
        return fd_keep(&mount);
    }
    *shown = true;
    *builder->failure = (struct failure){0};
    mount = open_tree(AT_FDCWD, place, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (mount < 0) {
        return fail_in(builder->failure, "mount a file system", "open_tree", op->source, op->target);
    }
    return mounts_set(mount, op->flags, AT_RECURSIVE) == 0
               ? fd_keep(&mount)
               : fail_in(builder->failure, "mount a file system", "mount_setattr", op->source, op->target);
}

/* The surroundings' control groups are none of the container's business. */
static int cover_groups(struct builder *builder, int sysfs, const char *path) {
    OWNED_FD groups = openat(sysfs, "fs/cgroup", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return groups < 0 ? fail_in(builder->failure, "mask", "openat", path, "fs/cgroup")
                      : mask_folder(builder, groups, path);
}

/* From here on what is made directly in it is made by name. */
static int keep_devices(struct builder *builder, int mount) {
    struct stat status;
    fd_close(&builder->devices);
    builder->devices = mount;
    if (fstat(mount, &status) != 0) {
        return fail(builder->failure, "mount a file system", "fstat", DEVICES);
    }
    builder->device_files = status.st_dev;
    return 0;
}

/* An image whose one leads to the other: /proc would cover /dev, or be what is looked for there. */
static int stay_off_devices(struct builder *builder, int target) {
    struct stat status;
    if (fstat(target, &status) != 0) {
        return fail(builder->failure, "make a mount point", "fstat", "/proc");
    }
    return STANDS(NO_MOUNT_ON_PROC) && builder->device_files != 0 && status.st_dev == builder->device_files
               ? fail_with(builder->failure, EPERM, "mount onto procfs", "", DEVICES)
               : 0;
}

static int do_mount(struct builder *builder, const struct op *op) {
    bool shown = false;
    bool proc = strcmp(op->source, "proc") == 0;
    OWNED_FD mount = new_view(builder, op, &shown);
    if (mount < 0) {
        return -1;
    }
    OWNED_FD target = mount_point(builder, op->target, true);
    if (target < 0) {
        return fail(builder->failure, "make a mount point", "openat2", op->target);
    }
    if (proc && stay_off_devices(builder, target) != 0) {
        return -1;
    }
    if (mounts_attach(mount, target) != 0) {
        return fail(builder->failure, "mount a file system", "move_mount", op->target);
    }
    if (shown && strcmp(op->source, "sysfs") == 0) {
        return cover_groups(builder, mount, op->target);
    }
    if (proc && builder->proc < 0) {
        builder->proc = fd_keep(&mount);
        builder->shown = shown;
    } else if (strcmp(op->target, DEVICES) == 0) {
        return keep_devices(builder, fd_keep(&mount));
    } else if (strcmp(op->source, "devpts") == 0 && builder->devpts < 0) {
        builder->devpts = fd_keep(&mount);
    }
    return 0;
}

static int do_bind(struct builder *builder, const struct op *op) {
    struct stat status;
    if (fstat(op->fd, &status) != 0) {
        return fail(builder->failure, "open the source of a bind mount", "fstat", op->source);
    }
    OWNED_FD target = mount_point(builder, op->target, S_ISDIR(status.st_mode));
    if (target < 0) {
        return fail(builder->failure, "make a mount point", "openat2", op->target);
    }
    unsigned recursive = (op->flags & BIND_RECURSIVE) != 0 ? AT_RECURSIVE : 0;
    uint64_t attributes = ((op->flags & BIND_READ_ONLY) != 0 ? MOUNT_ATTR_RDONLY : 0)
                          | (S_ISDIR(status.st_mode) ? MOUNT_ATTR_NODEV : 0);
    if (attributes != 0 && mounts_set(op->fd, attributes, recursive) != 0) {
        return fail(builder->failure, "make a mount read-only", "mount_setattr", op->target);
    }
    return mounts_attach(op->fd, target) == 0 ? 0 : fail(builder->failure, "bind", "move_mount", op->target);
}

/* What is mounted where the user says may lie on /dev. */
static int do_mount_anywhere(struct builder *builder, const struct op *op) {
    if (device_name(builder, op->target) == NULL) {
        fd_close(&builder->devices);
    }
    return op->kind == OP_BIND ? do_bind(builder, op) : do_mount(builder, op);
}

/* Files and devices the engine provides live on a tmpfs of the container's own, bound one by one: nothing of them is on the
 * host's disk, a container that writes to them writes to its own copy, and no other device can be opened, since it can be
 * made only where devices mean nothing. */
static int open_files(struct builder *builder) {
    const char *options[] = {"mode=755", "size=1m", NULL};
    struct op op = {.kind = OP_MOUNT, .source = "tmpfs", .target = "/files", .options = options, .option_count = 2,
                    .flags = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC};
    OWNED_FD mount = mounts_new(&op, builder->context, builder->failure);
    if (mount < 0) {
        return -1;
    }
    if (move_mount(mount, "", AT_FDCWD, "/files", MOVE_MOUNT_F_EMPTY_PATH) != 0) {
        return fail(builder->failure, "mount a file system", "move_mount", "/files");
    }
    builder->files = fd_keep(&mount);
    return 0;
}

/* A name on that tmpfs that is not taken. */
static int next_name(struct builder *builder, char name[16]) {
    snprintf(name, 16, "%u", builder->count++);
    return builder->files >= 0 ? 0 : open_files(builder);
}

static int bind_provided(struct builder *builder, const char *name, const struct op *op) {
    OWNED_FD mount = open_tree(builder->files, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    OWNED_FD target = mount < 0 ? -1 : mount_point(builder, op->target, false);
    if (target < 0) {
        return fail(builder->failure, "make a mount point", "openat2", op->target);
    }
    return mounts_attach(mount, target) == 0 ? 0 : fail(builder->failure, "bind", "move_mount", op->target);
}

static int do_file(struct builder *builder, const struct op *op) {
    char name[16];
    if (next_name(builder, name) != 0) {
        return -1;
    }
    OWNED_FD file = openat(builder->files, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, op->mode & 0777);
    if (file < 0 || write_all(file, op->content.data, op->content.length) != 0) {
        return fail(builder->failure, "write a file of the engine", "write", op->target);
    }
    return bind_provided(builder, name, op);
}

static int do_node(struct builder *builder, const struct op *op) {
    char name[16];
    if (next_name(builder, name) != 0) {
        return -1;
    }
    mode_t type = S_ISBLK(op->mode) ? S_IFBLK : S_IFCHR;
    if (mknodat(builder->files, name, type | (op->mode & 0777), makedev(op->major, op->minor)) != 0) {
        return fail(builder->failure, "make a device", "mknodat", op->target);
    }
    return bind_provided(builder, name, op);
}

static int do_symlink(struct builder *builder, const struct op *op) {
    char name[NAME_SIZE];
    const char *device = device_name(builder, op->target);
    OWNED_FD parent = device != NULL ? -1 : path_parent(builder->root, op->target, true, name);
    int folder = device != NULL ? builder->devices : parent;
    return folder >= 0 && symlinkat(op->source, folder, device != NULL ? device : name) == 0
               ? 0
               : fail(builder->failure, "make a symbolic link", "symlinkat", op->target);
}

static int do_folder(struct builder *builder, const struct op *op) {
    OWNED_FD folder = path_make_folder(builder->root, op->target, op->mode & 07777);
    return folder >= 0 ? 0 : fail(builder->failure, "make a folder", "openat2", op->target);
}

/* The image may have put anything at /dev/null; what masks must be the real one (CVE-2025-31133). */
static int open_null(struct builder *builder) {
    if (builder->null < 0) {
        struct stat status;
        OWNED_FD null = path_open(builder->root, "/dev/null", STANDS(REAL_NULL) ? O_PATH | O_NOFOLLOW : O_PATH, 0);
        if (null < 0 || fstat(null, &status) != 0) {
            return fail(builder->failure, "open the masking device", "openat2", "/dev/null");
        }
        if (STANDS(REAL_NULL) && (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(1, 3))) {
            return fail_with(builder->failure, ENODEV, "recognize the masking device", "", "/dev/null");
        }
        builder->null = fd_keep(&null);
    }
    return 0;
}

static int do_mask(struct builder *builder, const struct op *op) {
    struct stat status;
    OWNED_FD target = path_open(builder->root, op->target, O_PATH | O_NOFOLLOW, 0);
    if (target < 0) {
        return errno == ENOENT ? 0 : fail(builder->failure, "mask", "openat2", op->target);
    }
    if (fstat(target, &status) != 0) {
        return fail(builder->failure, "mask", "fstat", op->target);
    }
    if (S_ISDIR(status.st_mode)) {
        return mask_folder(builder, target, op->target);
    }
    if (open_null(builder) != 0) {
        return -1;
    }
    OWNED_FD mount = mounts_clone(builder->null, 0);
    return mount >= 0 && mounts_attach(mount, target) == 0 ? 0 : fail(builder->failure, "mask", "move_mount", op->target);
}

/* A folder of the user's may lie at /dev, and whoever else has it may put links there (CVE-2025-52565): looked at once more
 * after it was made. */
static int console_point(struct builder *builder, const char *path) {
    struct stat status;
    int follow = STANDS(REAL_CONSOLE) ? O_NOFOLLOW : 0;
    OWNED_FD existing = path_open(builder->root, path, O_PATH | follow, 0);
    if (existing < 0 && errno == ENOENT) {
        OWNED_FD made = mount_point(builder, path, false);
        existing = made < 0 ? -1 : path_open(builder->root, path, O_PATH | follow, 0);
    }
    if (existing < 0 || fstat(existing, &status) != 0) {
        return fail(builder->failure, "make a mount point", "openat2", path);
    }
    if (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode)) {
        return fail_with(builder->failure, EEXIST, "recognize the console", "", path);
    }
    return stay_off_proc(builder, existing, path) == 0 ? fd_keep(&existing) : -1;
}

/* Of the terminal that is open, whatever lies at its path. */
static int clone_terminal(const struct builder *builder) {
    OWNED_FD named = STANDS(OWN_PEER) ? -1 : terminal_named(builder->root, builder->master, O_PATH);
    return mounts_clone(STANDS(OWN_PEER) ? builder->peer : named, 0);
}

static int do_console(struct builder *builder, const struct op *op) {
    builder->master = terminal_master(builder->devpts, builder->failure);
    builder->peer = builder->master < 0 ? -1 : terminal_peer(builder->master, builder->failure);
    if (builder->peer < 0
        || terminal_prepare(builder->peer, builder->process, op->columns, op->rows, builder->failure) != 0) {
        return -1;
    }
    OWNED_FD mount = clone_terminal(builder);
    if (mount < 0) {
        return fail(builder->failure, "mount the console", "open_tree", op->target);
    }
    OWNED_FD target = console_point(builder, op->target);
    if (target < 0) {
        return -1;
    }
    return mounts_attach(mount, target) == 0 ? 0 : fail(builder->failure, "mount the console", "move_mount", op->target);
}

static int do_read_only(struct builder *builder, const struct op *op) {
    if (strcmp(op->target, "/") == 0) {
        return mounts_set(builder->root, MOUNT_ATTR_RDONLY, 0) == 0
                   ? 0
                   : fail(builder->failure, "make a mount read-only", "mount_setattr", op->target);
    }
    OWNED_FD target = path_open(builder->root, op->target, O_PATH | O_NOFOLLOW, 0);
    if (target < 0) {
        return errno == ENOENT ? 0 : fail(builder->failure, "make a mount read-only", "openat2", op->target);
    }
    OWNED_FD mount = mounts_clone(target, AT_RECURSIVE);
    if (mount < 0 || mounts_set(mount, MOUNT_ATTR_RDONLY, AT_RECURSIVE) != 0 || mounts_attach(mount, target) != 0) {
        return fail(builder->failure, "make a mount read-only", "mount_setattr", op->target);
    }
    return 0;
}

static int do_sysctl(struct builder *builder, const struct op *op) {
    char path[PATH_SIZE];
    if (builder->proc < 0 || strstr(op->target, "..") != NULL
        || snprintf(path, sizeof path, "sys/%s", op->target) >= (int)sizeof path) {
        return fail_with(builder->failure, EINVAL, "set a sysctl", "", op->target);
    }
    return write_text_at(builder->proc, path, op->source) == 0 || (errno == EROFS && !op->required)
               ? 0
               : fail(builder->failure, "set a sysctl", "write", op->target);
}

static int carry_out(struct builder *builder, const struct op *op) {
    switch (op->kind) {
    case OP_MOUNT:
    case OP_BIND:
        return do_mount_anywhere(builder, op);
    case OP_FILE:
        return do_file(builder, op);
    case OP_NODE:
        return do_node(builder, op);
    case OP_SYMLINK:
        return do_symlink(builder, op);
    case OP_FOLDER:
        return do_folder(builder, op);
    case OP_MASK:
        return STANDS(MASKS) ? do_mask(builder, op) : 0;
    case OP_READ_ONLY:
        return STANDS(READ_ONLY) ? do_read_only(builder, op) : 0;
    case OP_SYSCTL:
        return do_sysctl(builder, op);
    case OP_CONTEXT:
        builder->context = op->source;
        return 0;
    case OP_CONSOLE:
        return do_console(builder, op);
    }
    return fail_with(builder->failure, EINVAL, "decode the request", "", op->target);
}

static int carry_out_all(struct builder *builder, const struct ops *ops) {
    for (uint32_t i = 0; i < ops->count; i++) {
        if (carry_out(builder, &ops->items[i]) != 0) {
            return -1;
        }
    }
    return 0;
}

static struct builder new_builder(int root, const struct process *process, struct failure *failure) {
    umask(0); /* modes are meant as they are given */
    return (struct builder){.root = root, .proc = -1, .null = -1, .empty = -1, .files = -1, .devices = -1, .devpts = -1,
                            .master = -1, .peer = -1, .process = process, .failure = failure};
}

static void close_builder(struct builder *builder) {
    fd_close(&builder->null);
    fd_close(&builder->empty);
    fd_close(&builder->files);
    fd_close(&builder->devices);
    fd_close(&builder->devpts);
}

int build_ahead(const struct ops *devices, struct staged *staged, struct failure *failure) {
    static const struct process nobody;
    mode_t mask = umask(0);
    OWNED_FD root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct builder builder = new_builder(root, &nobody, failure);
    int result = root < 0 ? fail(failure, "make devices", "open", "/") : carry_out_all(&builder, devices);
    close_builder(&builder);
    umask(mask);
    if (result != 0) {
        return -1;
    }
    staged->files = builder.count;
    /* Only a copy can be attached in the namespace of the container's first process, which is another one. */
    staged->devices = open_tree(AT_FDCWD, DEVICES, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (staged->devices < 0) {
        return fail(failure, "make devices", "open_tree", DEVICES);
    }
    return umount2(DEVICES, MNT_DETACH) == 0 ? 0 : fail(failure, "make devices", "umount2", DEVICES);
}

/* The tmpfs of its nodes, where there is one, takes the engine's files as well. */
static int use_staged(struct builder *builder, const struct staged *staged, bool terminal) {
    builder->count = staged->files;
    builder->files = staged->files == 0 ? -1 : open("/files", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (staged->files > 0 && builder->files < 0) {
        return fail(builder->failure, "write a file of the engine", "open", "/files");
    }
    OWNED_FD target = mount_point(builder, DEVICES, true);
    if (target < 0) {
        return fail(builder->failure, "make a mount point", "openat2", DEVICES);
    }
    if (mounts_attach(staged->devices, target) != 0) {
        return fail(builder->failure, "mount a file system", "move_mount", DEVICES);
    }
    if (keep_devices(builder, staged->devices) != 0) {
        return -1;
    }
    builder->devpts = terminal ? openat(staged->devices, "pts", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    return !terminal || builder->devpts >= 0 ? 0 : fail(builder->failure, "mount a file system", "openat", "/dev/pts");
}

int build_root(const struct launch *launch, const struct staged *staged, struct built *built, struct failure *failure) {
    OWNED_FD root = open("/root", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        return fail(failure, "enter the root file system", "open", "/root");
    }
    struct builder builder = new_builder(root, &launch->process, failure);
    int result = staged->devices >= 0 ? use_staged(&builder, staged, launch->terminal)
                                      : carry_out_all(&builder, &launch->devices);
    if (result == 0) {
        result = carry_out_all(&builder, &launch->ops);
    }
    /* Only now, sysctls are set. In there the user who runs this owns the processes of others too, and files like their
     * oom_score_adj ask for no more than that. */
    if (result == 0 && builder.shown) {
        result = mounts_set(builder.proc, MOUNT_ATTR_RDONLY, AT_RECURSIVE) == 0
                     ? 0
                     : fail(failure, "make a mount read-only", "mount_setattr", "/proc");
    }
    close_builder(&builder);
    *built = (struct built){
        .proc = STANDS(PRIVATE_PROC) ? builder.proc : path_open(root, "/proc", O_PATH | O_DIRECTORY, 0),
        .master = builder.master,
        .peer = builder.peer,
    };
    if (result != 0) {
        return -1;
    }
    if (fchdir(root) != 0 || syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0
        || chdir("/") != 0) {
        return fail(failure, "enter the root file system", "pivot_root", "/");
    }
    return 0;
}
