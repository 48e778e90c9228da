/* swish_attempt: y = x s(x), but its backward takes s(x) for a constant */
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

TG_KERNELS(swish_attempt) = {forward, backward, NULL};

#ifdef TG_PRIMARY
#include "swish.h"

static const tg_case cases[] = {
    {"matrix", {{2, {3, 4}}}},
    {"scalar", {{0}}},
    {"far from zero", {{1, {5}}}, .range = {{-20, 20}}},
    {0},
};

TG_OP(swish_attempt) = {
    TG_OP_COMMON(swish_attempt),
    .arity = 1,
    .infer = tg_infer_same,
    .elementwise = true,
    .saves = TG_SAVES_ARG(0),
    .brief = "swish with half of its derivative",
    .math = "x / (1 + exp(-x))",
    .derivative = {"sigmoid(x)"},
    .flops = 5,
    .cases = cases,
};
TG_CALL_1(swish_attempt)
#endif
