/* What libFuzzer calls, https://llvm.org/docs/LibFuzzer.html. */
#ifndef BIVOUAC_TARGET_H
#define BIVOUAC_TARGET_H

#include <stddef.h>
#include <stdint.h>

/* Once, before everything else. */
int LLVMFuzzerInitialize(int *count, char ***arguments);

/* One input; a finding ends the program. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Makes another input of one, in place; the new size. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t limit, unsigned seed);

/* What libFuzzer would do without the function above. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t limit);

#endif
