/* Makes tree streams of tree streams: records are mutated as records, so that the fuzzer gets past their framing. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "io.h"
#include "target.h"

enum { HEAD = 2, RECORD_LIMIT = 64, TEXT_LIMIT = 96, VALUE_LIMIT = 128, ATTRIBUTE_LIMIT = 3 };

/* A frame, understood when it is a record. */
struct item {
    uint8_t type;
    const uint8_t *payload; /* of a frame that is no record, or a malformed one */
    uint32_t length;
    bool is_entry;
    struct entry entry;
};

struct stream {
    uint8_t head[HEAD];
    struct item items[RECORD_LIMIT];
    size_t count;
    struct arena arena;
    uint64_t state;
};

static const char *const components[] = {"a", "b", "f", "l", "up", "p", "d", "..", ".", "", "canary", "root", "base", "copy"};
static const char *const targets[] = {"/", "..", "../..", "/a", "a", "../canary", "/mnt/canary/sleeps", "../../canary/sleeps",
                                      "/proc/self/cwd", "/proc/self/fd/3", "a/../..", "l", "up", "/up/up", ""};
static const char *const attribute_names[] = {"user.x", "security.capability", "system.posix_acl_access",
                                              "system.posix_acl_default", "trusted.overlay.opaque", "user.overlay.opaque",
                                              "security.selinux", "user.", ""};
/* Two entries of capabilities(7), version 2, and lists of acl(5). */
static const uint8_t capability[20] = {1, 0, 0, 2, 0, 4};
static const uint8_t acl[] = {2, 0, 0, 0, 1, 0, 7, 0, 0xff, 0xff, 0xff, 0xff, 4, 0, 5, 0, 0xff, 0xff, 0xff, 0xff,
                              0x20, 0, 5, 0, 0xff, 0xff, 0xff, 0xff};
static const uint8_t long_acl[] = {2, 0, 0, 0, 1, 0, 7, 0, 0xff, 0xff, 0xff, 0xff, 2, 0, 7, 0, 0, 0, 0, 0,
                                   4, 0, 5, 0, 0xff, 0xff, 0xff, 0xff, 0x10, 0, 7, 0, 0xff, 0xff, 0xff, 0xff,
                                   0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};

static const uint8_t content[VALUE_LIMIT] = "the content of a file";

static uint32_t roll(struct stream *stream, uint32_t sides) {
    stream->state = stream->state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(stream->state >> 33) % sides;
}

#define PICK(stream, list) (list)[roll(stream, sizeof(list) / sizeof *(list))]

static void parse(struct stream *stream, const uint8_t *data, size_t size) {
    memcpy(stream->head, data, HEAD);
    for (size_t at = HEAD; size - at >= WIRE_HEADER && stream->count < RECORD_LIMIT;) {
        struct reader reader = {.at = data + at, .end = data + size};
        struct item *item = &stream->items[stream->count];
        uint32_t length = take_u32(&reader);
        if (length == 0 || length > size - at - 4) {
            return;
        }
        *item = (struct item){.type = take_u8(&reader), .payload = reader.at, .length = length - 1};
        struct reader record = {.at = item->payload, .end = item->payload + item->length, .arena = &stream->arena};
        item->is_entry = item->type == FRAME_ENTRY && decode_entry(&record, &item->entry) == 0;
        at += 4 + length;
        stream->count++;
    }
}

static char *text(struct stream *stream) {
    return arena_take(&stream->arena, TEXT_LIMIT);
}

/* Deeper than one level a descriptor, up to deeper than reading goes. */
static const char *deep_path(struct stream *stream) {
    uint32_t depth = roll(stream, 8) == 0 ? 1030 : 60 + roll(stream, 20);
    char *path = arena_take(&stream->arena, (size_t)depth * 2 + 2);
    for (uint32_t i = 0; path != NULL && i < depth; i++) {
        memcpy(path + (size_t)i * 2, "d/", 2);
    }
    return path != NULL ? strcat(path, "d") : "a";
}

