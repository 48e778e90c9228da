/* max: y = largest element of x over axes */
#include "ops/extreme.h"

#ifdef TG_PUBLIC
/* The largest of all elements, a scalar; with options, over the given axes. A NaN among them is the result.
   Where several elements are largest, they share the gradient evenly (as PyTorch's amax). Over no elements:
   an error. */
tg_node *tg_max(tg_node *x);
tg_node *tg_max_with(tg_node *x, tg_reduce_options options);
#endif

static void forward(tg_eval *e) {
    const tg_reduce_options *o = e->options;
    reduction r = tg_reduction_of(e->xshape[0], &o->axes);
    reduce_max(&r, e->x[0], NULL, e->y);
}

static void backward(tg_eval *e) {
    extreme_backward(e);
}

static int32_t first_largest(const real *x, int64_t i, int32_t state) {
    return state < 0 || re(x[i]) > re(x[state]) ? (int32_t)i : state;
}

static void branch(tg_eval *e, int32_t *branch) {
    const tg_reduce_options *o = e->options;
    reduction r = tg_reduction_of(e->xshape[0], &o->axes);
    reduce_states(&r, e->x[0], first_largest, -1, branch);
}

typedef tg_reduce_options case_options;
#include "ops/reduce_descriptor.h"
static const tg_attr attrs[] = {REDUCE_ATTRS, {0}};
static const tg_case cases[] = {REDUCE_CASES, {0}};

TG_KERNELS(max) = {forward, backward, branch};
TG_OP(max) = {
    TG_OP_COMMON(max),
    .arity = 1,
    .infer = extreme_infer,
    .saves = TG_SAVES_ARG(0) | TG_SAVES_OUTPUT,
    .assigns = true,
    .options_size = sizeof(tg_reduce_options),
    .attrs = attrs,
    .brief = "largest element over axes",
    .math = "max(x)",
    .derivative = {"(x == y) / count(x == y)"},
    .cost = extreme_cost,
    .cases = cases,
    .kinks = "where several elements are largest",
};
TG_CALL_1(max)
TG_CALL_1_WITH(max, tg_reduce_options)
