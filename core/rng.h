/* rng.h: counter-based random numbers (Philox4x32-10: Salmon, Moraes, Dror, Shaw, SC'11, from Random123).
   The number at a position is a function of (seed, stream, position) alone, so it does not depend on the
   number of threads or on the order in which positions are asked for. */
#ifndef TG_CORE_RNG_H
#define TG_CORE_RNG_H

#include "tensor.h"

/* The state of a sequence, free to copy and to save: the next number is that at `position`. */
typedef struct tg_rng {
    uint64_t seed, stream, position;
} tg_rng;

/* Four random 32-bit words for a block number. */
TG_API void tg_rng_block(uint64_t seed, uint64_t stream, uint64_t block, uint32_t out[4]);
TG_API double tg_rng_uniform(tg_rng *rng);             /* [0,1), 53 bits */
TG_API double tg_rng_normal(tg_rng *rng);              /* mean 0, standard deviation 1 (Box-Muller) */
TG_API uint64_t tg_rng_below(tg_rng *rng, uint64_t n); /* 0..n-1, unbiased; 0 when n is 0 */
/* order becomes a random permutation of 0..n-1 (Fisher-Yates). */
TG_API void tg_rng_permutation(tg_rng *rng, int64_t n, int64_t *order);

#endif