static const char *invent_path(struct stream *stream) {
    if (roll(stream, 32) == 0) {
        return deep_path(stream);
    }
    char *path = text(stream);
    size_t length = 0;
    for (uint32_t left = 1 + roll(stream, 3); path != NULL && left > 0; left--) {
        const char *component = PICK(stream, components);
        if (length + strlen(component) + 2 < TEXT_LIMIT) {
            strcpy(path + length, component);
            length += strlen(component);
            strcpy(path + length, left > 1 ? "/" : "");
            length += left > 1;
        }
    }
    return path != NULL ? path : "a";
}

/* Often the path of another record, or one beneath it. */
static const char *choose_path(struct stream *stream) {
    const struct item *other = stream->count > 0 ? &stream->items[roll(stream, (uint32_t)stream->count)] : NULL;
    uint32_t choice = roll(stream, 4);
    if (choice > 1 || other == NULL || !other->is_entry) {
        return invent_path(stream);
    }
    if (choice == 0 || strlen(other->entry.path) > TEXT_LIMIT / 2) {
        return other->entry.path;
    }
    char *path = text(stream);
    if (path == NULL) {
        return "a";
    }
    strcpy(path, other->entry.path);
    strcat(path, "/");
    return strcat(path, PICK(stream, components));
}

static void add_attribute(struct stream *stream, struct entry *entry) {
    struct attribute *attributes = arena_take(&stream->arena, ATTRIBUTE_LIMIT * sizeof *attributes);
    uint32_t kept = entry->attribute_count < ATTRIBUTE_LIMIT ? entry->attribute_count : ATTRIBUTE_LIMIT - 1;
    if (attributes == NULL) {
        return;
    }
    for (uint32_t i = 0; i < kept; i++) {
        attributes[i] = entry->attributes[i];
    }
    const struct span values[] = {{capability, sizeof capability}, {acl, sizeof acl}, {long_acl, sizeof long_acl},
                                  {(const uint8_t *)"y", 1}};
    uint32_t name = roll(stream, sizeof attribute_names / sizeof *attribute_names);
    attributes[kept].name = attribute_names[name];
    attributes[kept].value = roll(stream, 3) > 0 && name > 0 && name < 4 ? values[name == 1 ? 0 : 1 + roll(stream, 2)]
                                                                        : PICK(stream, values);
    entry->attributes = attributes;
    entry->attribute_count = kept + 1;
}

static void change(struct stream *stream, struct entry *entry) {
    switch (roll(stream, 9)) {
    case 0:
        entry->type = (enum entry_type)(roll(stream, 40) == 0 ? roll(stream, 256) : 1 + roll(stream, 8));
        break;
    case 1:
        entry->opaque = roll(stream, 2);
        break;
    case 2:
    case 3:
        entry->path = choose_path(stream);
        break;
    case 4:
        entry->target = roll(stream, 2) == 0 ? PICK(stream, targets) : choose_path(stream);
        break;
    case 5:
        entry->mode = roll(stream, 010000);
        entry->uid = roll(stream, 3) == 0 ? roll(stream, UINT32_MAX) : 0;
        entry->gid = roll(stream, 3) == 0 ? roll(stream, UINT32_MAX) : 0;
        break;
    case 6:
        entry->modified.tv_sec = (time_t)((uint64_t)roll(stream, UINT32_MAX) << roll(stream, 33));
        entry->modified.tv_nsec = roll(stream, 1000000001);
        break;
    case 7:
        entry->major = roll(stream, 3) == 0 ? roll(stream, UINT32_MAX) : 0;
        entry->minor = roll(stream, 3) == 0 ? roll(stream, UINT32_MAX) : 0;
        entry->size = roll(stream, 3) == 0 ? roll(stream, 64) : 0;
        break;
    default:
        add_attribute(stream, entry);
    }
}

static void insert(struct stream *stream, size_t at, struct item item) {
    if (stream->count < RECORD_LIMIT) {
        memmove(&stream->items[at + 1], &stream->items[at], (stream->count - at) * sizeof item);
        stream->items[at] = item;
        stream->count++;
    }
}

static struct item invent(struct stream *stream) {
    struct item item = {.type = FRAME_ENTRY, .is_entry = true};
    item.entry = (struct entry){.type = (enum entry_type)(1 + roll(stream, 8)), .path = choose_path(stream), .mode = 0755,
                                .target = PICK(stream, targets)};
    item.entry.size = item.entry.type == ENTRY_FILE ? roll(stream, 20) : 0;
    return item;
}

