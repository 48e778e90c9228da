/* The C library's memory runs out, below the allocator that a program can replace: files that are read through
   zlib say so, and do not call the file damaged. */
#include "support/own_malloc.h"
#include "support/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef TG_OWN_MALLOC
int main(void) {
    return skip_own_malloc();
}
#else

static int calls, refused; /* the call of this number fails; 0: none */

static bool refuses(void) {
    if (!refused || ++calls != refused) return false;
    errno = ENOMEM;
    return true;
}

TG_API void *malloc(size_t size) {
    return refuses() ? NULL : __libc_malloc(size);
}
TG_API void *calloc(size_t n, size_t size) {
    return refuses() ? NULL : __libc_calloc(n, size);
}

static bool load_gzipped(const char *folder, tg_status *status) {
    char path[4096];
    snprintf(path, sizeof path, "%s/idx/images.gz", folder);
    tg_dataset *set = tg_idx_load(path, NULL, (tg_load_spec){0}, status);
    tg_dataset_free(set);
    return set != NULL;
}

static bool load_archive(const char *folder, tg_status *status) {
    char path[4096];
    snprintf(path, sizeof path, "%s/npz/deflated.npz", folder);
    tg_array *array = tg_npz_load(path, NULL, TG_AS_STORED, status);
    tg_array_free(array);
    return array != NULL;
}

static void assert_tells(bool (*load)(const char *, tg_status *)) {
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus", getenv("TG_SOURCE"));
    for (int n = 1, more = 1; more; n++) {
        tg_status status = {0};
        calls = 0;
        refused = n;
        const bool loaded = load(folder, &status);
        refused = 0;
        more = calls >= n;
        if (!more) assert_true(loaded);
        if (!loaded && !strstr(status.message, "out of memory") && !strstr(status.message, strerror(ENOMEM)))
            fail_msg("allocation %d fails: %s", n, status.message);
    }
}

static void gzipped_files(void **state) {
    (void)state;
    assert_tells(load_gzipped);
}

static void archives(void **state) {
    (void)state;
    assert_tells(load_archive);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gzipped_files), cmocka_unit_test(archives)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
