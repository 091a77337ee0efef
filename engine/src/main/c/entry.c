#include "entry.h"

int decode_entry(struct reader *reader, struct entry *entry) {
    entry->type = (enum entry_type)take_u8(reader);
    entry->opaque = (enum entry_opaque)take_u8(reader);
    entry->path = take_text(reader);
    entry->mode = take_u32(reader) & 07777;
    entry->uid = take_u32(reader);
    entry->gid = take_u32(reader);
    entry->modified.tv_sec = (time_t)take_u64(reader);
    entry->modified.tv_nsec = take_u32(reader);
    entry->size = take_u64(reader);
    entry->major = take_u32(reader);
    entry->minor = take_u32(reader);
    entry->target = take_text(reader);
    entry->attribute_count = take_count(reader, 9);
    entry->attributes = take_memory(reader, (entry->attribute_count + (size_t)1) * sizeof *entry->attributes);
    for (uint32_t i = 0; entry->attributes != NULL && i < entry->attribute_count; i++) {
        entry->attributes[i].name = take_text(reader);
        entry->attributes[i].value = take_bytes(reader);
    }
    reader->bad |= entry->type < ENTRY_FILE || entry->type > ENTRY_WHITEOUT
                   || entry->opaque > ENTRY_OPAQUE || entry->modified.tv_nsec > 999999999;
    return reader_done(reader) ? 0 : -1;
}
