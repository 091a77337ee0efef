/* The warden: one static program in every role that must run between clone and exec, inside a namespace, or as PID 1. */
#include <stdio.h>
#include <string.h>

#include "guardian.h"
#include "probe.h"
#include "session.h"

int main(int count, char **arguments) {
    if (count == 2 && strcmp(arguments[1], "guardian") == 0) {
        return guardian_main();
    }
    if (count == 2 && strcmp(arguments[1], "probe") == 0) {
        return probe_main();
    }
    if (count == 5 && strcmp(arguments[1], "session") == 0) {
        return session_main(arguments[2], arguments[3], strcmp(arguments[4], "mapped") == 0);
    }
    fputs("bivouac-warden is started by the Bivouac engine and does nothing on its own.\n", stderr);
    return 2;
}
