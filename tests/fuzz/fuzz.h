/* fuzz.h: what the fuzz targets share. Each fuzz_NAME.c gives one reader of files any bytes at all.

   The tests replay tests/fuzz/corpus/NAME through each target (fuzz/NAME in ctest). To search for new inputs:

       CC=clang cmake -B build-fuzz -DTG_FUZZ=ON -DTG_SIMD=v1 -DTG_SANITIZE=fuzzer-no-link,address,undefined .
       cmake --build build-fuzz --target fuzz_npz
       mkdir found; build-fuzz/tests/fuzz_npz -max_len=4096 found tests/fuzz/corpus/npz

   An input that crashes is mended, and joins the corpus. */
#ifndef TG_TESTS_FUZZ_H
#define TG_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "tapegrad.h"

/* What libFuzzer calls. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The path of a file in memory that holds these bytes, until the next call; NULL when there can be none. */
const char *fuzz_file(const uint8_t *data, size_t size);

#endif
