/* sum: y = sum of x over axes */
#include "ops/reduce.h"

#ifdef TG_PUBLIC
/* The sum of all elements, a scalar; with options, over the given axes. The sum of no elements is 0. Long
   sums are accurate in f32 as well: they are accumulated in f64. */
tg_node *tg_sum(tg_node *x);
tg_node *tg_sum_with(tg_node *x, tg_reduce_options options);
#endif

static bool infer(tg_infer *in) {
    const tg_reduce_options *o = in->options;
    return reduce_infer(in, &o->axes, o->keepdims, 0, 1);
}

static void forward(tg_eval *e) {
    const tg_reduce_options *o = e->options;
    reduction r = tg_reduction_of(e->xshape[0], &o->axes);
    accum *total = e->scratch;
    real *y = e->y;
    reduce_total(&r, e->x[0], total);
    for (int64_t j = 0; j < r.kept; j++) y[j] = (real)total[j];
}

static void backward(tg_eval *e) {
    const tg_reduce_options *o = e->options;
    reduction r = tg_reduction_of(e->xshape[0], &o->axes);
    reduce_backward(e, &r, NULL, NULL, e->dy, slope_one);
}

static tg_cost cost(const tg_infer *in) {
    return cost_per_element(in, 1, 1);
}

typedef tg_reduce_options case_options;
#include "ops/reduce_descriptor.h"
static const tg_attr attrs[] = {REDUCE_ATTRS, {0}};
static const tg_case cases[] = {REDUCE_CASES, REDUCE_EMPTY_CASES, {0}};

TG_KERNELS(sum) = {forward, backward, NULL};
TG_OP(sum) = {
    TG_OP_COMMON(sum),
    .arity = 1,
    .infer = infer,
    .assigns = true,
    .options_size = sizeof(tg_reduce_options),
    .attrs = attrs,
    .brief = "sum over axes",
    .math = "sum(x)",
    .derivative = {"1"},
    .cost = cost,
    .cases = cases,
};
TG_CALL_1(sum)
TG_CALL_1_WITH(sum, tg_reduce_options)
