/* softplus: y = ln(1 + e^x) */
#include "core/kernel.h"

#ifdef TG_PUBLIC
/* ln(1 + e^x) of each element, a smooth relu, finite for every finite x. Shape of x. */
tg_node *tg_softplus(tg_node *x);
#endif

/* ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|) never overflows. */
static void forward(tg_eval *e) {
    const real *x = e->x[0];
    real *y = e->y;
    TG_EACH(i, e->n) {
        real rest = r_log1p(r_exp(-r_abs(x[i])));
        y[i] = (re(x[i]) >= 0 ? x[i] : 0) + rest;
    }
}

static void backward(tg_eval *e) {
    const real *y = e->y, *dy = e->dy;
    real *dx = e->dx[0];
    TG_EACH(i, e->n) dx[i] -= dy[i] * r_expm1(-y[i]); /* sigmoid(x) = 1 - e^-y */
}

static const tg_case cases[] = {
    {"far from zero", {{1, {5}}}, .range = {{-8, 20}}},
    {0},
};

TG_KERNELS(softplus) = {forward, backward, NULL};
TG_OP(softplus) = {
    TG_OP_COMMON(softplus),
    .arity = 1,
    .infer = tg_infer_same,
    .elementwise = true,
    .saves = TG_SAVES_OUTPUT,
    .brief = "softplus, a smooth rectifier",
    .math = "log(1 + exp(x))",
    .derivative = {"sigmoid(x)"},
    .source = "Dugas, Bengio, Belisle, Nadeau, Garcia, NIPS 2000",
    .flops = 8,
    .shared_cases = tg_unary_cases,
    .cases = cases,
};
TG_CALL_1(softplus)
