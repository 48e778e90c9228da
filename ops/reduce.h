/* reduce.h: the axis arithmetic of ops that reduce axes or spread along them. x has all elements; what is
   kept has one for each element of the result ("the kept ones"). Everything runs in blocks over x in
   memory order: the kept numbers are spread over a block, a flat loop computes, the block is summed into
   the kept ones again (core/block.h). So any axes, first, last or several, take the same code, and the
   loops with mathematics in them are always long. Private to ops/; what is declared here is in reduce.c. */
#ifndef TG_OPS_REDUCE_H
#define TG_OPS_REDUCE_H

#include "core/block.h"
#include "core/kernel.h"
#include "core/threads.h"

#include <string.h>

extern const tg_block_ops TG_R(tg_block_ops);
#define BLOCK TG_R(tg_block_ops)

static inline int64_t block_length(int64_t at, int64_t n) {
    return n - at < TG_BLOCK ? n - at : TG_BLOCK;
}

/* ---- axes ---- */

/* Bit i: axis i of `rank` is among the axes. No axes: all. The axes have been checked. */
static inline unsigned axes_mask(const tg_axes *axes, int rank) {
    unsigned mask = 0;
    for (int i = 0; i < axes->count; i++)
        mask |= 1u << (axes->axis[i] < 0 ? axes->axis[i] + rank : axes->axis[i]);
    return axes->count ? mask : (1u << rank) - 1;
}

static inline bool axes_check(tg_infer *in, const tg_axes *axes, int rank) {
    unsigned seen = 0;
    if (axes->count < 0 || axes->count > TG_MAX_RANK)
        return tg_infer_fail(in, "%d axes; 0 to %d are possible", axes->count, TG_MAX_RANK);
    for (int i = 0; i < axes->count; i++) {
        int axis;
        if (!tg_infer_axis(in, axes->axis[i], rank, &axis)) return false;
        if (seen >> axis & 1) return tg_infer_fail(in, "axis %d is given twice", axis);
        seen |= 1u << axis;
    }
    return true;
}

/* The shape without the axes of the mask, or with size 1 there. */
static inline tg_shape shape_without(const tg_shape *x, unsigned mask, bool keepdims) {
    tg_shape y = {0};
    for (int i = 0; i < x->rank; i++) {
        if (!(mask >> i & 1))
            y.dim[y.rank++] = x->dim[i];
        else if (keepdims)
            y.dim[y.rank++] = 1;
    }
    return y;
}

/* How many elements of x make one kept element. */
static inline int64_t elements_each(const tg_shape *x, unsigned mask) {
    int64_t n = 1;
    for (int i = 0; i < x->rank; i++)
        if (mask >> i & 1) n *= x->dim[i];
    return n;
}

/* ---- inference ---- */

/* Bytes for `reals` real numbers and `accums` sums per kept element; never 0, so that there is a place to
   point at. */
static inline size_t bytes_for(const tg_infer *in, int64_t kept, int reals, int accums) {
    size_t accum_size = in->real_size < sizeof(double) ? sizeof(double) : in->real_size;
    return kept > 0 ? (size_t)kept * ((size_t)reals * in->real_size + (size_t)accums * accum_size) : 1;
}

/* Checks the axes and sets y; scratch is for `reals` and `accums` per kept element. */
static inline bool reduce_infer(tg_infer *in, const tg_axes *axes, bool keepdims, int reals, int accums) {
    const tg_shape *x = in->x[0];
    if (!axes_check(in, axes, x->rank)) return false;
    in->y = shape_without(x, axes_mask(axes, x->rank), keepdims);
    in->scratch = bytes_for(in, tg_shape_count(&in->y, 1), reals, accums);
    return true;
}

/* For ops whose result over no elements does not exist. */
static inline bool reduce_something(tg_infer *in, const tg_axes *axes) {
    const tg_shape *x = in->x[0];
    char text[TG_SHAPE_TEXT];
    if (tg_shape_count(&in->y, 1) == 0 || elements_each(x, axes_mask(axes, x->rank)) > 0) return true;
    return tg_infer_fail(in, "shape %s has no elements along the reduced axes",
                         tg_shape_text(x, text, sizeof text));
}

/* Floating-point operations per element of x. */
static inline tg_cost cost_per_element(const tg_infer *in, double forward, double backward) {
    double n = (double)tg_shape_count(in->x[0], in->real_size);
    return (tg_cost){n * forward, n * backward};
}

/* ---- evaluation ---- */

typedef struct reduction {
    tg_walk walk; /* where each element of x belongs among the kept ones */
    int64_t n;    /* elements of x */
    int64_t kept; /* elements of the result */
    int64_t each; /* elements of x for each of them */
} reduction;

/* x over the axes, which have been checked. */
reduction tg_reduction_of(const tg_shape *x, const tg_axes *axes);

/* t[i] becomes the term of x[i]; before, t[i] is the kept number that was given for it. */
typedef void (*reduce_term)(int64_t n, const real *x, real *t);

/* peak = the largest of the elements that belong to each kept one, or of their keys, unless key is NULL; -inf where
   there are none. */
#define reduce_max TG_R(tg_reduce_max)
void reduce_max(const reduction *r, const real *x, reduce_term key, real *peak);

/* total = the sums of the elements that belong to each kept one. */
#define reduce_total TG_R(tg_reduce_total)
void reduce_total(const reduction *r, const real *x, accum *total);

/* total = the sums of the terms. kept: a number for each sum, NULL when the terms need none. The terms stay
   in `terms`, unless it is NULL. */
#define reduce_sum TG_R(tg_reduce_sum)
void reduce_sum(const reduction *r, const real *x, const real *kept, reduce_term term, real *terms,
                accum *total);

/* dx[i] += g[i] times the slope at x[i]; a and g are kept numbers, spread. */
typedef void (*reduce_slope)(int64_t n, const real *x, const real *a, const real *g, real *dx);

#define REDUCE_PART (32 * (int64_t)TG_BLOCK) /* elements that a thread takes at a time */

/* Serves e->dx[0] and heeds e->fresh. x and a may be NULL when the slope needs none. */
#define reduce_backward TG_R(tg_reduce_backward)
void reduce_backward(const tg_eval *e, const reduction *r, const real *x, const real *a, const real *g,
                     reduce_slope slope);

/* The slope of a sum. */
static inline void slope_one(int64_t n, const real *x, const real *a, const real *g, real *dx) {
    (void)x, (void)a;
    TG_VECTORS for (int64_t i = 0; i < n; i++) dx[i] += g[i];
}

/* Folds the state of each kept element with its elements of x, one after the other, in memory order: for the
   branch kernels. Position i of x is given with it. */
typedef int32_t (*reduce_fold)(const real *x, int64_t i, int32_t state);

#define reduce_states TG_R(tg_reduce_states)
void reduce_states(const reduction *r, const real *x, reduce_fold fold, int32_t start, int32_t *state);

#endif
