/* block.h: the few loops over numbers that core itself needs, compiled once per number type. Private. */
#ifndef TG_CORE_BLOCK_H
#define TG_CORE_BLOCK_H

#include "tensor.h"

#define TG_BLOCK                                                                                             \
    1024 /* elements that an elementwise op computes at a time: a few blocks fit a level-1 cache */

/* Products of fewer rows may add up their terms in another order: parts of one should have as many. */
#define TG_PRODUCT_ROWS 32

/* How the elements of one tensor (the argument) stand to the positions of another (the result): merged axes
   of the result, the innermost last, and the argument's strides along them. */
typedef struct tg_walk {
    int rank; /* at least 1 */
    int64_t dim[TG_MAX_RANK], stride[TG_MAX_RANK];
} tg_walk;
/* Any strides: axes that are walked in one stride become one axis. */
void tg_walk_merge(tg_walk *walk, int rank, const int64_t *dim, const int64_t *stride);
/* A broadcast argument: stride 0 along a broadcast axis; the innermost stride is 0 or 1. */
void tg_walk_init(tg_walk *walk, const tg_shape *arg, const tg_shape *result);

/* Where along a walk a position of the result stands. */
typedef struct tg_cursor {
    int64_t index[TG_MAX_RANK];
    int64_t at; /* offset in the argument of the innermost row */
} tg_cursor;

/* The walk must not be empty. */
static inline tg_cursor tg_cursor_at(const tg_walk *w, int64_t position) {
    tg_cursor c = {.at = 0};
    for (int i = w->rank; i-- > 0 && position > 0;) { /* of 0 there is nothing to divide */
        c.index[i] = position % w->dim[i];
        position /= w->dim[i];
        if (i < w->rank - 1) c.at += c.index[i] * w->stride[i];
    }
    return c;
}

/* The positions that are left of the innermost row, at most n. */
static inline int64_t tg_cursor_run(const tg_walk *w, const tg_cursor *c, int64_t n) {
    int64_t run = w->dim[w->rank - 1] - c->index[w->rank - 1];
    return run < n ? run : n;
}

static inline void tg_cursor_next_row(const tg_walk *w, tg_cursor *c) {
    c->index[w->rank - 1] = 0;
    for (int i = w->rank - 2; i >= 0; i--) {
        c->at += w->stride[i];
        if (++c->index[i] < w->dim[i]) return;
        c->at -= w->stride[i] * w->dim[i];
        c->index[i] = 0;
    }
}

/* Walks here are those of tg_walk_init. */
typedef struct tg_block_ops {
    /* block[0..n) = the argument's elements at positions start.. of the result */
    void (*gather)(const tg_walk *walk, const void *arg, int64_t start, int64_t n, void *block);
    /* total[position in the argument] += block; total has accum_size per element */
    void (*scatter)(const tg_walk *walk, void *total, int64_t start, int64_t n, const void *block);
    /* peak[position in the argument] = the larger of it and block; a NaN stays */
    void (*scatter_max)(const tg_walk *walk, void *peak, int64_t start, int64_t n, const void *block);
    void (*flush)(int64_t n, void *to, const void *total); /* to += total */
    void (*add)(int64_t n, void *to, const void *from);    /* to += from */
    void (*ones)(int64_t n, void *to);                     /* to = 1 */
    bool (*finite)(int64_t n, const void *x); /* whether all are; NULL for duals, which nobody optimises */
    size_t accum_size;
    int64_t sum_depth; /* products add up their inner axis in blocks of so many; 0: in an unknown order */
} tg_block_ops;

/* For a real dtype, at the SIMD level of this processor. */
const tg_block_ops *tg_block_ops_of(tg_dtype dtype);

#endif
