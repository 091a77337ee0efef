/* Tests of writing and reading trees, on real folders. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "io.h"
#include "records.h"
#include "testing.h"
#include "tree.h"

static const struct timespec then = {.tv_sec = 1000000000, .tv_nsec = 5};

/* acl(5) as an attribute: u::rwx g::r-x g:0:rwx m::rwx o::---. */
static const uint8_t default_acl[] = {2, 0, 0, 0, 1, 0, 7, 0, 0xff, 0xff, 0xff, 0xff, 4, 0, 5, 0, 0xff, 0xff, 0xff, 0xff, 8, 0, 7, 0,
                                      0, 0, 0, 0, 0x10, 0, 7, 0, 0xff, 0xff, 0xff, 0xff, 0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};

/* A folder of its own for each case. */
static int folder_in(int root, const char *name) {
    int made = mkdirat(root, name, 0755) == 0 ? openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    expect(made >= 0, name);
    return made;
}

static int write_stream(int folder, int below, const struct tree *request, const struct writer *stream,
                        struct failure *failure) {
    struct tree_roots roots = {.root = folder, .below = below, .output = -1};
    OWNED_FD file = file_of(stream->data, stream->length);
    *failure = (struct failure){0};
    return tree_write(NULL, &roots, file, request, failure);
}

static int write_above(int folder, int below, uint32_t flags, const struct entry *entries, size_t count,
                       struct failure *failure) {
    OWNED_WRITER writer = {0};
    const struct tree request = {.path = "/", .flags = flags};
    for (size_t i = 0; i < count; i++) {
        put_record(&writer, &entries[i], "content of a file, and more than that");
    }
    put_end(&writer);
    return write_stream(folder, below, &request, &writer, failure);
}

static int write_records(int folder, uint32_t flags, const struct entry *entries, size_t count,
                         struct failure *failure) {
    return write_above(folder, -1, flags, entries, count, failure);
}

/* True when exactly these records are read; otherwise they are shown. */
static bool reads_as(int folder, int below, const char *path, uint32_t flags, const char *expected) {
    const struct tree_roots roots = {.root = folder, .below = below, .output = -1};
    const struct tree request = {.path = path, .flags = flags};
    struct failure failure = {0};
    OWNED_FD file = file_of("", 0);
    char *shown = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&shown, &length);
    int result = tree_read(&roots, file, &request, &failure);
    lseek(file, 0, SEEK_SET);
    int count = show_records(file, out);
    fclose(out);
    bool same = result == 0 && count >= 0 && strcmp(shown, expected) == 0;
    if (!same) {
        fprintf(stderr, "read %s (%s) as\n%s", result == 0 ? "well" : failure.syscall, failure.object, shown);
    }
    free(shown);
    return same;
}

static int fails_to_read(int folder, const char *path, uint32_t flags) {
    const struct tree_roots roots = {.root = folder, .below = -1, .output = -1};
    const struct tree request = {.path = path, .flags = flags};
    struct failure failure = {0};
    OWNED_FD file = file_of("", 0);
    return tree_read(&roots, file, &request, &failure) == 0 ? 0 : failure.error;
}

static struct stat status_of(int folder, const char *path) {
    struct stat status = {0};
    expect(fstatat(folder, path, &status, AT_SYMLINK_NOFOLLOW) == 0, path);
    return status;
}

