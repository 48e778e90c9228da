/* exp: y = e^x */
#include "core/kernel.h"

#ifdef TG_PUBLIC
/* e^x of each element. Shape of x. */
tg_node *tg_exp(tg_node *x);
#endif

static void forward(tg_eval *e) {
    const real *x = e->x[0];
    real *y = e->y;
    TG_EACH(i, e->n) y[i] = r_exp(x[i]);
}

static void backward(tg_eval *e) {
    const real *y = e->y, *dy = e->dy;
    TG_GRADIENT(e, i, dy[i] * y[i]);
}

static const tg_case cases[] = {
    {"far from zero", {{1, {5}}}, .range = {{-20, 8}}},
    {0},
};

TG_KERNELS(exp) = {forward, backward, NULL};
TG_OP(exp) = {
    TG_OP_COMMON(exp),
    .arity = 1,
    .infer = tg_infer_same,
    .elementwise = true,
    .assigns = true,
    .saves = TG_SAVES_OUTPUT,
    .brief = "exponential function",
    .math = "exp(x)",
    .derivative = {"y"},
    .flops = 4,
    .shared_cases = tg_unary_cases,
    .cases = cases,
};
TG_CALL_1(exp)
