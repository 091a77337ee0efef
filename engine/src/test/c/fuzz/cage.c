#include "cage.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "io.h"
#include "remove.h"

enum { WRITABLE_LIMIT = 16 };

static const char place[] = "/mnt";
static const char sleeping[] = "canary/sleeps";
static struct stat canary_folder;
static struct stat canary_file;

void finding(const char *what) {
    fprintf(stderr, "finding: %s (errno: %s)\n", what, strerror(errno));
    abort();
}

static void require(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "fuzzing needs root, or user namespaces for ordinary users: %s: %s\n", what, strerror(errno));
        exit(1);
    }
}

static void map_own_ids(uid_t uid, gid_t gid) {
    char map[64];
    write_text_at(AT_FDCWD, "/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "0 %u 1", uid);
    require(write_text_at(AT_FDCWD, "/proc/self/uid_map", map) == 0, "uid_map");
    snprintf(map, sizeof map, "0 %u 1", gid);
    require(write_text_at(AT_FDCWD, "/proc/self/gid_map", map) == 0, "gid_map");
}

static int clone_tree(const char *path) {
    return open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
}

static void attach(int mount, int folder, const char *path) {
    require(move_mount(mount, "", folder, path, MOVE_MOUNT_F_EMPTY_PATH) == 0, path);
}

/* Everything read-only but the folders named in the arguments; options name one after a `=`. */
static void close_host(int count, char **arguments) {
    const char *paths[WRITABLE_LIMIT];
    int clones[WRITABLE_LIMIT];
    int writable = 0;
    for (int i = 1; i < count && writable < WRITABLE_LIMIT; i++) {
        const char *value = arguments[i][0] == '-' ? strchr(arguments[i], '=') : NULL;
        const char *path = value != NULL ? value + 1 : arguments[i];
        struct stat status;
        if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
            paths[writable] = path;
            clones[writable] = clone_tree(path);
            require(clones[writable] >= 0, path);
            writable++;
        }
    }
    struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};
    require(mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &read_only, sizeof read_only) == 0, "mount_setattr");
    for (int i = 0; i < writable; i++) {
        attach(clones[i], AT_FDCWD, paths[i]);
        close(clones[i]);
    }
}

static int open_folder(int folder, const char *name) {
    int opened = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    require(opened >= 0, name);
    return opened;
}

static void wake_canary(int folder) {
    OWNED_FD file = openat(folder, sleeping, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    require(file >= 0 && write_all(file, "sleeper", 7) == 0, sleeping);
    require(fstatat(folder, "canary", &canary_folder, 0) == 0 && fstatat(folder, sleeping, &canary_file, 0) == 0, sleeping);
}

struct cage cage_enter(int count, char **arguments, bool proc) {
    struct cage cage = {.proc = -1};
    uid_t uid = geteuid();
    gid_t gid = getegid();
    require(unshare(CLONE_NEWNS | (uid == 0 ? 0 : CLONE_NEWUSER)) == 0, "unshare");
    if (uid != 0) {
        map_own_ids(uid, gid);
    }
    require(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "mount");
    OWNED_FD procfs = proc ? clone_tree("/proc") : -1;
    close_host(count, arguments);
    require(mount("none", place, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755,size=256m") == 0, place);
    cage.folder = open_folder(AT_FDCWD, place);
    umask(022);
    require(mkdirat(cage.folder, "root", 0755) == 0 && mkdirat(cage.folder, "canary", 0755) == 0, "mkdirat");
    cage.root = open_folder(cage.folder, "root");
    wake_canary(cage.folder);
    if (proc) {
        require(mkdirat(cage.root, "proc", 0755) == 0, "mkdirat");
        attach(procfs, cage.root, "proc");
        cage.proc = open_folder(cage.root, "proc");
    }
    fd_close(&procfs);
    return cage;
}

static int free_descriptor(const struct cage *cage) {
    int lowest = fcntl(cage->root, F_DUPFD_CLOEXEC, 0);
    close(lowest);
    return lowest;
}

void cage_begin(struct cage *cage) {
    cage->lowest_free = free_descriptor(cage);
}

void cage_clean(const struct cage *cage) {
    struct failure failure = {0};
    OWNED_LIST names = folder_open_list(cage->root);
    for (const char *name; names != NULL && (name = folder_next(names)) != NULL;) {
        if (cage->proc < 0 || strcmp(name, "proc") != 0) {
            if (remove_tree_at(cage->root, name, &failure) != 0) {
                finding("a tree is not removed");
            }
        }
    }
}

static bool is_same(const struct stat *a, const struct stat *b) {
    return a->st_ino == b->st_ino && a->st_mode == b->st_mode && a->st_uid == b->st_uid && a->st_gid == b->st_gid
           && a->st_nlink == b->st_nlink && a->st_size == b->st_size && a->st_ctim.tv_sec == b->st_ctim.tv_sec
           && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

void cage_check(const struct cage *cage) {
    struct stat folder;
    struct stat file;
    if (fstatat(cage->folder, "canary", &folder, AT_SYMLINK_NOFOLLOW) != 0
        || fstatat(cage->folder, sleeping, &file, AT_SYMLINK_NOFOLLOW) != 0 || !is_same(&folder, &canary_folder)
        || !is_same(&file, &canary_file)) {
        finding("the canary was touched");
    }
    int count = 0;
    OWNED_LIST names = folder_open_list(cage->folder);
    while (names != NULL && folder_next(names) != NULL) {
        count++;
    }
    if (count < 2 || count > 3) {
        finding("something was made outside the root");
    }
    folder_close_list(&names);
    if (free_descriptor(cage) != cage->lowest_free) {
        finding("a descriptor stayed open");
    }
}

void cage_check_inside(const struct cage *cage, int fd) {
    (void)cage;
    char self[64];
    char path[4096];
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(self, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    if (strcmp(path, "/mnt/root") != 0 && strncmp(path, "/mnt/root/", 10) != 0) {
        fprintf(stderr, "opened %s\n", path);
        finding("something outside the root was opened");
    }
}
