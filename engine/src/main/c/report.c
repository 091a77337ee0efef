#include "report.h"

#include <stdio.h>
#include <string.h>

static void keep(char *target, size_t size, const char *text) {
    size_t length = strnlen(text, size - 1);
    memcpy(target, text, length);
    target[length] = '\0';
}

void report(struct failure *failure, int error, const char *operation, const char *syscall, const char *object) {
    if (failure->error == 0) {
        failure->error = error != 0 ? error : EIO;
        keep(failure->operation, sizeof failure->operation, operation);
        keep(failure->syscall, sizeof failure->syscall, syscall);
        keep(failure->object, sizeof failure->object, object != NULL ? object : "");
    }
}

void report_in(struct failure *failure, int error, const char *operation, const char *syscall, const char *folder,
               const char *name) {
    char object[FAILURE_OBJECT_SIZE];
    snprintf(object, sizeof object, "%s%s%s", folder, folder[0] != '\0' && name[0] != '/' ? "/" : "", name);
    report(failure, error, operation, syscall, object);
}
