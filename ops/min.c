/* min: y = smallest element of x over axes */
#include "ops/extreme.h"

#ifdef TG_PUBLIC
/* The smallest of all elements, a scalar; with options, over the given axes. A NaN among them is the result.
   Where several elements are smallest, they share the gradient evenly (as PyTorch's amin). Over no elements:
   an error. */
tg_node *tg_min(tg_node *x);
tg_node *tg_min_with(tg_node *x, tg_reduce_options options);
#endif

static void term_negative(int64_t n, const real *x, real *t) {
    TG_VECTORS for (int64_t i = 0; i < n; i++) t[i] = -x[i];
}

static void forward(tg_eval *e) {
    const tg_reduce_options *o = e->options;
    reduction r = tg_reduction_of(e->xshape[0], &o->axes);
    real *y = e->y;
    reduce_max(&r, e->x[0], term_negative, y);
    for (int64_t j = 0; j < r.kept; j++) y[j] = -y[j];
}

static void backward(tg_eval *e) {
    extreme_backward(e);
}

static int32_t first_smallest(const real *x, int64_t i, int32_t state) {
    return state < 0 || re(x[i]) < re(x[state]) ? (int32_t)i : state;
}

static void branch(tg_eval *e, int32_t *branch) {
    const tg_reduce_options *o = e->options;
    reduction r = tg_reduction_of(e->xshape[0], &o->axes);
    reduce_states(&r, e->x[0], first_smallest, -1, branch);
}

typedef tg_reduce_options case_options;
#include "ops/reduce_descriptor.h"
static const tg_attr attrs[] = {REDUCE_ATTRS, {0}};
static const tg_case cases[] = {REDUCE_CASES, {0}};

TG_KERNELS(min) = {forward, backward, branch};
TG_OP(min) = {
    TG_OP_COMMON(min),
    .arity = 1,
    .infer = extreme_infer,
    .saves = TG_SAVES_ARG(0) | TG_SAVES_OUTPUT,
    .assigns = true,
    .options_size = sizeof(tg_reduce_options),
    .attrs = attrs,
    .brief = "smallest element over axes",
    .math = "min(x)",
    .derivative = {"(x == y) / count(x == y)"},
    .cost = extreme_cost,
    .cases = cases,
    .kinks = "where several elements are smallest",
};
TG_CALL_1(min)
TG_CALL_1_WITH(min, tg_reduce_options)
