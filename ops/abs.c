/* abs: y = |x| */
#include "core/kernel.h"

#ifdef TG_PUBLIC
/* The absolute value of each element; its derivative at 0 is 0. Shape of x. */
tg_node *tg_abs(tg_node *x);
#endif

static void forward(tg_eval *e) {
    const real *x = e->x[0];
    real *y = e->y;
    TG_EACH(i, e->n) y[i] = re(x[i]) == 0 ? 0 : r_abs(x[i]);
}

static void backward(tg_eval *e) {
    const real *x = e->x[0], *dy = e->dy;
    real *dx = e->dx[0];
    TG_EACH(i, e->n) dx[i] += re(x[i]) > 0 ? dy[i] : re(x[i]) < 0 ? -dy[i] : 0 * x[i]; /* a NaN passes */
}

static void branch(tg_eval *e, int32_t *branch) {
    const real *x = e->x[0];
    for (int64_t i = 0; i < e->n; i++) branch[i] = (re(x[i]) > 0) - (re(x[i]) < 0);
}

static const tg_case cases[] = {
    {"around the kink", {{1, {20}}}, .range = {{-1e-5f, 1e-5f}}},
    {0},
};

TG_KERNELS(abs) = {forward, backward, branch};
TG_OP(abs) = {
    TG_OP_COMMON(abs),
    .arity = 1,
    .infer = tg_infer_same,
    .elementwise = true,
    .saves = TG_SAVES_ARG(0),
    .brief = "absolute value",
    .math = "|x|",
    .derivative = {"sign(x)"},
    .flops = 1,
    .shared_cases = tg_unary_cases,
    .cases = cases,
    .kinks = "x = 0",
};
TG_CALL_1(abs)
