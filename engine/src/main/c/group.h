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
    int kills; /* the file that counts kills for want of memory, or -1 */
};
#define OWNED_GROUPS __attribute__((cleanup(group_close))) struct group_set
void group_close(struct group_set *set);

/* Closes what nobody needs once the container's first process has joined: all but the count of kills. */
void group_joined(struct group_set *set);

/* Makes the session's own groups that carry settings or a program; the others are made with the first container in them. */
int group_prepare(const struct cgroups *groups, struct failure *failure);

/* Makes the groups that are not shared, and the session's parent; what exists is left as it is. */
int group_make(const struct cgroups *groups, struct failure *failure);

/* Opens the groups. `made`: those that are not shared are the caller's new ones, and are limited. */
int group_open(const struct cgroups *groups, bool made, struct group_set *set, struct failure *failure);

/* How many processes of the container the kernel has killed for want of memory; 0 where nobody counts. */
int group_kills(const struct group_set *set, uint64_t *count, struct failure *failure);

/* Removes the groups of a container: what is shared stays. */
int group_remove_all_of(const struct cgroups *groups, struct failure *failure);

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
