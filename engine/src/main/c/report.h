/* How every part of the warden says that something failed: {operation, system call, errno, object}. Java turns it into a
 * sentence, so nothing here is prose. */
#ifndef BIVOUAC_REPORT_H
#define BIVOUAC_REPORT_H

#include <stddef.h>

enum { FAILURE_OBJECT_SIZE = 512 };

struct failure {
    char operation[48]; /* what was tried, in the vocabulary of io.bivouac.engine.warden.WardenFailure */
    char syscall[32];   /* empty when no system call is to blame */
    int error;          /* errno, 0 while nothing failed */
    char object[FAILURE_OBJECT_SIZE]; /* on what: a path, a name, an address; cut when longer */
};

/* Records a failure with the current errno and returns -1, so that callers write `return fail(...)`. The first failure
 * wins: what follows while cleaning up never hides the cause. */
int fail(struct failure *failure, const char *operation, const char *syscall, const char *object);

/* The same with an explicit error number. */
int fail_with(struct failure *failure, int error, const char *operation, const char *syscall, const char *object);

/* Both parts of an object that is easier to find when named with its folder. */
int fail_in(struct failure *failure, const char *operation, const char *syscall, const char *folder, const char *name);

#endif
