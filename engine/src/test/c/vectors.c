/* Decodes the vectors in src/test/resources/wire, which Java encodes, and prints what it understood; the build compares that
 * with the .txt beside each. Then feeds every truncation and many mutations of them to the decoders, under sanitizers. */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "show.h"

enum { VECTOR_LIMIT = 1 << 16, MUTATIONS = 2000 };

static size_t read_hex(const char *path, uint8_t *bytes) {
    FILE *file = fopen(path, "r");
    size_t length = 0;
    unsigned byte;
    while (file != NULL && length < VECTOR_LIMIT && fscanf(file, "%2x", &byte) == 1) {
        bytes[length++] = (uint8_t)byte;
    }
    if (file != NULL) {
        fclose(file);
    }
    return length;
}

static char *read_text(const char *path) {
    FILE *file = fopen(path, "r");
    char *text = calloc(1, VECTOR_LIMIT);
    if (file != NULL && text != NULL && fread(text, 1, VECTOR_LIMIT - 1, file) == 0) {
        text[0] = '\0';
    }
    if (file != NULL) {
        fclose(file);
    }
    return text;
}

/* A copy on the heap, so that a read beyond its end is seen. The length is made to fit, or no decoder would look at it. */
static int decode_copy(const uint8_t *bytes, size_t length) {
    uint8_t *copy = malloc(length + 1);
    FILE *nowhere = fopen("/dev/null", "w");
    int result = -1;
    if (copy != NULL && nowhere != NULL && length >= 4) {
        memcpy(copy, bytes, length);
        for (size_t i = 0; i < 4; i++) {
            copy[i] = (uint8_t)((length - 4) >> 8 * i);
        }
        uint8_t *exact = realloc(copy, length);
        copy = exact != NULL ? exact : copy;
        result = show(nowhere, copy, length);
    }
    if (nowhere != NULL) {
        fclose(nowhere);
    }
    free(copy);
    return result;
}

static int torment(const char *name, const uint8_t *bytes, size_t length) {
    uint8_t mutated[VECTOR_LIMIT];
    for (size_t cut = 0; cut < length; cut++) {
        if (decode_copy(bytes, cut) == 0) {
            fprintf(stderr, "%s: decoded though cut at %zu\n", name, cut);
            return 1;
        }
    }
    srand(1);
    for (int i = 0; i < MUTATIONS; i++) {
        memcpy(mutated, bytes, length);
        for (int j = rand() % 4; j >= 0; j--) {
            mutated[4 + (size_t)rand() % (length - 4)] = (uint8_t)(rand() % 3 == 0 ? 0xff : rand());
        }
        decode_copy(mutated, length);
    }
    return 0;
}

static int check(const char *folder, const char *name) {
    static uint8_t bytes[VECTOR_LIMIT];
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    size_t length = read_hex(path, bytes);
    char *shown = NULL;
    size_t shown_length = 0;
    FILE *out = open_memstream(&shown, &shown_length);
    int result = show(out, bytes, length);
    fclose(out);
    memcpy(strrchr(path, '.'), ".txt", 5);
    char *expected = read_text(path);
    int failures = 0;
    if (result != 0 || expected == NULL || strcmp(shown, expected) != 0) {
        fprintf(stderr, "%s: understood as\n%s", name, result == 0 ? shown : "(malformed)\n");
        failures = 1;
    } else {
        failures = torment(name, bytes, length);
    }
    free(shown);
    free(expected);
    return failures;
}

int main(int count, char **arguments) {
    int failures = 0;
    int vectors = 0;
    DIR *listing = count == 2 ? opendir(arguments[1]) : NULL;
    for (struct dirent *entry; listing != NULL && (entry = readdir(listing)) != NULL;) {
        const char *suffix = strrchr(entry->d_name, '.');
        if (suffix != NULL && strcmp(suffix, ".hex") == 0) {
            failures += check(arguments[1], entry->d_name);
            vectors++;
        }
    }
    if (listing != NULL) {
        closedir(listing);
    }
    if (vectors == 0) {
        fprintf(stderr, "usage: vectors FOLDER\n");
        return 2;
    }
    return failures == 0 ? 0 : 1;
}
