/* sigmoid: y = 1/(1+exp(-x)) */
#include "core/kernel.h"

#ifdef TG_PUBLIC
/* The logistic sigmoid of each element, 1/(1+e^-x), finite for every x. Shape of x. */
tg_node *tg_sigmoid(tg_node *x);
#endif

static void forward(tg_eval *e) {
    const real *x = e->x[0];
    real *y = e->y;
    TG_EACH(i, e->n) {
        real t = r_exp(-r_abs(x[i])); /* never overflows */
        y[i] = (re(x[i]) >= 0 ? 1 : t) / (1 + t);
    }
}

static void backward(tg_eval *e) {
    const real *y = e->y, *dy = e->dy;
    real *dx = e->dx[0];
    TG_EACH(i, e->n) dx[i] += dy[i] * y[i] * (1 - y[i]);
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
    .saves = TG_SAVES_OUTPUT,
    .brief = "logistic sigmoid",
    .math = "1/(1 + exp(-x))",
    .derivative = {"y * (1 - y)"},
    .flops = 4,
    .cases = cases,
};
TG_CALL_1(sigmoid)
