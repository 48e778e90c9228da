/* logsumexp: y = log(sum of exp(x)) over axes */
#include "ops/reduce.h"

#ifdef TG_PUBLIC
/* The logarithm of the sum of exponentials of all elements, a scalar; with options, over the given axes.
   Finite for any finite x: the largest element is taken out of the sum. Over no elements: -inf. */
tg_node *tg_logsumexp(tg_node *x);
tg_node *tg_logsumexp_with(tg_node *x, tg_reduce_options options);
#endif

static bool infer(tg_infer *in) {
    const tg_reduce_options *o = in->options;
    return reduce_infer(in, &o->axes, o->keepdims, 0, 1);
}

static void term_exp(int64_t n, const real *x, real *t) {
    TG_VECTORS for (int64_t i = 0; i < n; i++) t[i] = r_exp(x[i] - t[i]);
}

/* m + log(sum of exp(x - m)), m the largest x; an infinite m is not taken out, as inf - inf is no number. */
static void forward(tg_eval *e) {
    const tg_reduce_options *o = e->options;
    reduction r = tg_reduction_of(e->xshape[0], &o->axes);
    accum *total = e->scratch;
    real *y = e->y;
    reduce_max(&r, e->x[0], NULL, y);
    for (int64_t j = 0; j < r.kept; j++)
        if (!isfinite(re(y[j]))) y[j] = 0;
    reduce_sum(&r, e->x[0], y, term_exp, NULL, total);
    for (int64_t j = 0; j < r.kept; j++) y[j] += r_log((real)total[j]);
}

/* dx += dy exp(x - y); where all x are -inf, so is y, and there is nothing to share. */
static void slope(int64_t n, const real *x, const real *a, const real *g, real *dx) {
    TG_VECTORS for (int64_t i = 0; i < n; i++) dx[i] += re(a[i]) == -INFINITY ? 0 : g[i] * r_exp(x[i] - a[i]);
}

static void backward(tg_eval *e) {
    const tg_reduce_options *o = e->options;
    reduction r = tg_reduction_of(e->xshape[0], &o->axes);
    reduce_backward(e, &r, e->x[0], e->y, e->dy, slope);
}

static tg_cost cost(const tg_infer *in) {
    return cost_per_element(in, 12, 12);
}

typedef tg_reduce_options case_options;
#include "ops/reduce_descriptor.h"
static const tg_attr attrs[] = {REDUCE_ATTRS, {0}};
static const tg_case cases[] = {
    REDUCE_CASES,
    {"far from zero", {{2, {3, 4}}}, .options = &over_last, .range = {{30, 36}}},
    {0},
};

TG_KERNELS(logsumexp) = {forward, backward, NULL};
TG_OP(logsumexp) = {
    TG_OP_COMMON(logsumexp),
    .arity = 1,
    .infer = infer,
    .saves = TG_SAVES_ARG(0) | TG_SAVES_OUTPUT,
    .assigns = true,
    .options_size = sizeof(tg_reduce_options),
    .attrs = attrs,
    .brief = "logarithm of the sum of exponentials over axes",
    .math = "log(sum(exp(x)))",
    .derivative = {"exp(x - y)"},
    .cost = cost,
    .cases = cases,
};
TG_CALL_1(logsumexp)
TG_CALL_1_WITH(logsumexp, tg_reduce_options)
