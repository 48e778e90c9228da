/* The derivative of the sigmoid is forgotten. */
#include "tapegrad_op.h"

static void forward(tg_eval *e) {
    const real *x = e->x[0];
    real *y = e->y;
    for (int64_t i = 0; i < e->n; i++) y[i] = x[i] / (1 + r_exp(-x[i]));
}

static void backward(tg_eval *e) {
    const real *x = e->x[0], *dy = e->dy;
    real *dx = e->dx[0];
    for (int64_t i = 0; i < e->n; i++) dx[i] += dy[i] / (1 + r_exp(-x[i]));
}

TG_KERNELS(wrong_swish) = {forward, backward, NULL};

#ifdef TG_PRIMARY
static const tg_case cases[] = {{"matrix", {{2, {3, 4}}}}, {0}};
TG_OP(wrong_swish) = {
    TG_OP_COMMON(wrong_swish),
    .arity = 1,
    .infer = tg_infer_same,
    .elementwise = true,
    .saves = TG_SAVES_ARGS,
    .brief = "swish with a term missing",
    .math = "x/(1+e^{-x})",
    .derivative = {"s"},
    .flops = 5,
    .cases = cases,
};
#endif