static void test_every_type(int root) {
    OWNED_FD folder = folder_in(root, "types");
    struct failure failure;
    struct attribute attribute = {.name = "user.colour", .value = {(const uint8_t *)"red", 3}};
    const struct entry entries[] = {
        {.type = ENTRY_FOLDER, .path = "", .mode = 0750, .modified = then},
        {.type = ENTRY_FOLDER, .path = "d", .mode = 0711, .modified = then},
        {.type = ENTRY_FILE, .path = "d/file", .mode = 04755, .size = 17, .modified = then, .attributes = &attribute,
         .attribute_count = 1},
        {.type = ENTRY_HARD_LINK, .path = "d/second", .target = "d/file"},
        {.type = ENTRY_SYMLINK, .path = "d/link", .target = "/nowhere", .modified = then},
        {.type = ENTRY_FIFO, .path = "fifo", .mode = 0600, .modified = then},
        {.type = ENTRY_FILE, .path = "empty", .mode = 0400, .modified = then},
        {.type = ENTRY_FILE, .path = "deep/er/file", .mode = 0644, .size = 7},
    };
    expect(write_records(folder, 0, entries, sizeof entries / sizeof *entries, &failure) == 0, failure.object);
    struct stat file = status_of(folder, "d/file");
    expect(file.st_size == 17 && (file.st_mode & 07777) == 04755 && file.st_nlink == 2
               && file.st_mtim.tv_sec == then.tv_sec && file.st_mtim.tv_nsec == then.tv_nsec,
           "a file has its attributes");
    expect(status_of(folder, "d").st_mtim.tv_sec == then.tv_sec
               && status_of(folder, ".").st_mtim.tv_nsec == then.tv_nsec,
           "folders keep their times though files were written into them");
    expect(status_of(folder, "d/link").st_mtim.tv_sec == then.tv_sec, "links have times of their own");
    expect((status_of(folder, "deep/er").st_mode & 07777) == 0755, "folders nobody described are made");
    expect(reads_as(folder, -1, "/", TREE_CONTENT | TREE_RECURSE,
                    "20 [] 750 0 0:0 []\n"
                    "20 [d] 711 0 0:0 []\n"
                    "10 [d/file] 4755 17 0:0 [] user.colour=red\n  content of a file\n"
                    "30 [d/link] 777 0 0:0 [/nowhere]\n"
                    "40 [d/second] 4755 0 0:0 [d/file] user.colour=red\n"
                    "20 [deep] 755 0 0:0 []\n"
                    "20 [deep/er] 755 0 0:0 []\n"
                    "10 [deep/er/file] 644 7 0:0 []\n  content\n"
                    "10 [empty] 400 0 0:0 []\n"
                    "70 [fifo] 600 0 0:0 []\n"),
           "what was written is read, parents first, siblings in the order of their bytes");
    expect(reads_as(folder, -1, "/d", TREE_RECURSE,
                    "20 [] 711 0 0:0 []\n"
                    "10 [file] 4755 0 0:0 [] user.colour=red\n"
                    "30 [link] 777 0 0:0 [/nowhere]\n"
                    "40 [second] 4755 0 0:0 [file] user.colour=red\n"),
           "without content, paths are relative to where reading starts");
    expect(reads_as(folder, -1, "/deep", 0, "20 [] 755 0 0:0 []\n"), "a folder without what it holds");
    expect(reads_as(folder, -1, "/deep/er/file", TREE_CONTENT, "10 [] 644 7 0:0 []\n  content\n"), "a single file");
    expect(fails_to_read(folder, "/none", 0) == ENOENT && fails_to_read(folder, "/fifo", 0) == EINVAL,
           "what cannot be read");
}

static void test_replacing(int root) {
    OWNED_FD folder = folder_in(root, "replacing");
    struct failure failure;
    const struct entry first[] = {
        {.type = ENTRY_FOLDER, .path = "a", .mode = 0700},
        {.type = ENTRY_FILE, .path = "a/inner", .mode = 0600, .size = 7},
        {.type = ENTRY_FILE, .path = "b", .mode = 0600, .size = 7},
        {.type = ENTRY_SYMLINK, .path = "c", .target = "a"},
        {.type = ENTRY_FOLDER, .path = "kept", .mode = 0700},
        {.type = ENTRY_FILE, .path = "kept/inner", .mode = 0600, .size = 7},
    };
    const struct entry second[] = {
        {.type = ENTRY_FILE, .path = "a", .mode = 0644, .size = 1},
        {.type = ENTRY_FOLDER, .path = "b", .mode = 0755},
        {.type = ENTRY_FILE, .path = "c", .mode = 0644, .size = 2},
        {.type = ENTRY_FOLDER, .path = "kept", .mode = 0755},
    };
    expect(write_records(folder, 0, first, 6, &failure) == 0 && write_records(folder, 0, second, 4, &failure) == 0,
           failure.object);
    expect(reads_as(folder, -1, "/", TREE_RECURSE | TREE_CONTENT,
                    "20 [] 755 0 0:0 []\n"
                    "10 [a] 644 1 0:0 []\n  c\n"
                    "20 [b] 755 0 0:0 []\n"
                    "10 [c] 644 2 0:0 []\n  co\n"
                    "20 [kept] 755 0 0:0 []\n"
                    "10 [kept/inner] 600 7 0:0 []\n  content\n"),
           "the later record wins, and a folder stays for a folder");
    const struct entry over[] = {{.type = ENTRY_FOLDER, .path = "kept", .mode = 0777}};
    expect(write_records(folder, TREE_KEEP_FOLDERS, over, 1, &failure) == 0
               && (status_of(folder, "kept").st_mode & 07777) == 0755,
           "folders that exist keep their attributes when asked to");
    const struct entry file[] = {{.type = ENTRY_FILE, .path = "kept", .mode = 0644}};
    expect(write_records(folder, TREE_KEEP_FOLDERS, file, 1, &failure) != 0 && failure.error == EISDIR
               && strcmp(failure.object, "kept") == 0,
           "and are not replaced");
}

