/* softmax.h: what softmax, log_softmax and cross_entropy share: the one axis, and its tensor cut into parts
   that fit the first-level cache and run on several threads. Private to ops/. */
#ifndef TG_OPS_SOFTMAX_H
#define TG_OPS_SOFTMAX_H

#include "ops/reduce.h"

/* Elements before, along and behind the axis: x is (outer, along, inner). */
typedef struct lanes {
    int64_t outer, along, inner;
} lanes;

static inline lanes lanes_of(const tg_shape *x, int axis) {
    lanes l = {1, 1, 1};
    for (int i = 0; i < x->rank; i++) *(i < axis ? &l.outer : i == axis ? &l.along : &l.inner) *= x->dim[i];
    return l;
}

/* One part of the tensor: its reduction along the axis, and where its first element and first result stand.
 */
typedef struct softmax_part {
    reduction r;
    int64_t at, kept_at;
    int64_t kept_all; /* results of the whole tensor */
} softmax_part;

typedef void (*softmax_run)(tg_eval *e, const softmax_part *part);

/* Runs for all parts; l.outer rows are cut, among e->threads. In reduce.c. */
void tg_softmax_parts(tg_eval *e, lanes l, softmax_run run);

/* The part's slices of scratch, which holds one sum and one real number per result. */
static inline accum *part_total(const tg_eval *e, const softmax_part *part) {
    return (accum *)e->scratch + part->kept_at;
}
static inline real *part_peak(const tg_eval *e, const softmax_part *part) {
    return (real *)((accum *)e->scratch + part->kept_all) + part->kept_at;
}

/* t[i] = exp(x[i] - t[i]), t[i] being the largest x of its row. */
static inline void term_exp(int64_t n, const real *x, real *t) {
    TG_VECTORS for (int64_t i = 0; i < n; i++) t[i] = r_exp(x[i] - t[i]);
}

#define LONG_ROW 64 /* elements from which a row is worth loops of its own */

/* Whether the elements of each kept one lie in one piece, long enough that nothing need be spread to blocks. */
static inline bool has_long_rows(const reduction *r) {
    const int last = r->walk.rank - 1;
    return r->walk.stride[last] == 0 && r->walk.dim[last] == r->each && r->each >= LONG_ROW;
}

/* n is a multiple of 16. Inlined for 16, the loop would be unrolled before it became vectors. */
static __attribute__((noinline, unused)) void exp_vectors(int64_t n, const real *x, real peak, real *y) {
    TG_VECTORS for (int64_t i = 0; i < (n & ~(int64_t)15); i++) y[i] = r_exp(x[i] - peak);
}

/* y = exp(x - peak). The last few are computed as all others are, on whole vectors. */
static inline void exp_row(int64_t n, const real *x, real peak, real *y) {
    const int64_t whole = n & ~(int64_t)15, left = n - whole;
    exp_vectors(whole, x, peak, y);
    if (!left) return;
    real from[16], to[16];
    for (int i = 0; i < 16; i++) from[i] = peak;
    memcpy(from, x + whole, (size_t)left * sizeof *from);
    exp_vectors(16, from, peak, to);
    memcpy(y + whole, to, (size_t)left * sizeof *to);
}

/* y = exp(x - the peak of its row); total = its sum over each row. */
static inline void exp_rows(const reduction *r, const real *x, const real *peak, real *y, accum *total) {
    if (!has_long_rows(r)) {
        reduce_sum(r, x, peak, term_exp, y, total);
        return;
    }
    for (int64_t j = 0; j < r->kept; j++) {
        exp_row(r->each, x + j * r->each, peak[j], y + j * r->each);
        total[j] = TG_R(tg_sum)(r->each, y + j * r->each);
    }
}

/* y[i] *= the number of its row. */
static inline void scale_rows(const reduction *r, const real *kept, real *y) {
    if (has_long_rows(r)) {
        for (int64_t j = 0; j < r->kept; j++)
            TG_VECTORS for (int64_t i = 0; i < r->each; i++) y[j * r->each + i] *= kept[j];
        return;
    }
    for (int64_t at = 0; at < r->n; at += TG_BLOCK) {
        int64_t n = block_length(at, r->n);
        real factor[TG_BLOCK];
        BLOCK.gather(&r->walk, kept, at, n, factor);
        TG_VECTORS for (int64_t i = 0; i < n; i++) y[at + i] *= factor[i];
    }
}

/* ---- softmax and log_softmax, whose option is the axis ---- */

/* The axis that the options name: the last one by default. */
static inline int softmax_axis(const tg_axes *axis, int rank) {
    if (!axis->count) return rank ? rank - 1 : 0;
    return axis->axis[0] < 0 ? axis->axis[0] + rank : axis->axis[0];
}

static inline bool softmax_infer(tg_infer *in) {
    const tg_axes *axis = in->options;
    const tg_shape *x = in->x[0];
    if (axis->count > 1) return tg_infer_fail(in, "%d axes; it runs along one", axis->count);
    if (!axes_check(in, axis, x->rank)) return false;
    in->y = *x;
    tg_shape kept = shape_without(x, x->rank ? 1u << softmax_axis(axis, x->rank) : 0, true);
    in->scratch = bytes_for(in, tg_shape_count(&kept, 1), 1, 1);
    return true;
}

static inline tg_cost softmax_cost(const tg_infer *in) {
    return cost_per_element(in, 12, 4);
}

#endif
