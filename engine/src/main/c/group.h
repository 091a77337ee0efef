/* Control groups: made on launch, joined, frozen, removed. Which hierarchy and which path is Java's decision; a group of a
 * container is a child of the session's group in that hierarchy. */
#ifndef BIVOUAC_GROUP_H
#define BIVOUAC_GROUP_H

#include <stdbool.h>

#include "report.h"
#include "request.h"

enum { GROUP_LIMIT = 16 };

/* The groups of one container, open. */
struct group_set {
    int unified;           /* folder in the v2 hierarchy to be born in (CLONE_INTO_CGROUP), or -1 */
    int tasks[GROUP_LIMIT]; /* `tasks` files of v1 hierarchies */
    uint32_t task_count;
};
#define OWNED_GROUPS __attribute__((cleanup(group_close))) struct group_set
void group_close(struct group_set *set);

/* Opens the groups, making them (and the session's parent) when `make` is set. */
int group_open(const struct cgroups *groups, bool make, struct group_set *set, struct failure *failure);

/* Moves the calling, still single-threaded, process into the v1 groups. Moving oneself takes microseconds; writing the
 * pid of another process takes milliseconds (it waits for an RCU grace period). */
int group_join(const struct group_set *set, struct failure *failure);

/* Freezes or thaws one container and waits until the kernel says so. */
int group_freeze(const struct cgroup *group, bool freeze, struct failure *failure);

void group_thaw_children(const char *session_group);

/* Removes a container's group once it is empty, waiting a bounded time. */
bool group_remove(const char *path);

/* Removes the session's group and its children. */
bool group_remove_all(const char *session_group);

#endif
