/* extreme.h: what max and min share: the largest key of the elements, x for max and -x for min. Private to
   ops/. */
#ifndef TG_OPS_EXTREME_H
#define TG_OPS_EXTREME_H

#include "ops/reduce.h"

static inline bool extreme_infer(tg_infer *in) {
    const tg_reduce_options *o = in->options;
    /* forward needs the peaks; backward the number of ties and the shares */
    return reduce_infer(in, &o->axes, o->keepdims, 1, 1) && reduce_something(in, &o->axes);
}

/* t[i] becomes 1 where x[i] is the extreme value t[i], a NaN included, else 0. */
static inline void term_is_extreme(int64_t n, const real *x, real *t) {
    TG_VECTORS for (int64_t i = 0; i < n; i++) t[i] =
        re(x[i]) == re(t[i]) || (re(x[i]) != re(x[i]) && re(t[i]) != re(t[i]));
}

static inline void slope_is_extreme(int64_t n, const real *x, const real *a, const real *g, real *dx) {
    TG_VECTORS for (int64_t i = 0; i < n; i++) dx[i] +=
        re(x[i]) == re(a[i]) || (re(x[i]) != re(x[i]) && re(a[i]) != re(a[i])) ? g[i] : 0;
}

/* The gradient is shared evenly by the elements that are extreme. */
static inline void extreme_backward(tg_eval *e) {
    const tg_reduce_options *o = e->options;
    reduction r = tg_reduction_of(e->xshape[0], &o->axes);
    accum *ties = e->scratch;
    real *share = (real *)(ties + r.kept);
    const real *dy = e->dy;
    if (!e->dx[0]) return;
    reduce_sum(&r, e->x[0], e->y, term_is_extreme, NULL, ties);
    for (int64_t j = 0; j < r.kept; j++) share[j] = dy[j] / (real)ties[j];
    reduce_backward(e, &r, e->x[0], e->y, share, slope_is_extreme);
}

static inline tg_cost extreme_cost(const tg_infer *in) {
    return cost_per_element(in, 1, 3);
}

#endif
