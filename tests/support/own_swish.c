#include "tapegrad_op.h"

#ifdef TG_OP_TYPES
#include "own_ops.h"
#endif

static real TG_R(beta)(const tg_eval *e) {
    const tg_swish_options *o = e->options;
    return (real)tg_default(o->beta, 1);
}

static void forward(tg_eval *e) {
    const real *x = e->x[0], beta = TG_R(beta)(e);
    real *y = e->y;
    for (int64_t i = 0; i < e->n; i++) y[i] = x[i] / (1 + r_exp(-beta * x[i]));
}

static void backward(tg_eval *e) {
    const real *x = e->x[0], *dy = e->dy, beta = TG_R(beta)(e);
    real *dx = e->dx[0];
    for (int64_t i = 0; i < e->n; i++) {
        real s = 1 / (1 + r_exp(-beta * x[i]));
        dx[i] += dy[i] * (s + beta * x[i] * s * (1 - s));
    }
}

TG_KERNELS(swish) = {forward, backward, NULL};

#ifdef TG_PRIMARY
static const tg_swish_options steep = {.beta = 3};
static const tg_case cases[] = {
    {"matrix", {{2, {3, 4}}}},
    {"steep", {{1, {5}}}, .options = &steep},
    {0},
};
static const tg_attr attrs[] = {
    {"beta", TG_ATTR_DOUBLE, offsetof(tg_swish_options, beta), 1, "steepness"},
    {0},
};
TG_OP(swish) = {
    TG_OP_COMMON(swish),
    .arity = 1,
    .infer = tg_infer_same,
    .elementwise = true,
    .saves = TG_SAVES_ARGS,
    .options_size = sizeof(tg_swish_options),
    .attrs = attrs,
    .brief = "x times its sigmoid",
    .math = "x/(1+e^{-\\beta x})",
    .derivative = {"s + \\beta x s(1-s)"},
    .flops = 5,
    .cases = cases,
};
#endif
