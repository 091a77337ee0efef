/* The protocol between the JVM and the warden, and its codec.
 *
 * A connection carries frames: length (u32, little endian, counts type and payload), type (u8), payload. The first frame
 * of a connection is a request and starts with the version (u8). Integers are little endian. A text is its length (u32),
 * its bytes without NUL, and one NUL, so that it can be used in place. Lists are a count (u32) and the elements.
 * The peer is io.bivouac.engine.warden.WireWriter and WireReader; both ends are tested against src/test/resources/wire. */
#ifndef BIVOUAC_WIRE_H
#define BIVOUAC_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report.h"

enum { WIRE_VERSION = 1, WIRE_HEADER = 5, WIRE_LIMIT = 4 << 20, WIRE_CHUNK = 256 << 10 };

enum frame_type {
    /* requests */
    FRAME_SESSION = 0x01,    /* to the guardian, on its stdin */
    FRAME_LAUNCH = 0x02,     /* create and start a container, or start it again */
    FRAME_EXEC = 0x03,       /* run one more process in a container */
    FRAME_SIGNAL = 0x04,     /* signal the container's first process */
    FRAME_DISCARD = 0x05,    /* kill and remove a container */
    FRAME_TREE_READ = 0x06,  /* stream files out of a tree */
    FRAME_TREE_WRITE = 0x07, /* stream files into a tree */
    FRAME_AWAIT_PORTS = 0x08,
    FRAME_REMOVE = 0x09, /* remove folders of the store */
    FRAME_FREEZE = 0x0a,
    FRAME_ANNOUNCE = 0x0b, /* a creation will be asked for: what most of them need is made meanwhile, then OK */
    /* from the JVM while a request runs */
    FRAME_STDIN = 0x20,
    FRAME_STDIN_END = 0x21,
    FRAME_WINDOW = 0x22, /* new size of the terminal */
    FRAME_DRAIN = 0x23,  /* to a monitor: log what has been written until now */
    FRAME_BELOW = 0x24,  /* among the records of a layer: the layers below are there by now */
    /* answers and events */
    FRAME_OK = 0x40,
    FRAME_FAILED = 0x41,
    FRAME_LAUNCHED = 0x42,
    FRAME_STARTED = 0x43,
    FRAME_OUTPUT = 0x44,
    FRAME_EXITED = 0x45,
    FRAME_LOGGED = 0x46,
    FRAME_DRAINED = 0x47,
    FRAME_PROBED = 0x48, /* one of the things that were tried out, and how it failed, if it did */
    /* tree records, both ways */
    FRAME_ENTRY = 0x60,
    FRAME_DATA = 0x61,
    FRAME_END = 0x62,
};

struct span {
    const uint8_t *data;
    uint32_t length;
};

/* Memory that lives as long as a decoded message. */
struct arena {
    struct arena_block *blocks;
};
void *arena_take(struct arena *arena, size_t size);
void arena_free(struct arena *arena);
#define OWNED_ARENA __attribute__((cleanup(arena_free))) struct arena

/* Decodes in place and never reads past `end`: after the first violation `bad` is set and every further take yields zero. */
struct reader {
    const uint8_t *at;
    const uint8_t *end;
    struct arena *arena;
    bool bad;
    bool starved; /* bad for want of memory */
};
/* What to say of a message that could not be decoded: EPROTO or ENOMEM. */
int reader_error(const struct reader *reader);
/* Memory of the arena, or NULL, and the reader is bad. */
void *take_memory(struct reader *reader, size_t size);
uint8_t take_u8(struct reader *reader);
bool take_bool(struct reader *reader);
uint32_t take_u32(struct reader *reader);
int32_t take_i32(struct reader *reader);
uint64_t take_u64(struct reader *reader);
struct span take_bytes(struct reader *reader);
const char *take_text(struct reader *reader);
/* A count whose elements take at least `element_size` bytes each, so that a forged one cannot ask for memory. */
uint32_t take_count(struct reader *reader, size_t element_size);
/* A NULL-terminated array, as execve(2) wants it. */
const char **take_texts(struct reader *reader, uint32_t *count);
/* True when all was decoded and nothing is left over. */
bool reader_done(const struct reader *reader);

/* A payload being built; `bad` is set when it did not fit into memory. */
struct writer {
    uint8_t *data;
    size_t length;
    size_t capacity;
    bool bad;
};
#define OWNED_WRITER __attribute__((cleanup(writer_free))) struct writer
void writer_free(struct writer *writer);
/* Makes the buffer ready for one more frame of this type. */
void put_frame(struct writer *writer, enum frame_type type);
void put_u8(struct writer *writer, uint8_t value);
void put_u32(struct writer *writer, uint32_t value);
void put_u64(struct writer *writer, uint64_t value);
void put_bytes(struct writer *writer, const void *data, size_t length);
void put_text(struct writer *writer, const char *text);
void put_failure(struct writer *writer, const struct failure *failure);
/* Fills in the length of the frame begun last (at `start`, the buffer's length before put_frame). */
void end_frame(struct writer *writer, size_t start);
/* Sends everything built so far and empties the buffer. */
int writer_flush(struct writer *writer, int fd);

struct frame {
    enum frame_type type;
    uint8_t *memory;
    struct span payload;
};
#define OWNED_FRAME __attribute__((cleanup(frame_free))) struct frame
void frame_free(struct frame *frame);
/* Receives one frame: 1, 0 at the end of the stream, -1 with errno (EPROTO: malformed). */
int frame_receive(int fd, struct frame *frame);
int frame_send_empty(int fd, enum frame_type type);
int frame_send_failure(int fd, const struct failure *failure);

#endif
