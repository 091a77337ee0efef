#include "records.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "input.h"
#include "io.h"

void put_record(struct writer *writer, const struct entry *entry, const void *content) {
    size_t start = writer->length;
    put_frame(writer, FRAME_ENTRY);
    put_u8(writer, (uint8_t)entry->type);
    put_u8(writer, (uint8_t)entry->opaque);
    put_text(writer, entry->path);
    put_u32(writer, entry->mode);
    put_u32(writer, entry->uid != 0 ? entry->uid : geteuid());
    put_u32(writer, entry->gid != 0 ? entry->gid : getegid());
    put_u64(writer, (uint64_t)entry->modified.tv_sec);
    put_u32(writer, (uint32_t)entry->modified.tv_nsec);
    put_u64(writer, entry->size);
    put_u32(writer, entry->major);
    put_u32(writer, entry->minor);
    put_text(writer, entry->target != NULL ? entry->target : "");
    put_u32(writer, entry->attribute_count);
    for (uint32_t i = 0; i < entry->attribute_count; i++) {
        put_text(writer, entry->attributes[i].name);
        put_bytes(writer, entry->attributes[i].value.data, entry->attributes[i].value.length);
    }
    end_frame(writer, start);
    if (content != NULL && entry->size > 0) {
        start = writer->length;
        put_frame(writer, FRAME_DATA);
        put_bytes(writer, content, entry->size);
        end_frame(writer, start);
    }
}

void put_end(struct writer *writer) {
    size_t start = writer->length;
    put_frame(writer, FRAME_END);
    end_frame(writer, start);
}

int file_of(const void *content, size_t length) {
    int file = memfd_create("stream", MFD_CLOEXEC);
    if (file < 0 || write_all(file, content, length) != 0 || lseek(file, 0, SEEK_SET) != 0) {
        perror("memfd_create");
        exit(1);
    }
    return file;
}

/* Everything but owner and time, which differ from run to run. */
static int show_entry(struct reader *reader, FILE *out, uint64_t *left) {
    uint8_t type = take_u8(reader);
    uint8_t relation = take_u8(reader);
    const char *path = take_text(reader);
    uint32_t mode = take_u32(reader);
    take_u64(reader); /* owner and group */
    take_u64(reader); /* seconds */
    take_u32(reader);
    *left = take_u64(reader);
    uint32_t major = take_u32(reader);
    uint32_t minor = take_u32(reader);
    const char *target = take_text(reader);
    fprintf(out, "%u%u [%s] %o %llu %u:%u [%s]", type, relation, path, mode, (unsigned long long)*left, major, minor,
            target);
    uint32_t count = take_count(reader, 9);
    for (uint32_t i = 0; i < count; i++) {
        const char *name = take_text(reader);
        struct span value = take_bytes(reader);
        fprintf(out, " %s=%.*s", name, (int)value.length, (const char *)value.data);
    }
    fprintf(out, "\n");
    return reader_done(reader) ? 0 : -1;
}

static int show_data(struct reader *reader, FILE *out, uint64_t *left) {
    struct span bytes = take_bytes(reader);
    fprintf(out, "  %.*s\n", (int)bytes.length, (const char *)bytes.data);
    if (!reader_done(reader) || bytes.length > *left) {
        return -1;
    }
    *left -= bytes.length;
    return 0;
}

int show_records(int stream, FILE *out) {
    static uint8_t block[INPUT_SIZE];
    struct input input = {.fd = stream, .block = block};
    enum frame_type type;
    struct span payload;
    uint64_t left = 0;
    for (int count = 0; input_next(&input, &type, &payload) == 1;) {
        struct reader reader = {.at = payload.data, .end = payload.data + payload.length};
        int result = -1;
        if (type == FRAME_END && left == 0) {
            return input_next(&input, &type, &payload) == 0 ? count : -1;
        }
        if (type == FRAME_ENTRY && left == 0) {
            result = show_entry(&reader, out, &left);
            count++;
        } else if (type == FRAME_DATA) {
            result = show_data(&reader, out, &left);
        }
        if (result != 0) {
            return -1;
        }
    }
    return -1;
}
