/* Labels, written into a tree like the attributes that procfs has. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "label.h"
#include "testing.h"

static const char own[] = "thread-self/attr/apparmor/exec";
static const char shared[] = "thread-self/attr/exec";

static void make(int proc, const char *file) {
    OWNED_FD made = openat(proc, file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    expect(made >= 0, file);
}

static bool holds(int proc, const char *file, const char *expected) {
    char text[256];
    return read_text_at(proc, file, text, sizeof text) >= 0 && strcmp(text, expected) == 0;
}

static int label(int proc, enum label_module module, const char *text, struct failure *failure) {
    *failure = (struct failure){0};
    return label_next_program(proc, module, text, failure);
}

static void test_modules(int proc) {
    struct failure failure;
    make(proc, own);
    make(proc, shared);
    expect(label(proc, LABEL_NONE, "", &failure) == 0 && holds(proc, own, "") && holds(proc, shared, ""), "no label");
    expect(label(proc, LABEL_APPARMOR, "mine", &failure) == 0, "a profile is taken");
    expect(holds(proc, own, "exec mine") && holds(proc, shared, ""), "by AppArmor's own attribute");

    const char context[] = "system_u:system_r:container_t:s0:c1,c2";
    expect(label(proc, LABEL_SELINUX, context, &failure) == 0 && holds(proc, shared, context), "a context is taken");
}

/* Linux before 5.8. */
static void test_one_attribute_for_all(int proc) {
    struct failure failure;
    expect(unlinkat(proc, own, 0) == 0 && unlinkat(proc, "thread-self/attr/apparmor", AT_REMOVEDIR) == 0, "remove");
    make(proc, shared);
    expect(label(proc, LABEL_APPARMOR, "mine", &failure) == 0 && holds(proc, shared, "exec mine"), "the shared one");
}

static void test_refusals(int proc) {
    struct failure failure;
    expect(unlinkat(proc, shared, 0) == 0, "remove");
    expect(label(proc, LABEL_SELINUX, "x", &failure) == -1 && failure.error == ENOENT
               && strcmp(failure.operation, "label the process") == 0 && strcmp(failure.syscall, "openat") == 0
               && strcmp(failure.object, "x") == 0,
           "no attribute");
    /* As the kernel says that there is no such profile: the other attribute is not tried. */
    expect(mkdirat(proc, "thread-self/attr/apparmor", 0755) == 0 && symlinkat("/dev/full", proc, own) == 0, "make");
    make(proc, shared);
    expect(label(proc, LABEL_APPARMOR, "x", &failure) == -1 && failure.error == ENOSPC
               && strcmp(failure.syscall, "write") == 0 && holds(proc, shared, ""),
           "a label that is refused");
    char long_text[8192];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    expect(label(proc, LABEL_SELINUX, long_text, &failure) == -1 && failure.error == ENAMETOOLONG, "too long");
    expect(label(-1, LABEL_SELINUX, "x", &failure) == -1 && failure.error == EBADF, "no procfs");
}

int main(void) {
    OWNED_FD proc = testing_folder();
    expect(mkdirat(proc, "thread-self", 0755) == 0 && mkdirat(proc, "thread-self/attr", 0755) == 0
               && mkdirat(proc, "thread-self/attr/apparmor", 0755) == 0,
           "make");
    test_modules(proc);
    test_one_attribute_for_all(proc);
    test_refusals(proc);
    return testing_end();
}
