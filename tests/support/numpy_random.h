/* numpy_random.h: NumPy's legacy generator (numpy.random.seed and its global functions), bit for bit, so that
   tests can start from the weights that a NumPy program started from.

   MT19937: Matsumoto, Nishimura, ACM Transactions on Modeling and Computer Simulation 8, 1998. Normal numbers
   by the polar method (Marsaglia, Bray, SIAM Review 6, 1964), which yields two at a time: the second is kept
   for the next call. */
#ifndef TG_TESTS_SUPPORT_NUMPY_RANDOM_H
#define TG_TESTS_SUPPORT_NUMPY_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

typedef struct numpy_random {
    uint32_t state[624];
    int next;        /* of the state, to be given out; 624 when all have been */
    bool has_normal; /* a second normal number is kept */
    double normal;
} numpy_random;

/* numpy.random.seed(seed) */
void numpy_seed(numpy_random *random, uint32_t seed);
/* numpy.random.random_sample(): [0,1) with 53 bits. numpy.random.rand() is the same. */
double numpy_random_sample(numpy_random *random);
/* numpy.random.uniform(low, high) */
double numpy_uniform(numpy_random *random, double low, double high);
/* numpy.random.normal(mean, deviation); numpy.random.randn() is numpy_normal(random, 0, 1). */
double numpy_normal(numpy_random *random, double mean, double deviation);
/* numpy.random.randint(low, high): low <= result < high. */
int64_t numpy_randint(numpy_random *random, int64_t low, int64_t high);
/* numpy.random.shuffle of a one-dimensional array. */
void numpy_shuffle(numpy_random *random, int64_t n, int64_t *items);
/* numpy.random.permutation(n) */
void numpy_permutation(numpy_random *random, int64_t n, int64_t *order);

#endif
