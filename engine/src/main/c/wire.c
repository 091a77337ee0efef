#include "wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io.h"

struct arena_block {
    struct arena_block *next;
    max_align_t memory[];
};

void *arena_take(struct arena *arena, size_t size) {
    struct arena_block *block = calloc(1, sizeof *block + size);
    if (block == NULL) {
        return NULL;
    }
    block->next = arena->blocks;
    arena->blocks = block;
    return block->memory;
}

void arena_free(struct arena *arena) {
    while (arena->blocks != NULL) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->next;
        free(block);
    }
}

int reader_error(const struct reader *reader) {
    return reader->starved ? ENOMEM : EPROTO;
}

void *take_memory(struct reader *reader, size_t size) {
    void *memory = arena_take(reader->arena, size);
    reader->starved |= memory == NULL;
    reader->bad |= memory == NULL;
    return memory;
}

static const uint8_t *take(struct reader *reader, size_t length) {
    if (reader->bad || (size_t)(reader->end - reader->at) < length) {
        reader->bad = true;
        return NULL;
    }
    const uint8_t *at = reader->at;
    reader->at += length;
    return at;
}

static uint64_t take_integer(struct reader *reader, size_t length) {
    const uint8_t *at = take(reader, length);
    uint64_t value = 0;
    for (size_t i = 0; at != NULL && i < length; i++) {
        value |= (uint64_t)at[i] << (8 * i);
    }
    return value;
}

uint8_t take_u8(struct reader *reader) {
    return (uint8_t)take_integer(reader, 1);
}

bool take_bool(struct reader *reader) {
    uint8_t value = take_u8(reader);
    reader->bad |= value > 1;
    return value == 1;
}

uint32_t take_u32(struct reader *reader) {
    return (uint32_t)take_integer(reader, 4);
}

int32_t take_i32(struct reader *reader) {
    return (int32_t)take_u32(reader);
}

uint64_t take_u64(struct reader *reader) {
    return take_integer(reader, 8);
}

struct span take_bytes(struct reader *reader) {
    uint32_t length = take_u32(reader);
    const uint8_t *data = take(reader, length);
    return (struct span){.data = data, .length = data != NULL ? length : 0};
}

const char *take_text(struct reader *reader) {
    struct span bytes = take_bytes(reader);
    const uint8_t *end = take(reader, 1);
    if (reader->bad || *end != '\0' || memchr(bytes.data, '\0', bytes.length) != NULL) {
        reader->bad = true;
        return "";
    }
    return (const char *)bytes.data;
}

uint32_t take_count(struct reader *reader, size_t element_size) {
    uint32_t count = take_u32(reader);
    if (reader->bad || count > (size_t)(reader->end - reader->at) / element_size) {
        reader->bad = true;
        return 0;
    }
    return count;
}

const char **take_texts(struct reader *reader, uint32_t *count) {
    *count = take_count(reader, 5);
    const char **texts = take_memory(reader, (*count + (size_t)1) * sizeof *texts);
    if (texts == NULL) {
        *count = 0;
        return NULL;
    }
    for (uint32_t i = 0; i < *count; i++) {
        texts[i] = take_text(reader);
    }
    return texts;
}

bool reader_done(const struct reader *reader) {
    return !reader->bad && reader->at == reader->end;
}

void writer_free(struct writer *writer) {
    free(writer->data);
    *writer = (struct writer){0};
}

static uint8_t *reserve(struct writer *writer, size_t length) {
    if (writer->bad) {
        return NULL;
    }
    if (writer->capacity - writer->length < length) {
        size_t capacity = (writer->capacity + length) * 2 + 256;
        uint8_t *data = realloc(writer->data, capacity);
        if (data == NULL) {
            writer->bad = true;
            return NULL;
        }
        writer->data = data;
        writer->capacity = capacity;
    }
    uint8_t *at = writer->data + writer->length;
    writer->length += length;
    return at;
}

static void put_integer(struct writer *writer, uint64_t value, size_t length) {
    uint8_t *at = reserve(writer, length);
    for (size_t i = 0; at != NULL && i < length; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

void put_u8(struct writer *writer, uint8_t value) {
    put_integer(writer, value, 1);
}

void put_u32(struct writer *writer, uint32_t value) {
    put_integer(writer, value, 4);
}

void put_u64(struct writer *writer, uint64_t value) {
    put_integer(writer, value, 8);
}

void put_bytes(struct writer *writer, const void *data, size_t length) {
    put_u32(writer, (uint32_t)length);
    uint8_t *at = reserve(writer, length);
    if (at != NULL && length > 0) {
        memcpy(at, data, length);
    }
}

void put_text(struct writer *writer, const char *text) {
    put_bytes(writer, text, strlen(text));
    put_u8(writer, 0);
}

void put_frame(struct writer *writer, enum frame_type type) {
    put_u32(writer, 0);
    put_u8(writer, (uint8_t)type);
}

void end_frame(struct writer *writer, size_t start) {
    if (!writer->bad) {
        uint32_t length = (uint32_t)(writer->length - start - 4);
        for (size_t i = 0; i < 4; i++) {
            writer->data[start + i] = (uint8_t)(length >> (8 * i));
        }
    }
}

int writer_flush(struct writer *writer, int fd) {
    if (writer->bad) {
        errno = ENOMEM;
        return -1;
    }
    int result = write_all(fd, writer->data, writer->length);
    writer->length = 0;
    return result;
}

void frame_free(struct frame *frame) {
    memory_free(&frame->memory);
}

int frame_receive(int fd, struct frame *frame) {
    uint8_t header[WIRE_HEADER];
    *frame = (struct frame){0};
    ssize_t count = read_all(fd, header, sizeof header);
    if (count <= 0) {
        return (int)count;
    }
    struct reader reader = {.at = header, .end = header + count};
    uint32_t length = take_u32(&reader);
    uint8_t type = take_u8(&reader);
    if (reader.bad || length == 0 || length > WIRE_LIMIT) {
        errno = EPROTO;
        return -1;
    }
    frame->type = (enum frame_type)type;
    frame->memory = malloc(length);
    if (frame->memory == NULL) {
        return -1;
    }
    count = read_all(fd, frame->memory, length - 1);
    if (count != (ssize_t)(length - 1)) {
        errno = count < 0 ? errno : EPROTO;
        return -1;
    }
    frame->payload = (struct span){.data = frame->memory, .length = length - 1};
    return 1;
}

int frame_send_empty(int fd, enum frame_type type) {
    OWNED_WRITER writer = {0};
    put_frame(&writer, type);
    end_frame(&writer, 0);
    return writer_flush(&writer, fd);
}

void put_failure(struct writer *writer, const struct failure *failure) {
    put_text(writer, failure->operation);
    put_text(writer, failure->syscall);
    put_u32(writer, (uint32_t)failure->error);
    put_text(writer, failure->object);
}

int frame_send_failure(int fd, const struct failure *failure) {
    OWNED_WRITER writer = {0};
    put_frame(&writer, FRAME_FAILED);
    put_failure(&writer, failure);
    end_frame(&writer, 0);
    return writer_flush(&writer, fd);
}
