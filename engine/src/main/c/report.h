/* How every part of the warden says that something failed: {operation, system call, errno, object}. Java turns it into a
 * sentence, so nothing here is prose. */
#ifndef BIVOUAC_REPORT_H
#define BIVOUAC_REPORT_H

#include <errno.h>
#include <stddef.h>

enum { FAILURE_OBJECT_SIZE = 512 };

struct failure {
    char operation[48]; /* what was tried, in the vocabulary of io.bivouac.engine.warden.WardenFailure */
    char syscall[32];   /* empty when no system call is to blame */
    int error;          /* errno, 0 while nothing failed */
    char object[FAILURE_OBJECT_SIZE]; /* on what: a path, a name, an address; cut when longer */
};

/* Keeps a failure. The first one wins: what follows while cleaning up never hides the cause. */
void report(struct failure *failure, int error, const char *operation, const char *syscall, const char *object);

/* The same for an object that is easier to find when named with its folder. */
void report_in(struct failure *failure, int error, const char *operation, const char *syscall, const char *folder,
               const char *name);

/* Keeps a failure with the current errno and returns -1, so that callers write `return fail(...)`. */
static inline int fail(struct failure *failure, const char *operation, const char *syscall, const char *object) {
    report(failure, errno, operation, syscall, object);
    return -1;
}

/* The same with an explicit error number. */
static inline int fail_with(struct failure *failure, int error, const char *operation, const char *syscall,
                            const char *object) {
    report(failure, error, operation, syscall, object);
    return -1;
}

/* The same with both parts of an object. */
static inline int fail_in(struct failure *failure, const char *operation, const char *syscall, const char *folder,
                          const char *name) {
    report_in(failure, errno, operation, syscall, folder, name);
    return -1;
}

#endif
