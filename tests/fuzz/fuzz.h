#ifndef MOORING_TESTS_FUZZ_FUZZ_H
#define MOORING_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* What each target defines, and libFuzzer or replay.c calls: any bytes may
 * come. Returns 0; a broken promise aborts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
