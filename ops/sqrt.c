/* sqrt: y = sqrt(x) */
#include "core/kernel.h"

#ifdef TG_PUBLIC
/* The square root of each element: NaN below 0; its derivative is infinite at 0. Shape of x. */
tg_node *tg_sqrt(tg_node *x);
#endif

static void forward(tg_eval *e) {
    const real *x = e->x[0];
    real *y = e->y;
    TG_EACH(i, e->n) y[i] = r_sqrt(x[i]);
}

static void backward(tg_eval *e) {
    const real *y = e->y, *dy = e->dy;
    real *dx = e->dx[0];
    TG_EACH(i, e->n) dx[i] += dy[i] / (2 * y[i]);
}

static const tg_case cases[] = {
    {"large", {{1, {5}}}, .range = {{1, 1000}}},
    {0},
};

TG_KERNELS(sqrt) = {forward, backward, NULL};
TG_OP(sqrt) = {
    TG_OP_COMMON(sqrt),
    .arity = 1,
    .infer = tg_infer_same,
    .elementwise = true,
    .saves = TG_SAVES_OUTPUT,
    .brief = "square root",
    .math = "sqrt(x)",
    .derivative = {"1 / (2 * y)"},
    .flops = 1,
    .shared_cases = tg_unary_cases,
    .cases = cases,
    .domain = {{0.1, 3}},
};
TG_CALL_1(sqrt)
