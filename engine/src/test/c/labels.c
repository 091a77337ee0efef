/* Labels, written into a tree like the attributes that procfs has. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
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

static void test_own_label(int proc) {
    static const char current[] = "thread-self/attr/current";
    const char context[] = "system_u:system_r:container_t:s0:c1,c2";
    struct failure failure = {0};
    expect(label_this_process(proc, LABEL_SELINUX, context, &failure) == -1 && failure.error == ENOENT, "no attribute");
    make(proc, current);
    expect(label_this_process(proc, LABEL_NONE, "", &failure) == 0
               && label_this_process(proc, LABEL_APPARMOR, "mine", &failure) == 0 && holds(proc, current, ""),
           "only SELinux's labels are taken on at once");
    expect(label_this_process(proc, LABEL_SELINUX, context, &failure) == 0 && holds(proc, current, context),
           "a context is taken");
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

static bool refuses(int folder, const char *context, struct failure *failure) {
    *failure = (struct failure){0};
    return label_folder(folder, context, failure) == -1 && strcmp(failure->operation, "label the folder") == 0
           && strcmp(failure->syscall, "fsetxattr") == 0 && strcmp(failure->object, context) == 0;
}

static void test_folders(int folder) {
    const char context[] = "system_u:object_r:container_ro_file_t:s0";
    char held[256];
    struct failure failure = {0};
    expect(refuses(-1, context, &failure) && failure.error == EBADF, "no folder");
    if (refuses(folder, context, &failure)) { /* by whichever module decides about labels, or for want of privileges */
        expect(failure.error == EPERM || failure.error == EACCES || failure.error == EINVAL, "a label that is refused");
        return;
    }
    expect(fgetxattr(folder, "security.selinux", held, sizeof held) >= (ssize_t)strlen(context)
               && memcmp(held, context, strlen(context)) == 0,
           "a folder takes a label");
    expect(label_folder(folder, "", &failure) == 0
               && fgetxattr(folder, "security.selinux", held, sizeof held) >= (ssize_t)strlen(context),
           "none leaves it alone");
    OWNED_FD nowhere = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    expect(label_folder(nowhere, context, &failure) == 0, "a file system that keeps none");
}

int main(void) {
    OWNED_FD proc = testing_folder();
    expect(mkdirat(proc, "thread-self", 0755) == 0 && mkdirat(proc, "thread-self/attr", 0755) == 0
               && mkdirat(proc, "thread-self/attr/apparmor", 0755) == 0,
           "make");
    test_modules(proc);
    test_own_label(proc);
    test_one_attribute_for_all(proc);
    test_refusals(proc);
    test_folders(proc);
    return testing_end();
}
