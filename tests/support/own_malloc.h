/* own_malloc.h: whether a test can put its own malloc before the C library's. Where TG_OWN_MALLOC is not defined it
   cannot, and main() returns skip_own_malloc(). */
#ifndef TG_TESTS_SUPPORT_OWN_MALLOC_H
#define TG_TESTS_SUPPORT_OWN_MALLOC_H

#include <stdio.h>
#include <stdlib.h>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define TG_OWN_MALLOC
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
#else
static inline int skip_own_malloc(void) {
    printf("skipped: a sanitizer has its own malloc, and other C libraries no name for theirs\n");
    return 77;
}
#endif

#endif