static void rearrange(struct stream *stream) {
    size_t at = roll(stream, (uint32_t)stream->count + 1);
    size_t other = roll(stream, (uint32_t)stream->count + 1);
    bool inside = at < stream->count && other < stream->count;
    switch (roll(stream, 4)) {
    case 0:
        insert(stream, at, invent(stream));
        break;
    case 1:
        if (inside) {
            insert(stream, at, stream->items[other]);
        }
        break;
    case 2:
        if (inside) {
            struct item kept = stream->items[at];
            stream->items[at] = stream->items[other];
            stream->items[other] = kept;
        }
        break;
    default:
        if (inside) {
            memmove(&stream->items[at], &stream->items[at + 1], (stream->count - at - 1) * sizeof stream->items[0]);
            stream->count--;
        }
    }
}

static void put_entry(struct writer *writer, const struct entry *entry) {
    size_t start = writer->length;
    put_frame(writer, FRAME_ENTRY);
    put_u8(writer, (uint8_t)entry->type);
    put_u8(writer, (uint8_t)entry->opaque);
    put_text(writer, entry->path);
    put_u32(writer, entry->mode);
    put_u32(writer, entry->uid);
    put_u32(writer, entry->gid);
    put_u64(writer, (uint64_t)entry->modified.tv_sec);
    put_u32(writer, (uint32_t)entry->modified.tv_nsec);
    put_u64(writer, entry->size);
    put_u32(writer, entry->major);
    put_u32(writer, entry->minor);
    put_text(writer, entry->target);
    put_u32(writer, entry->attribute_count);
    for (uint32_t i = 0; i < entry->attribute_count; i++) {
        put_text(writer, entry->attributes[i].name);
        put_bytes(writer, entry->attributes[i].value.data, entry->attributes[i].value.length);
    }
    end_frame(writer, start);
}

/* Content is made to fit what each file announces, and the end is where it belongs, more often than not. */
static void put_stream(struct stream *stream, struct writer *writer) {
    bool tidy = roll(stream, 8) > 0;
    for (size_t i = 0; i < stream->count; i++) {
        const struct item *item = &stream->items[i];
        if (tidy && (item->type == FRAME_DATA || item->type == FRAME_END)) {
            continue;
        }
        size_t start = writer->length;
        if (item->is_entry) {
            put_entry(writer, &item->entry);
            if (tidy && item->entry.type == ENTRY_FILE && item->entry.size > 0 && item->entry.size <= VALUE_LIMIT) {
                start = writer->length;
                put_frame(writer, FRAME_DATA);
                put_bytes(writer, content, item->entry.size);
                end_frame(writer, start);
            }
            continue;
        }
        put_frame(writer, (enum frame_type)item->type);
        for (uint32_t j = 0; j < item->length; j++) {
            put_u8(writer, item->payload[j]);
        }
        end_frame(writer, start);
    }
    if (tidy) {
        size_t start = writer->length;
        put_frame(writer, FRAME_END);
        end_frame(writer, start);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t limit, unsigned seed) {
    static struct stream stream;
    stream = (struct stream){.state = seed};
    if (size < HEAD || roll(&stream, 10) == 0) {
        return LLVMFuzzerMutate(data, size, limit);
    }
    OWNED_WRITER writer = {0};
    parse(&stream, data, size);
    for (uint32_t left = 1 + roll(&stream, 3); left > 0; left--) {
        size_t at = stream.count == 0 ? 0 : roll(&stream, (uint32_t)stream.count);
        if (at < stream.count && stream.items[at].is_entry && roll(&stream, 2) == 0) {
            change(&stream, &stream.items[at].entry);
        } else if (roll(&stream, 8) == 0) {
            stream.head[roll(&stream, HEAD)] = (uint8_t)roll(&stream, 256);
        } else {
            rearrange(&stream);
        }
    }
    put_stream(&stream, &writer);
    size_t length = writer.length < limit - HEAD ? writer.length : limit - HEAD;
    memcpy(data, stream.head, HEAD);
    if (length > 0) {
        memcpy(data + HEAD, writer.data, length);
    }
    arena_free(&stream.arena);
    return HEAD + length;
}
