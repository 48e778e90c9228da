/* mean: y = mean of x over axes */
#include "ops/reduce.h"

#ifdef TG_PUBLIC
/* The mean of all elements, a scalar; with options, over the given axes. The mean of no elements is NaN. Long
   sums are accumulated in f64. */
tg_node *tg_mean(tg_node *x);
tg_node *tg_mean_with(tg_node *x, tg_reduce_options options);
#endif

static bool infer(tg_infer *in) {
    const tg_reduce_options *o = in->options;
    return reduce_infer(in, &o->axes, o->keepdims, 0, 1);
}

static void forward(tg_eval *e) {
    const tg_reduce_options *o = e->options;
    reduction r = tg_reduction_of(e->xshape[0], &o->axes);
    real *y = e->y;
    accum *total = e->scratch;
    reduce_total(&r, e->x[0], total);
    for (int64_t j = 0; j < r.kept; j++) y[j] = (real)(total[j] / (double)r.each);
}

static void backward(tg_eval *e) {
    const tg_reduce_options *o = e->options;
    reduction r = tg_reduction_of(e->xshape[0], &o->axes);
    const real *dy = e->dy;
    real *g = e->scratch;
    if (!e->dx[0]) return;
    for (int64_t j = 0; j < r.kept; j++) g[j] = dy[j] / (real)r.each;
    reduce_backward(e, &r, NULL, NULL, g, slope_one);
}

static tg_cost cost(const tg_infer *in) {
    return cost_per_element(in, 1, 1);
}

typedef tg_reduce_options case_options;
#include "ops/reduce_descriptor.h"
static const tg_attr attrs[] = {REDUCE_ATTRS, {0}};
static const tg_case cases[] = {REDUCE_CASES, {0}};

TG_KERNELS(mean) = {forward, backward, NULL};
TG_OP(mean) = {
    TG_OP_COMMON(mean),
    .arity = 1,
    .infer = infer,
    .assigns = true,
    .options_size = sizeof(tg_reduce_options),
    .attrs = attrs,
    .brief = "mean over axes",
    .math = "sum(x) / n",
    .derivative = {"1 / n"},
    .cost = cost,
    .cases = cases,
};
TG_CALL_1(mean)
TG_CALL_1_WITH(mean, tg_reduce_options)
