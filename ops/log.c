/* log: y = ln x */
#include "core/kernel.h"

#ifdef TG_PUBLIC
/* The natural logarithm of each element: -infinity at 0, NaN below. Shape of x. */
tg_node *tg_log(tg_node *x);
#endif

static void forward(tg_eval *e) {
    const real *x = e->x[0];
    real *y = e->y;
    TG_EACH(i, e->n) y[i] = r_log(x[i]);
}

static void backward(tg_eval *e) {
    const real *x = e->x[0], *dy = e->dy;
    TG_GRADIENT(e, i, dy[i] / x[i]);
}

static const tg_case cases[] = {
    {"large", {{1, {5}}}, .range = {{1, 1000}}},
    {0},
};

TG_KERNELS(log) = {forward, backward, NULL};
TG_OP(log) = {
    TG_OP_COMMON(log),
    .arity = 1,
    .infer = tg_infer_same,
    .elementwise = true,
    .assigns = true,
    .saves = TG_SAVES_ARG(0),
    .brief = "natural logarithm",
    .math = "log(x)",
    .derivative = {"1 / x"},
    .flops = 4,
    .shared_cases = tg_unary_cases,
    .cases = cases,
    .domain = {{0.1, 3}},
};
TG_CALL_1(log)
