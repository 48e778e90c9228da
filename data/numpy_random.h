/* numpy_random.h: NumPy's legacy generator (numpy.random.seed and its global functions), bit for bit, so that
   a program can start from the weights that a NumPy program started from. For everything else there is
   core/rng.h.

   MT19937: Matsumoto, Nishimura, ACM Transactions on Modeling and Computer Simulation 8, 1998. Normal numbers
   by the polar method (Marsaglia, Bray, SIAM Review 6, 1964), which yields two at a time: the second is kept
   for the next call. */
#ifndef TG_DATA_NUMPY_RANDOM_H
#define TG_DATA_NUMPY_RANDOM_H

#include "core/tensor.h"

typedef struct tg_numpy_random {
    uint32_t state[624];
    int next;        /* of the state, to be given out; 624 when all have been */
    bool has_normal; /* a second normal number is kept */
    double normal;
} tg_numpy_random;

/* numpy.random.seed(seed) */
TG_API void tg_numpy_seed(tg_numpy_random *random, uint32_t seed);
/* numpy.random.random_sample(): [0,1) with 53 bits. numpy.random.rand() is the same. */
TG_API double tg_numpy_random_sample(tg_numpy_random *random);
/* numpy.random.uniform(low, high) */
TG_API double tg_numpy_uniform(tg_numpy_random *random, double low, double high);
/* numpy.random.normal(mean, deviation); numpy.random.randn() is tg_numpy_normal(random, 0, 1). */
TG_API double tg_numpy_normal(tg_numpy_random *random, double mean, double deviation);
/* numpy.random.randint(low, high): low <= result < high. */
TG_API int64_t tg_numpy_randint(tg_numpy_random *random, int64_t low, int64_t high);
/* numpy.random.shuffle of a one-dimensional array. */
TG_API void tg_numpy_shuffle(tg_numpy_random *random, int64_t n, int64_t *items);
/* numpy.random.permutation(n) */
TG_API void tg_numpy_permutation(tg_numpy_random *random, int64_t n, int64_t *order);

#endif
