#include "space.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "io.h"
#include "protect.h"
#include "remains.h"
#include "remove.h"

/* Those that lack what overlayfs asks of an upper directory: whiteouts, attributes, or renames that exchange. */
static bool is_fit(long type) {
    static const unsigned unfit[] = {OVERLAYFS_SUPER_MAGIC, NFS_SUPER_MAGIC,  V9FS_MAGIC,      MSDOS_SUPER_MAGIC,
                                     EXFAT_SUPER_MAGIC,     CIFS_SUPER_MAGIC, SMB2_SUPER_MAGIC};
    for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++) {
        if ((unsigned)type == unfit[i]) {
            return false;
        }
    }
    return true;
}

int space_judge(int folder, bool *fit, struct failure *failure) {
    struct statfs facts;
    if (fstatfs(folder, &facts) != 0) {
        return fail(failure, "open the store", "fstatfs", "");
    }
    *fit = is_fit(facts.f_type);
    return 0;
}

int space_choose(struct session *session, int *clone, struct failure *failure) {
    bool fit;
    if (space_judge(*clone, &fit, failure) != 0) {
        return -1;
    }
    if (!fit) {
        session->disk = fd_keep(clone);
    }
    return 0;
}

int space_prepare(const struct session *session, const char *name, struct failure *failure) {
    return session->disk < 0 || mkdirat(session->disk, name, 0700) == 0
               ? 0
               : fail(failure, "make the container's folder", "mkdir", name);
}

int space_open_logs(const struct session *session, const char *name) {
    char path[SESSION_PATH_SIZE];
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | (STANDS(CLOSED_ON_EXEC) ? O_CLOEXEC : 0);
    if (session->disk >= 0) {
        return openat(session->disk, name, flags);
    }
    snprintf(path, sizeof path, SPACE "/%s", name);
    return open(path, flags);
}

/* The path in the empty namespace of what is written in memory; false for everything else. */
static bool is_in_memory(const struct session *session, const char *path, char *inside, size_t size) {
    size_t length = strlen(session->folder);
    return session->disk >= 0 && strncmp(path, session->folder, length) == 0 && path[length] == '/'
           && snprintf(inside, size, SPACE "%s", path + length) < (int)size;
}

int space_open(const struct session *session, const char *path, int flags) {
    char inside[SESSION_PATH_SIZE];
    if (!is_in_memory(session, path, inside, sizeof inside)) {
        return open(path, flags);
    }
    return setns(session->empty, CLONE_NEWNS) == 0 ? open(inside, flags) : -1;
}

void space_give_up(const struct session *session, const char *name) {
    char path[SESSION_PATH_SIZE];
    struct failure ignored = {0};
    snprintf(path, sizeof path, SPACE "/%s", name);
    remove_tree(path, &ignored);
    if (session->disk >= 0) {
        remove_tree_at(session->disk, name, &ignored);
    }
}

int space_remove(const struct session *session, const char *path, struct failure *failure) {
    char inside[SESSION_PATH_SIZE];
    int result = remove_tree(path, failure);
    if (result == 0 && is_in_memory(session, path, inside, sizeof inside)) {
        result = setns(session->empty, CLONE_NEWNS) == 0 ? remove_tree(inside, failure)
                                                          : fail(failure, "remove a folder", "setns", path);
        if (setns(session->host, CLONE_NEWNS) != 0 && result == 0) {
            result = fail(failure, "remove a folder", "setns", path);
        }
    }
    return result;
}
