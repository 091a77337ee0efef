#include "label.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "io.h"

enum { LABEL_SIZE = 4096 };

static const char operation[] = "label the process";

/* AppArmor has attributes of its own since Linux 5.8; before that, and for others, there is one for all modules. */
static int open_attribute(int proc, enum label_module module) {
    static const char own[] = "thread-self/attr/apparmor/exec";
    static const char shared[] = "thread-self/attr/exec";
    int attribute = module == LABEL_APPARMOR ? openat(proc, own, O_WRONLY | O_CLOEXEC) : -1;
    if (attribute >= 0 || (module == LABEL_APPARMOR && errno != ENOENT)) {
        return attribute;
    }
    return openat(proc, shared, O_WRONLY | O_CLOEXEC);
}

/* At once: every write is a request of its own. */
static int write_label(int attribute, const char *text, const char *label, struct failure *failure) {
    if (attribute < 0) {
        return fail(failure, operation, "openat", label);
    }
    return write_all(attribute, text, strlen(text)) == 0 ? 0 : fail(failure, operation, "write", label);
}

int label_next_program(int proc, enum label_module module, const char *label, struct failure *failure) {
    char text[LABEL_SIZE];
    if (module == LABEL_NONE) {
        return 0;
    }
    int length = snprintf(text, sizeof text, "%s%s", module == LABEL_APPARMOR ? "exec " : "", label);
    if (length >= (int)sizeof text) {
        return fail_with(failure, ENAMETOOLONG, operation, "", label);
    }
    OWNED_FD attribute = open_attribute(proc, module);
    return write_label(attribute, text, label, failure);
}

int label_this_process(int proc, enum label_module module, const char *label, struct failure *failure) {
    if (module != LABEL_SELINUX) {
        return 0;
    }
    OWNED_FD attribute = openat(proc, "thread-self/attr/current", O_WRONLY | O_CLOEXEC);
    return write_label(attribute, label, label, failure);
}

int label_folder(int folder, const char *label, struct failure *failure) {
    if (label[0] == '\0' || fsetxattr(folder, "security.selinux", label, strlen(label), 0) == 0 || errno == EOPNOTSUPP) {
        return 0;
    }
    return fail(failure, "label the folder", "fsetxattr", label);
}
