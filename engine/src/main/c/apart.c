#include "apart.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io.h"

enum { REFERRING = 2 }; /* the version that can allow files to be moved between folders, which any domain else forbids */

static const char operation[] = "keep the process apart";

bool apart_possible(void) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    errno = version >= 0 && version < REFERRING ? EOPNOTSUPP : errno;
    return version >= REFERRING;
}

int apart_enter(struct failure *failure) {
    const struct landlock_ruleset_attr handled = {.handled_access_fs = LANDLOCK_ACCESS_FS_REFER};
    OWNED_FD rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
    if (rules < 0) {
        return fail(failure, operation, "landlock_create_ruleset", "");
    }
    OWNED_FD root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    const struct landlock_path_beneath_attr all = {.allowed_access = LANDLOCK_ACCESS_FS_REFER, .parent_fd = root};
    if (root < 0 || syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &all, 0) != 0) {
        return fail(failure, operation, "landlock_add_rule", "/");
    }
    return syscall(SYS_landlock_restrict_self, rules, 0) == 0 ? 0
                                                              : fail(failure, operation, "landlock_restrict_self", "");
}