/* What follows a folder's record must change neither its time nor be changed by its attributes. */
static void test_folder_ends(int root) {
    OWNED_FD folder = folder_in(root, "ends");
    struct failure failure;
    char value[64];
    struct attribute acl = {.name = "system.posix_acl_default", .value = {default_acl, sizeof default_acl}};
    const struct entry entries[] = {
        {.type = ENTRY_FOLDER, .path = "d", .mode = 0755, .modified = {.tv_sec = 1}},
        {.type = ENTRY_FOLDER, .path = "d", .mode = 0755, .modified = then, .attributes = &acl, .attribute_count = 1},
        {.type = ENTRY_FILE, .path = "d/file", .mode = 0640, .modified = then},
        {.type = ENTRY_FOLDER, .path = "gone", .mode = 0755, .modified = then},
        {.type = ENTRY_SYMLINK, .path = "gone", .target = "d", .modified = {.tv_sec = 2}},
    };
    expect(write_records(folder, 0, entries, sizeof entries / sizeof *entries, &failure) == 0, failure.object);
    expect(status_of(folder, "d").st_mtim.tv_sec == then.tv_sec, "of several records for a folder the last counts");
    OWNED_FD inner = openat(folder, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED_FD file = openat(folder, "d/file", O_RDONLY | O_CLOEXEC);
    expect(fgetxattr(inner, "system.posix_acl_default", value, sizeof value) == sizeof default_acl, "a default ACL is set");
    expect(fgetxattr(file, "system.posix_acl_access", value, sizeof value) < 0 && errno == ENODATA,
           "and not inherited by what lay in the folder before");
}

static void test_links_stay_inside(int root) {
    OWNED_FD folder = folder_in(root, "links");
    OWNED_FD outside = folder_in(root, "outside");
    struct failure failure;
    const struct entry entries[] = {
        {.type = ENTRY_SYMLINK, .path = "up", .target = "../outside"},
        {.type = ENTRY_SYMLINK, .path = "far", .target = "/outside"},
        {.type = ENTRY_FILE, .path = "up/first", .mode = 0600, .size = 3},
        {.type = ENTRY_FILE, .path = "far/second", .mode = 0600, .size = 3},
        {.type = ENTRY_HARD_LINK, .path = "third", .target = "../links/far/second"},
    };
    expect(write_records(folder, 0, entries, 4, &failure) == 0, failure.object);
    expect(faccessat(folder, "outside/first", F_OK, 0) == 0 && faccessat(folder, "outside/second", F_OK, 0) == 0,
           "links are resolved as the tree's own root sees them");
    expect(reads_as(outside, -1, "/", TREE_RECURSE, "20 [] 755 0 0:0 []\n"), "nothing outside is touched");
    expect(write_records(folder, 0, &entries[4], 1, &failure) != 0 && failure.error == ENOENT,
           "a hard link reaches nothing outside");
    expect(fails_to_read(folder, "/../../outside/none", 0) == ENOENT, "nor does reading");

    static const char *const refused[] = {"..", ".", "a/..", "a/", "/", "a//"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const struct entry entry = {.type = ENTRY_FILE, .path = refused[i], .mode = 0600};
        expect(write_records(folder, 0, &entry, 1, &failure) != 0 && failure.error == EINVAL, refused[i]);
    }
}

static void test_whiteouts(int root) {
    OWNED_FD lower = folder_in(root, "lower");
    OWNED_FD upper = folder_in(root, "upper");
    struct failure failure;
    const uint32_t flags = TREE_USER_XATTRS;
    const struct entry below[] = {
        {.type = ENTRY_FILE, .path = "gone", .mode = 0600, .modified = then},
        {.type = ENTRY_FILE, .path = "same", .mode = 0600, .modified = then},
        {.type = ENTRY_FILE, .path = "changed", .mode = 0600, .modified = then},
        {.type = ENTRY_FILE, .path = "hidden/one", .mode = 0600, .modified = then},
        {.type = ENTRY_FILE, .path = "hidden/two", .mode = 0600, .modified = then},
        {.type = ENTRY_FILE, .path = "again/old", .mode = 0600, .modified = then},
    };
    const struct entry above[] = {
        {.type = ENTRY_WHITEOUT, .path = "gone"},
        {.type = ENTRY_WHITEOUT, .path = "never"},
        {.type = ENTRY_FILE, .path = "same", .mode = 0600, .modified = then},
        {.type = ENTRY_FILE, .path = "changed", .mode = 0640, .modified = then},
        {.type = ENTRY_FOLDER, .path = "hidden", .mode = 0755, .opaque = ENTRY_OPAQUE},
        {.type = ENTRY_FILE, .path = "hidden/two", .mode = 0600, .modified = then},
        {.type = ENTRY_WHITEOUT, .path = "again"},
        {.type = ENTRY_FOLDER, .path = "again", .mode = 0755},
        {.type = ENTRY_WHITEOUT, .path = "marked", .opaque = ENTRY_OPAQUE},
    };
    char mark[4];
    expect(write_records(lower, 0, below, 6, &failure) == 0
               && write_above(upper, lower, flags, above, 9, &failure) == 0,
           failure.object);
    expect(S_ISCHR(status_of(upper, "gone").st_mode) && status_of(upper, "gone").st_rdev == 0, "a whiteout is 0:0");
    expect(faccessat(upper, "never", F_OK, AT_SYMLINK_NOFOLLOW) != 0, "where nothing lies below, nothing is hidden");
    int marked = openat(upper, "marked", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    expect(fgetxattr(marked, "user.overlay.opaque", mark, sizeof mark) == 1 && mark[0] == 'y',
           "the mark of an opaque folder may come without the folder's record");
    close(marked);
    expect(reads_as(upper, lower, "/", TREE_RECURSE | TREE_UPPER | flags,
                    "21 [] 755 0 0:0 []\n"
                    "21 [again] 755 0 0:0 []\n"
                    "81 [again/old] 0 0 0:0 []\n"
                    "11 [changed] 640 0 0:0 []\n"
                    "81 [gone] 0 0 0:0 []\n"
                    "21 [hidden] 755 0 0:0 []\n"
                    "81 [hidden/one] 0 0 0:0 []\n"
                    "12 [hidden/two] 600 0 0:0 []\n"
                    "20 [marked] 755 0 0:0 []\n"
                    "12 [same] 600 0 0:0 []\n"),
           "opaque folders are resolved into whiteouts of what they hide; a whiteout of nothing is nothing");
}

static bool is_opaque(int parent, const char *name) {
    char value[4];
    OWNED_FD folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fgetxattr(folder, "user.overlay.opaque", value, sizeof value) == 1 && value[0] == 'y';
}

/* As on a file system that takes no device 0:0. */
static void test_marked_whiteouts(int root) {
    OWNED_FD lower = folder_in(root, "beneath");
    OWNED_FD upper = folder_in(root, "marks");
    OWNED_FD folder = folder_in(upper, "folder");
    struct failure failure;
    static const char *const marked[] = {"again", "gone"};
    for (size_t i = 0; i < sizeof marked / sizeof *marked; i++) {
        OWNED_FD file = openat(folder, marked[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0);
        expect(fsetxattr(file, "user.overlay.whiteout", "y", 1, 0) == 0, marked[i]);
    }
    expect(fsetxattr(folder, "user.overlay.opaque", "x", 1, 0) == 0, "mark the folder");
    const struct entry below = {.type = ENTRY_FILE, .path = "folder/again/old", .mode = 0600};
    const struct entry again = {.type = ENTRY_FOLDER, .path = "folder/again", .mode = 0755};
    const struct entry empty = {.type = ENTRY_FILE, .path = "folder/empty", .mode = 0};
    const struct entry mark = {.type = ENTRY_WHITEOUT, .path = "folder", .opaque = ENTRY_OPAQUE};
    const struct entry hidden = {.type = ENTRY_WHITEOUT, .path = "folder/again/old"};
    expect(write_records(lower, 0, &below, 1, &failure) == 0
               && write_above(upper, lower, TREE_USER_XATTRS, &again, 1, &failure) == 0
               && write_above(upper, lower, TREE_USER_XATTRS, &hidden, 1, &failure) == 0
               && write_above(upper, lower, TREE_USER_XATTRS, &empty, 1, &failure) == 0,
           failure.object);
    expect(is_opaque(folder, "again") && faccessat(folder, "again/old", F_OK, AT_SYMLINK_NOFOLLOW) != 0,
           "a folder in place of a marked whiteout hides what lies below");
    expect(!is_opaque(upper, "folder"), "a folder that holds marked whiteouts is not opaque");
    expect(write_above(upper, lower, TREE_USER_XATTRS, &mark, 1, &failure) == 0 && is_opaque(upper, "folder"),
           failure.object);
    expect(faccessat(folder, "gone", F_OK, AT_SYMLINK_NOFOLLOW) != 0, "no whiteout is left in an opaque folder");
    expect(faccessat(folder, "empty", F_OK, AT_SYMLINK_NOFOLLOW) == 0, "an empty file is no whiteout");
}

/* What a layer's archive leaves out is as below, and what it removes stays removed. */
static void test_layer_on_others(int root) {
    OWNED_FD lower = folder_in(root, "under");
    OWNED_FD upper = folder_in(root, "over");
    struct failure failure;
    const struct entry below[] = {
        {.type = ENTRY_FOLDER, .path = "real", .mode = 0710, .modified = then},
        {.type = ENTRY_SYMLINK, .path = "link", .target = "/real", .modified = then},
        {.type = ENTRY_SYMLINK, .path = "out", .target = "../../../elsewhere", .modified = then},
        {.type = ENTRY_FOLDER, .path = "gone", .mode = 0700, .modified = then},
        {.type = ENTRY_FILE, .path = "gone/old", .mode = 0600, .modified = then},
        {.type = ENTRY_FILE, .path = "file", .mode = 0600, .modified = then},
    };
    const struct entry above[] = {
        {.type = ENTRY_FILE, .path = "link/through", .mode = 0600},
        {.type = ENTRY_FILE, .path = "out/through", .mode = 0600},
        {.type = ENTRY_WHITEOUT, .path = "gone"},
        {.type = ENTRY_FILE, .path = "gone/new", .mode = 0600},
        {.type = ENTRY_WHITEOUT, .path = "gone/old"},
        {.type = ENTRY_FILE, .path = "file/inside", .mode = 0600},
    };
    expect(write_records(lower, 0, below, 6, &failure) == 0
               && write_above(upper, lower, TREE_USER_XATTRS, above, 6, &failure) == 0,
           failure.object);
    expect(reads_as(upper, lower, "/", TREE_RECURSE | TREE_UPPER | TREE_USER_XATTRS,
                    "21 [] 755 0 0:0 []\n"
                    "20 [elsewhere] 755 0 0:0 []\n"
                    "10 [elsewhere/through] 600 0 0:0 []\n"
                    "21 [file] 755 0 0:0 []\n"
                    "10 [file/inside] 600 0 0:0 []\n"
                    "21 [gone] 755 0 0:0 []\n"
                    "81 [gone/old] 0 0 0:0 []\n"
                    "10 [gone/new] 600 0 0:0 []\n"
                    "32 [link] 777 0 0:0 [/real]\n"
                    "32 [out] 777 0 0:0 [../../../elsewhere]\n"
                    "22 [real] 710 0 0:0 []\n"
                    "10 [real/through] 600 0 0:0 []\n"),
           "parents are links where they are links below, and folders in place of what was removed");
    expect(faccessat(upper, "gone/old", F_OK, AT_SYMLINK_NOFOLLOW) != 0, "what is hidden already is not hidden again");
}

static void test_opaque_root(int root) {
    OWNED_FD lower = folder_in(root, "all");
    OWNED_FD upper = folder_in(root, "none");
    struct failure failure;
    const struct entry below[] = {
        {.type = ENTRY_FILE, .path = "a", .mode = 0600, .modified = then},
        {.type = ENTRY_FILE, .path = "b/c", .mode = 0600, .modified = then},
        {.type = ENTRY_FILE, .path = "d/e", .mode = 0600, .modified = then},
    };
    const struct entry above[] = {
        {.type = ENTRY_FILE, .path = "b/new", .mode = 0600},
        {.type = ENTRY_WHITEOUT, .path = "", .opaque = ENTRY_OPAQUE},
        {.type = ENTRY_FILE, .path = "d/new", .mode = 0600},
    };
    expect(write_records(lower, 0, below, 3, &failure) == 0
               && write_above(upper, lower, TREE_USER_XATTRS, above, 3, &failure) == 0,
           failure.object);
    expect(reads_as(upper, lower, "/", TREE_RECURSE | TREE_UPPER | TREE_USER_XATTRS,
                    "21 [] 755 0 0:0 []\n"
                    "81 [a] 0 0 0:0 []\n"
                    "22 [b] 755 0 0:0 []\n"
                    "81 [b/c] 0 0 0:0 []\n"
                    "10 [b/new] 600 0 0:0 []\n"
                    "21 [d] 755 0 0:0 []\n"
                    "81 [d/e] 0 0 0:0 []\n"
                    "10 [d/new] 600 0 0:0 []\n"),
           "an opaque root hides everything below it");
}

/* What is refused before the layers below are announced. */
static int early(int folder, const struct entry *entry, struct failure *failure) {
    struct tree_roots roots = {.root = folder, .below = -1, .later = true, .output = -1};
    const struct tree request = {.path = "/"};
    OWNED_WRITER writer = {0};
    put_record(&writer, entry, NULL);
    put_end(&writer);
    OWNED_FD file = file_of(writer.data, writer.length);
    *failure = (struct failure){0};
    return tree_write(NULL, &roots, file, &request, failure) == 0 ? 0 : failure->error;
}

static void test_layers_to_come(int root) {
    OWNED_FD folder = folder_in(root, "early");
    struct failure failure;
    const struct entry own = {.type = ENTRY_FOLDER, .path = "own", .mode = 0755};
    const struct entry within = {.type = ENTRY_FILE, .path = "own/file", .mode = 0600};
    const struct entry without = {.type = ENTRY_FILE, .path = "other/file", .mode = 0600};
    const struct entry link = {.type = ENTRY_HARD_LINK, .path = "own/link", .target = "own/other"};
    const struct entry removed = {.type = ENTRY_WHITEOUT, .path = "own/gone"};
    const struct entry opaque = {.type = ENTRY_WHITEOUT, .path = "", .opaque = ENTRY_OPAQUE};
    expect(early(folder, &own, &failure) == 0 && early(folder, &within, &failure) == 0, "what needs none of them");
    expect(early(folder, &without, &failure) == EPROTO, "a folder that only they can have");
    expect(early(folder, &link, &failure) == EPROTO, "a link to what only they can have");
    expect(early(folder, &removed, &failure) == EPROTO, "something they may have, removed");
    expect(early(folder, &opaque, &failure) == EPROTO, "all they have, removed");
    OWNED_WRITER writer = {0};
    const struct tree request = {.path = "/"};
    put_frame(&writer, FRAME_BELOW);
    end_frame(&writer, 0);
    expect(write_stream(folder, -1, &request, &writer, &failure) == -1 && failure.error == EPROTO, "nothing to announce");
}

static void test_below(int root) {
    OWNED_FD lower = folder_in(root, "base");
    OWNED_FD upper = folder_in(root, "copy");
    struct failure failure;
    OWNED_WRITER writer = {0};
    const struct tree request = {.path = "/"};
    const struct entry below[] = {
        {.type = ENTRY_FOLDER, .path = "private", .mode = 0700, .modified = then},
        {.type = ENTRY_FOLDER, .path = "private/inner", .mode = 0710, .modified = then},
        {.type = ENTRY_FILE, .path = "original", .mode = 0604, .size = 7, .modified = then},
    };
    const struct entry above[] = {
        {.type = ENTRY_FILE, .path = "private/inner/new", .mode = 0600, .size = 3},
        {.type = ENTRY_HARD_LINK, .path = "private/link", .target = "original"},
    };
    expect(write_records(lower, 0, below, 3, &failure) == 0, failure.object);
    put_record(&writer, &above[0], "new");
    put_record(&writer, &above[1], NULL);
    put_end(&writer);
    expect(write_stream(upper, lower, &request, &writer, &failure) == 0, failure.object);
    expect((status_of(upper, "private").st_mode & 07777) == 0700
               && (status_of(upper, "private/inner").st_mode & 07777) == 0710,
           "folders no record describes look as they do below");
    struct stat copy = status_of(upper, "private/link");
    expect((copy.st_mode & 07777) == 0604 && copy.st_size == 7 && copy.st_mtim.tv_sec == then.tv_sec,
           "a link to what only lies below copies it up");
    OWNED_WRITER missing = {0};
    const struct entry lost = {.type = ENTRY_HARD_LINK, .path = "lost", .target = "nowhere"};
    put_record(&missing, &lost, NULL);
    put_end(&missing);
    expect(write_stream(upper, lower, &request, &missing, &failure) != 0 && failure.error == ENOENT
               && strcmp(failure.object, "lost") == 0,
           "a link to nothing");
}

static int write_one(int folder, const char *path, const char *name, struct failure *failure) {
    OWNED_WRITER writer = {0};
    const struct tree request = {.path = path, .name = name, .flags = TREE_INTO_FOLDER | TREE_KEEP_FOLDERS};
    const struct entry entry = {.type = ENTRY_FILE, .path = name, .mode = 0600, .size = 3};
    put_record(&writer, &entry, "one");
    put_end(&writer);
    return write_stream(folder, -1, &request, &writer, failure);
}

static void test_single_file(int root) {
    OWNED_FD folder = folder_in(root, "single");
    struct failure failure;
    expect(mkdirat(folder, "there", 0755) == 0, "preparing a folder");
    expect(write_one(folder, "/there", "name", &failure) == 0 && faccessat(folder, "there/name", F_OK, 0) == 0,
           "a folder receives the file under its own name");
    expect(write_one(folder, "/new/", "name", &failure) == 0 && faccessat(folder, "new/name", F_OK, 0) == 0,
           "so does one that is only named as such");
    expect(write_one(folder, "/other/exact", "name", &failure) == 0 && faccessat(folder, "other/exact", F_OK, 0) == 0,
           "any other path is the file's own");
    expect(write_one(folder, "/", "top", &failure) == 0 && faccessat(folder, "top", F_OK, 0) == 0, "the root is a folder");
    expect(write_one(folder, "/top/below", "name", &failure) != 0 && failure.error == ENOTDIR, "a file is none");
}

/* What each broken stream is refused with. */
static int refusal(int folder, const struct writer *stream, struct failure *failure) {
    const struct tree request = {.path = "/"};
    return write_stream(folder, -1, &request, stream, failure) == 0 ? 0 : failure->error;
}

static void test_broken_streams(int root) {
    OWNED_FD folder = folder_in(root, "broken");
    struct failure failure;
    const struct entry file = {.type = ENTRY_FILE, .path = "f", .mode = 0600, .size = 5};
    OWNED_WRITER writer = {0};
    expect(refusal(folder, &writer, &failure) == EPIPE, "a stream that ends before its end");
    put_record(&writer, &file, NULL);
    expect(refusal(folder, &writer, &failure) == EPIPE, "an end within a file");
    put_end(&writer);
    expect(refusal(folder, &writer, &failure) == EPROTO, "the end of the tree within a file");
    writer.length = 0;
    put_record(&writer, &file, NULL);
    put_record(&writer, &file, NULL);
    expect(refusal(folder, &writer, &failure) == EPROTO, "a record within a file");
    writer.length = 0;
    put_record(&writer, &file, "12345");
    size_t start = writer.length;
    put_frame(&writer, FRAME_DATA);
    put_bytes(&writer, "6", 1);
    end_frame(&writer, start);
    expect(refusal(folder, &writer, &failure) == EPROTO, "content after a file is full");
    writer.length = 0;
    put_record(&writer, &file, NULL);
    start = writer.length;
    put_frame(&writer, FRAME_DATA);
    put_bytes(&writer, "123456", 6);
    end_frame(&writer, start);
    expect(refusal(folder, &writer, &failure) == EPROTO, "more content than was announced");
    writer.length = 0;
    put_frame(&writer, FRAME_OK);
    end_frame(&writer, 0);
    expect(refusal(folder, &writer, &failure) == EPROTO, "a frame that belongs elsewhere");
    const struct entry unknown = {.type = 9, .path = "u"};
    const struct entry late = {.type = ENTRY_FILE, .path = "l", .modified = {.tv_nsec = 1000000000}};
    const struct entry odd = {.type = ENTRY_FOLDER, .path = "o", .opaque = 2};
    expect(write_records(folder, 0, &unknown, 1, &failure) != 0 && failure.error == EPROTO, "an unknown type");
    expect(write_records(folder, 0, &late, 1, &failure) != 0 && failure.error == EPROTO, "a time that is none");
    expect(write_records(folder, 0, &odd, 1, &failure) != 0 && failure.error == EPROTO, "an opaqueness that is none");
    OWNED_FD file_root = openat(folder, "f", O_RDONLY | O_CLOEXEC);
    expect(write_records(file_root, 0, &file, 1, &failure) != 0 && failure.error == ENOTDIR, "a root that is a file");
}

/* A chain of folders deeper than reading goes. */
static void test_depth(int root) {
    OWNED_FD folder = folder_in(root, "deep");
    int at = fcntl(folder, F_DUPFD_CLOEXEC, 3);
    for (int i = 0; i < 1100; i++) {
        int next = mkdirat(at, "d", 0755) == 0 ? openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
        close(at);
        at = next;
    }
    close(at);
    int error = fails_to_read(folder, "/", TREE_RECURSE);
    expect(error == ELOOP || error == EMFILE, "a tree that is too deep, or deeper than there are descriptors, is refused");
}

static void test_owners(int root) {
    OWNED_FD folder = folder_in(root, "owners");
    struct failure failure;
    const struct entry entries[] = {
        {.type = ENTRY_FOLDER, .path = "d", .mode = 02755, .uid = 1234, .gid = 4321},
        {.type = ENTRY_FILE, .path = "d/f", .mode = 06755, .uid = 4294967294, .gid = 1, .size = 1},
        {.type = ENTRY_CHARACTER, .path = "c", .mode = 0666, .major = 1, .minor = 3},
        {.type = ENTRY_BLOCK, .path = "b", .mode = 0660, .major = 7, .minor = 300},
    };
    if (geteuid() != 0) {
        expect(write_records(folder, 0, entries, 1, &failure) != 0 && failure.error == EPERM
                   && strcmp(failure.syscall, "fchownat") == 0,
               "an ordinary user gives nothing away");
        return;
    }
    expect(write_records(folder, 0, entries, 4, &failure) == 0, failure.object);
    struct stat file = status_of(folder, "d/f");
    expect(file.st_uid == 4294967294 && file.st_gid == 1 && (file.st_mode & 07777) == 06755, "owner and mode of a file");
    expect(status_of(folder, "d").st_gid == 4321 && (status_of(folder, "d").st_mode & 07777) == 02755,
           "owner and mode of a folder");
    expect(reads_as(folder, -1, "/", TREE_CONTENT | TREE_RECURSE,
                    "20 [] 755 0 0:0 []\n"
                    "60 [b] 660 0 7:300 []\n"
                    "50 [c] 666 0 1:3 []\n"
                    "20 [d] 2755 0 0:0 []\n"
                    "10 [d/f] 6755 1 0:0 []\n  c\n"),
           "devices are read as what they are");
    expect(S_ISBLK(status_of(folder, "b").st_mode) && status_of(folder, "c").st_rdev == 0x103, "devices have their numbers");
}

int main(void) {
    umask(022);
    int root = testing_folder();
    test_every_type(root);
    test_replacing(root);
    test_folder_ends(root);
    test_links_stay_inside(root);
    test_whiteouts(root);
    test_marked_whiteouts(root);
    test_layer_on_others(root);
    test_opaque_root(root);
    test_below(root);
    test_layers_to_come(root);
    test_single_file(root);
    test_broken_streams(root);
    test_depth(root);
    test_owners(root);
    close(root);
    return testing_end();
}
