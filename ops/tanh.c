/* tanh: y = tanh x */
#include "core/kernel.h"

#ifdef TG_PUBLIC
/* The hyperbolic tangent of each element. Shape of x. */
tg_node *tg_tanh(tg_node *x);
#endif

static void forward(tg_eval *e) {
    TG_R(tg_each_tanh)(e->n, e->x[0], e->y);
}

static void backward(tg_eval *e) {
    const real *y = e->y, *dy = e->dy;
    TG_GRADIENT(e, i, dy[i] * ((1 - y[i]) * (1 + y[i])));
}

static const tg_case cases[] = {
    {"far from zero", {{1, {5}}}, .range = {{-4, 4}}},
    {0},
};

TG_KERNELS(tanh) = {forward, backward, NULL};
TG_OP(tanh) = {
    TG_OP_COMMON(tanh),
    .arity = 1,
    .infer = tg_infer_same,
    .elementwise = true,
    .assigns = true,
    .saves = TG_SAVES_OUTPUT,
    .brief = "hyperbolic tangent",
    .math = "tanh(x)",
    .derivative = {"1 - y^2"},
    .flops = 5,
    .shared_cases = tg_unary_cases,
    .cases = cases,
};
TG_CALL_1(tanh)
