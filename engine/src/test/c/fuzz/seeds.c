/* Writes what the fuzzers begin with: the vectors, and a few trees and walks of our own. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "io.h"
#include "records.h"
#include "tree.h"

enum { VECTOR_LIMIT = 64 << 10 };

static int corpus;

static void keep(const char *target, const char *name, const void *head, size_t head_length, const void *data,
                 size_t length) {
    mkdirat(corpus, target, 0755);
    OWNED_FD folder = openat(corpus, target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED_FD file = folder < 0 ? -1 : openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0 || write_all(file, head, head_length) != 0 || write_all(file, data, length) != 0) {
        perror(name);
        exit(1);
    }
}

static void keep_vector(const char *folder, const char *name) {
    static uint8_t bytes[VECTOR_LIMIT];
    char path[4096];
    size_t length = 0;
    unsigned byte;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    while (file != NULL && length < sizeof bytes && fscanf(file, "%2x", &byte) == 1) {
        bytes[length++] = (uint8_t)byte;
    }
    if (file == NULL || length == 0) {
        perror(path);
        exit(1);
    }
    fclose(file);
    keep("requests", name, "", 0, bytes, length);
    keep("frames", name, "\x05\x20\x01", 3, bytes, length);
}

static void keep_tree(const char *name, uint8_t flags, uint8_t variant, const struct entry *entries, size_t count) {
    OWNED_WRITER writer = {0};
    const uint8_t head[] = {flags, variant};
    for (size_t i = 0; i < count; i++) {
        struct entry entry = entries[i];
        entry.uid = entry.gid = 0;
        put_record(&writer, &entry, "content of a file");
    }
    put_end(&writer);
    keep("trees", name, head, sizeof head, writer.data, writer.length);
    keep("frames", name, "\x61\xff\x03", 3, writer.data, writer.length);
}

static void keep_trees(void) {
    struct attribute colour = {.name = "user.x", .value = {(const uint8_t *)"red", 3}};
    const struct entry plain[] = {
        {.type = ENTRY_FOLDER, .path = "", .mode = 0750, .modified = {.tv_sec = 1000000000}},
        {.type = ENTRY_FOLDER, .path = "d", .mode = 02711},
        {.type = ENTRY_FILE, .path = "d/f", .mode = 04755, .size = 7, .attributes = &colour, .attribute_count = 1},
        {.type = ENTRY_HARD_LINK, .path = "h", .target = "d/f"},
        {.type = ENTRY_FIFO, .path = "p", .mode = 0600},
        {.type = ENTRY_CHARACTER, .path = "c", .mode = 0600, .major = 1, .minor = 3},
    };
    const struct entry layer[] = {
        {.type = ENTRY_WHITEOUT, .path = "a/f"},
        {.type = ENTRY_WHITEOUT, .path = "f", .opaque = ENTRY_OPAQUE},
        {.type = ENTRY_FOLDER, .path = "a", .mode = 0755, .opaque = ENTRY_OPAQUE},
        {.type = ENTRY_HARD_LINK, .path = "a/x", .target = "a/f"},
        {.type = ENTRY_FILE, .path = "a/b/new", .mode = 0600, .size = 3},
    };
    const struct entry hostile[] = {
        {.type = ENTRY_SYMLINK, .path = "l", .target = "/"},
        {.type = ENTRY_SYMLINK, .path = "up", .target = "../../canary"},
        {.type = ENTRY_FILE, .path = "up/sleeps", .mode = 0666, .size = 3},
        {.type = ENTRY_FILE, .path = "l/../../x", .mode = 0666},
        {.type = ENTRY_HARD_LINK, .path = "mine", .target = "../../canary/sleeps"},
        {.type = ENTRY_FOLDER, .path = "l", .mode = 0777},
        {.type = ENTRY_FILE, .path = "..", .mode = 0666},
    };
    keep_tree("plain", TREE_CONTENT | TREE_RECURSE, 0, plain, sizeof plain / sizeof *plain);
    keep_tree("layer", TREE_CONTENT | TREE_RECURSE, 0xc0, layer, sizeof layer / sizeof *layer);
    keep_tree("hostile", TREE_RECURSE, 0, hostile, sizeof hostile / sizeof *hostile);
    keep_tree("single", TREE_INTO_FOLDER | TREE_KEEP_FOLDERS, 1, &plain[2], 1);
    keep_tree("into", TREE_KEEP_FOLDERS, 4, plain, 3);
}

/* Nodes {parent, name, kind, …}, then steps; what the bytes mean is up to paths.c. */
static void keep_walks(void) {
    static const uint8_t links[] = {4, 0, 0, 0, 0, 1, 2, 0x43, 3, 3, 14, 0, 2, 2, 1, 0, 1, 3, 3, 3, 3, 0,
                                    0, 2, 1, 0, 1, 3, 1, 0, 6, 2, 3, 1, 2, 8};
    static const uint8_t magic[] = {1, 0, 0, 2, 0x43, 7, 9, 10, 0, 0x44, 7, 9, 12, 13, 15, 0x45, 7, 9, 11, 17, 18, 5, 2, 0, 0};
    keep("paths", "links", "", 0, links, sizeof links);
    keep("paths", "magic", "", 0, magic, sizeof magic);
    keep("paths", "raw", "\x00\x00\xff\x01/a/../../b", 13, "", 0);
}

int main(int count, char **arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: seeds VECTORS CORPUS\n");
        return 2;
    }
    mkdir(arguments[2], 0755);
    corpus = open(arguments[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED_FD vectors = open(arguments[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED_LIST names = vectors < 0 ? NULL : folder_open_list(vectors);
    if (corpus < 0 || names == NULL) {
        perror(arguments[1]);
        return 1;
    }
    for (const char *name; (name = folder_next(names)) != NULL;) {
        const char *suffix = strrchr(name, '.');
        if (suffix != NULL && strcmp(suffix, ".hex") == 0) {
            keep_vector(arguments[1], name);
        }
    }
    keep_trees();
    keep_walks();
    return 0;
}
