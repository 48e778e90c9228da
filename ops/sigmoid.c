/* sigmoid: y = 1/(1+exp(-x)) */
#include "core/kernel.h"

#ifdef TG_PUBLIC
/* The logistic sigmoid of each element, 1/(1+e^-x), finite for every x. Shape of x. */
tg_node *tg_sigmoid(tg_node *x);
#endif

/* Where e^-x is infinite, 1/(1 + e^-x) is 0, as it should be; only the slope of a dual would be lost. */
static inline real bounded(real x) {
#ifdef TG_REAL_DUAL
    return re(x) < -700 ? -700 : x;
#else
    return x;
#endif
}

static void forward(tg_eval *e) {
    const real *x = e->x[0];
    real *y = e->y;
    TG_EACH(i, e->n) y[i] = 1 / (1 + r_exp(-bounded(x[i])));
}

static void backward(tg_eval *e) {
    const real *y = e->y, *dy = e->dy;
    TG_GRADIENT(e, i, dy[i] * y[i] * (1 - y[i]));
}

static const tg_case cases[] = {
    TG_CASES_UNARY,
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
    .cases = cases,
};
TG_CALL_1(sigmoid)
