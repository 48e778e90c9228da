/* loader.h: what every reader of files must stand. */
#ifndef TG_TESTS_SUPPORT_LOADER_H
#define TG_TESTS_SUPPORT_LOADER_H

#include "support/test.h"

/* Loads the file, frees what it got; whether there was something. */
typedef bool (*loader)(const char *path, tg_status *status);

typedef struct loader_case {
    const char *name;
    loader load;
    const unsigned char *bytes; /* a valid, small file */
    size_t size;
    bool shorter_may_be_valid; /* a text format: some cuts leave a smaller valid file */
} loader_case;

/* The valid file loads. Every cut of it is refused with a message that names the file (unless a shorter one
   may be valid); no flipped byte crashes; every failed allocation is an error without a leak; the memory in
   use never exceeds four times the file and a megabyte. */
void assert_loader_contract(loader_case c);

/* For n = 1, 2, ...: the n-th allocation of a call fails, once, and for ever after. Each time the call must
   fail with a message and without a leak, until n exceeds the number of its allocations and it succeeds. */
void assert_survives_no_memory(loader call, const char *path);

/* Writes bytes into a file of this name in the tests' temporary folder and returns its path (a static buffer
   for each of the last four calls). */
const char *write_file(const char *name, const void *bytes, size_t size);
/* A path there, without writing anything. Likewise. */
const char *temporary_path(const char *name);

#endif
