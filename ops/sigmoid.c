/* sigmoid: y = 1/(1+exp(-x)) */
#include "core/kernel.h"

#ifdef TG_PUBLIC
/* The logistic sigmoid of each element, 1/(1+e^-x), finite for every x. Shape of x. */
tg_node *tg_sigmoid(tg_node *x);
#endif

static void forward(tg_eval *e) {
    TG_R(tg_each_sigmoid)(e->n, e->x[0], e->y);
}

static void backward(tg_eval *e) {
    const real *y = e->y, *dy = e->dy;
    TG_GRADIENT(e, i, dy[i] * y[i] * (1 - y[i]));
}

static const tg_case cases[] = {
    {"far from zero", {{1, {5}}}, .range = {{-8, 8}}},
    {0},
};

TG_KERNELS(sigmoid) = {forward, backward, NULL};
TG_OP(sigmoid) = {
    TG_OP_COMMON(sigmoid),
    .arity = 1,
    .infer = tg_infer_same,
    .elementwise = true,
    .assigns = true,
    .saves = TG_SAVES_OUTPUT,
    .brief = "logistic sigmoid",
    .math = "1/(1 + exp(-x))",
    .derivative = {"y * (1 - y)"},
    .flops = 4,
    .shared_cases = tg_unary_cases,
    .cases = cases,
};
TG_CALL_1(sigmoid)
