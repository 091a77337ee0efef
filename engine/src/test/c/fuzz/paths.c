/* The path walk: trees of hostile links beneath a root, and hostile paths. Nothing outside the root is ever opened or
 * touched. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cage.h"
#include "folder.h"
#include "io.h"
#include "path.h"
#include "target.h"

enum { NODES = 32, PARTS = 6, STEPS = 64 };

static const char *const names[] = {"a", "b", "c", "..", ".", "", "d", "proc", "e", "self", "root", "cwd", "fd", "1",
                                    "canary", "sleeps", "mnt", "etc", "passwd", "\xff\n", "very-long-name-of-a-folder"};

static struct cage cage;

struct source {
    const uint8_t *at;
    const uint8_t *end;
};

static uint8_t take(struct source *source) {
    return source->at < source->end ? *source->at++ : 0;
}

static const char *take_name(struct source *source) {
    return names[take(source) % (sizeof names / sizeof *names)];
}

/* A path of a few names, or the bytes of the input as they are. */
static void take_path(struct source *source, char path[PATH_SIZE]) {
    uint8_t shape = take(source);
    size_t length = 0;
    if (shape == 0xff) {
        size_t wanted = (size_t)take(source) * 17;
        while (length < wanted && length < PATH_SIZE - 1 && source->at < source->end && *source->at != '\0') {
            path[length++] = (char)take(source);
        }
        path[length] = '\0';
        return;
    }
    path[0] = '\0';
    for (int part = 0; part < shape % PARTS; part++) {
        length += (size_t)snprintf(path + length, PATH_SIZE - length, "%s%s", part > 0 || (shape & 0x40) != 0 ? "/" : "",
                                   take_name(source));
    }
    snprintf(path + length, PATH_SIZE - length, "%s", (shape & 0x80) != 0 ? "/" : "");
}

/* Folders, links, files and pipes; made without the functions under test. */
static void plant(struct source *source) {
    int folders[NODES] = {fcntl(cage.root, F_DUPFD_CLOEXEC, 3)};
    int count = 1;
    for (int left = take(source) % NODES; left > 0 && folders[0] >= 0; left--) {
        int parent = folders[take(source) % count];
        const char *name = take_name(source);
        char target[PATH_SIZE];
        switch (take(source) % 5) {
        case 0:
        case 1:
            if (mkdirat(parent, name, 0755) == 0) {
                folders[count] = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                count += folders[count] >= 0;
            }
            break;
        case 2:
        case 3:
            take_path(source, target);
            symlinkat(target, parent, name);
            break;
        default:
            mknodat(parent, name, (take(source) % 2 == 0 ? S_IFREG : S_IFIFO) | 0644, 0);
        }
    }
    for (int i = 0; i < count; i++) {
        fd_close(&folders[i]);
    }
}

static void walk(struct source *source) {
    static const int flags[] = {O_PATH, O_PATH | O_NOFOLLOW, O_RDONLY | O_NONBLOCK, O_RDWR | O_NONBLOCK,
                                O_PATH | O_DIRECTORY, O_WRONLY | O_CREAT | O_NONBLOCK};
    char path[PATH_SIZE];
    char name[NAME_SIZE] = "";
    uint8_t step = take(source);
    take_path(source, path);
    OWNED_FD opened = -1;
    errno = 0;
    switch (step % 5) {
    case 0:
        opened = path_open(cage.root, path, flags[step / 5 % (sizeof flags / sizeof *flags)], 0644);
        break;
    case 1:
        opened = path_make_folder(cage.root, path, 0700);
        break;
    case 2:
        opened = path_make_file(cage.root, path);
        break;
    default:
        opened = path_parent(cage.root, path, step % 5 == 3, name);
        if (opened >= 0 && (name[0] == '\0' || strchr(name, '/') != NULL || strcmp(name, "..") == 0)) {
            finding("a name that is none");
        }
    }
    if (opened >= 0) {
        cage_check_inside(&cage, opened);
    } else if (errno == EROFS || errno == 0) {
        finding("something of the host was nearly touched"); /* it is read-only, the root is not */
    }
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    cage = cage_enter(*count, *arguments, true);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    cage_begin(&cage);
    struct source source = {.at = data, .end = data + size};
    plant(&source);
    for (int step = 0; step < STEPS && source.at < source.end; step++) {
        walk(&source);
    }
    cage_check(&cage);
    cage_clean(&cage);
    return 0;
}
