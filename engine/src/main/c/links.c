#include "links.h"

#include <stdlib.h>
#include <string.h>

struct link {
    struct link *next;
    dev_t device;
    ino_t inode;
    char path[];
};

static size_t slot_of(const struct links *links, dev_t device, ino_t inode) {
    return ((size_t)inode * 31 + (size_t)device) % links->slot_count;
}

static int grow(struct links *links) {
    struct links grown = {.slot_count = links->slot_count * 2 + 61};
    grown.slots = calloc(grown.slot_count, sizeof(struct link *));
    if (grown.slots == NULL) {
        return -1;
    }
    for (size_t i = 0; i < links->slot_count; i++) {
        while (links->slots[i] != NULL) {
            struct link *link = links->slots[i];
            links->slots[i] = link->next;
            size_t slot = slot_of(&grown, link->device, link->inode);
            link->next = grown.slots[slot];
            grown.slots[slot] = link;
        }
    }
    grown.count = links->count;
    free(links->slots);
    *links = grown;
    return 0;
}

const char *links_find(const struct links *links, const struct stat *status) {
    if (links->slot_count == 0) {
        return NULL;
    }
    const struct link *link = links->slots[slot_of(links, status->st_dev, status->st_ino)];
    while (link != NULL && (link->device != status->st_dev || link->inode != status->st_ino)) {
        link = link->next;
    }
    return link != NULL ? link->path : NULL;
}

void links_note(struct links *links, const struct stat *status, const char *path) {
    if (links->count >= links->slot_count && grow(links) != 0) {
        return;
    }
    size_t length = strlen(path) + 1;
    struct link *link = malloc(sizeof *link + length);
    if (link != NULL) {
        size_t slot = slot_of(links, status->st_dev, status->st_ino);
        *link = (struct link){.next = links->slots[slot], .device = status->st_dev, .inode = status->st_ino};
        memcpy(link->path, path, length);
        links->slots[slot] = link;
        links->count++;
    }
}

void links_free(struct links *links) {
    for (size_t i = 0; i < links->slot_count; i++) {
        while (links->slots[i] != NULL) {
            struct link *link = links->slots[i];
            links->slots[i] = link->next;
            free(link);
        }
    }
    free(links->slots);
    *links = (struct links){0};
}
