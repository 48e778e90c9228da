/* softmax.h: what softmax, log_softmax and cross_entropy share: the one axis, and its tensor cut into parts
   that fit the first-level cache and run on several threads. Private to ops/; what is declared here is in
   softmax_rows.c. */
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

/* Runs for all parts; l.outer rows are cut, among e->threads. */
void tg_softmax_parts(tg_eval *e, lanes l, softmax_run run);

/* Bytes of scratch: for each result a sum, the largest x and one more number. */
static inline size_t softmax_scratch(const tg_infer *in, int64_t kept) {
    return bytes_for(in, kept, 2, 1);
}
/* The part's slices of it. */
static inline accum *part_total(const tg_eval *e, const softmax_part *part) {
    return (accum *)e->scratch + part->kept_at;
}
static inline real *part_peak(const tg_eval *e, const softmax_part *part) {
    return (real *)((accum *)e->scratch + part->kept_all) + part->kept_at;
}
static inline real *part_number(const tg_eval *e, const softmax_part *part) {
    return part_peak(e, part) + part->kept_all;
}

#define LONG_ROW 64 /* elements from which a row is worth loops of its own */

/* Whether the elements of each kept one lie in one piece, and there are any. */
static inline bool has_rows(const reduction *r) {
    const int last = r->walk.rank - 1;
    return r->walk.stride[last] == 0 && r->walk.dim[last] == r->each && r->each > 0;
}
/* And so long that nothing need be spread to blocks. */
static inline bool has_long_rows(const reduction *r) {
    return has_rows(r) && r->each >= LONG_ROW;
}

/* The part's peak = the largest x of each row; y = exp(x - peak), total = its sum over each row, and y is divided by
   it when `divided`. x and y are the part's. Where x has a NaN, peak need not show it: total does. */
#define softmax_rows TG_R(tg_softmax_rows)
void softmax_rows(const tg_eval *e, const softmax_part *part, const real *x, real *y, bool divided);

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
    in->scratch = softmax_scratch(in, tg_shape_count(&kept, 1));
    return true;
}

static inline tg_cost softmax_cost(const tg_infer *in) {
    return cost_per_element(in, 12, 4);
}

#endif
