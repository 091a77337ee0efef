/* Every decoder of requests and records: whatever arrives is understood or refused, and no byte beyond it is looked at. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "show.h"
#include "target.h"

static FILE *nowhere;

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count;
    (void)arguments;
    nowhere = fopen("/dev/null", "w");
    return nowhere == NULL;
}

/* A whole frame. Its length is made to fit, or no decoder would look at the rest. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 5) {
        return 0;
    }
    uint8_t *frame = malloc(size);
    if (frame != NULL) {
        memcpy(frame, data, size);
        for (size_t i = 0; i < 4; i++) {
            frame[i] = (uint8_t)((size - 4) >> 8 * i);
        }
        show(nowhere, frame, size);
        free(frame);
    }
    return 0;
}
