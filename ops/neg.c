/* neg: y = -x */
#include "core/kernel.h"

#ifdef TG_PUBLIC
/* -x of each element. Shape of x. */
tg_node *tg_neg(tg_node *x);
#endif

static void forward(tg_eval *e) {
    const real *x = e->x[0];
    real *y = e->y;
    TG_EACH(i, e->n) y[i] = -x[i];
}

static void backward(tg_eval *e) {
    const real *dy = e->dy;
    real *dx = e->dx[0];
    TG_EACH(i, e->n) dx[i] -= dy[i];
}

TG_KERNELS(neg) = {forward, backward, NULL};
TG_OP(neg) = {
    TG_OP_COMMON(neg),
    .arity = 1,
    .infer = tg_infer_same,
    .elementwise = true,
    .brief = "negative",
    .math = "-x",
    .infix = "-x",
    .derivative = {"-1"},
    .flops = 1,
    .shared_cases = tg_unary_cases,
};
TG_CALL_1(neg)
