#include "discard.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>

#include "group.h"
#include "io.h"
#include "space.h"

enum { AGAIN_MILLISECONDS = 100 };

/* A frozen v1 group must be thawed before its processes can die, and may be frozen again meanwhile. */
static bool thaw_old(const struct cgroups *groups) {
    struct failure ignored = {0};
    bool any = false;
    for (uint32_t i = 0; i < groups->count; i++) {
        if (groups->items[i].version == 1) {
            group_freeze(&groups->items[i], false, &ignored);
            any = true;
        }
    }
    return any;
}

bool discard_reaches_groups(const struct discard *request) {
    for (uint32_t i = 0; i < request->cgroups.count; i++) {
        if (request->cgroups.items[i].version == 1) {
            return true;
        }
    }
    return false;
}

static int kill_now(int process, const char *id, struct failure *failure) {
    return pidfd_signal(process, SIGKILL) == 0 || errno == ESRCH
               ? 0
               : fail(failure, "end the container", "pidfd_send_signal", id);
}

int discard_kill(int init, const struct discard *request, struct failure *failure) {
    int64_t end = now_milliseconds() + END_MILLISECONDS;
    for (int64_t left; (left = end - now_milliseconds()) > 0;) {
        if (kill_now(init, request->id, failure) != 0) {
            return -1;
        }
        bool again = thaw_old(&request->cgroups);
        if (pidfd_wait(init, again && left > AGAIN_MILLISECONDS ? AGAIN_MILLISECONDS : (int)left)) {
            return 0;
        }
    }
    return fail_with(failure, ETIMEDOUT, "end the container", "poll", request->id);
}

static int forget(struct session *session, struct container *container, struct failure *failure) {
    if (container->proxy >= 0) {
        if (kill_now(container->proxy, container->id, failure) != 0) {
            return -1;
        }
        pidfd_wait(container->proxy, END_MILLISECONDS);
    }
    if (registry_tell(session->registry, CHANGE_FORGOTTEN, container, failure) != 0) {
        return -1;
    }
    container_close(container);
    return 0;
}

int discard_remove(struct session *session, struct container *container, const struct discard *request,
                   struct failure *failure) {
    if (container != NULL && forget(session, container, failure) != 0) {
        return -1;
    }
    int result = group_remove_all_of(&request->cgroups, failure);
    for (uint32_t i = 0; i < request->folder_count; i++) {
        result |= space_remove(session, request->folders[i], failure);
    }
    return result;
}
