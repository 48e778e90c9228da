/* block.h: the few loops over numbers that core itself needs, compiled once per number type. Private. */
#ifndef TG_CORE_BLOCK_H
#define TG_CORE_BLOCK_H

#include "tensor.h"

#define TG_BLOCK                                                                                             \
    1024 /* elements that an elementwise op computes at a time: a few blocks fit a level-1 cache */

/* How the elements of a broadcast argument stand to those of the result: merged axes, the innermost last;
   a stride is 0 along a broadcast axis. */
typedef struct tg_walk {
    int rank;
    int64_t dim[TG_MAX_RANK], stride[TG_MAX_RANK];
} tg_walk;
void tg_walk_init(tg_walk *walk, const tg_shape *arg, const tg_shape *result);

typedef struct tg_block_ops {
    /* block[0..n) = the argument's elements at positions start.. of the result */
    void (*gather)(const tg_walk *walk, const void *arg, int64_t start, int64_t n, void *block);
    /* total[position in the argument] += block; total has tg_accum_size per element */
    void (*scatter)(const tg_walk *walk, void *total, int64_t start, int64_t n, const void *block);
    void (*flush)(int64_t n, void *to, const void *total); /* to += total */
    void (*add)(int64_t n, void *to, const void *from);    /* to += from */
    void (*add_one)(int64_t n, void *to);                  /* to += 1 */
    size_t accum_size;
} tg_block_ops;

/* For a real dtype, at the SIMD level of this processor. */
const tg_block_ops *tg_block_ops_of(tg_dtype dtype);

#endif
