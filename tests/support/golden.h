/* golden.h: the numbers in tests/golden/. */
#ifndef TG_TESTS_SUPPORT_GOLDEN_H
#define TG_TESTS_SUPPORT_GOLDEN_H

#include <stdint.h>

/* The numbers of an entry of tests/golden/FILE, such as "layers.json", "adam_step/m_after": of an array, of
   the "data" of a tensor, or a single one. Their count goes to *n (NULL: not wanted). Fails the test when
   there are none. Free with free(). */
double *golden_numbers(const char *file, const char *path, int64_t *n);
double golden_number(const char *file, const char *path);
/* linspace(low, high, n) of NumPy into to[0..n). */
void linspace(double low, double high, int64_t n, double *to);

#endif
