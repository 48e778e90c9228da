/* cos: y = cos x */
#include "core/kernel.h"

#ifdef TG_PUBLIC
/* The cosine of each element, in radians. Shape of x. */
tg_node *tg_cos(tg_node *x);
#endif

static void forward(tg_eval *e) {
    const real *x = e->x[0];
    real *y = e->y;
    TG_EACH(i, e->n) y[i] = r_cos(x[i]);
}

static void backward(tg_eval *e) {
    const real *x = e->x[0], *dy = e->dy;
    real *dx = e->dx[0];
    TG_EACH(i, e->n) dx[i] -= dy[i] * r_sin(x[i]);
}

static const tg_case cases[] = {
    {"far from zero", {{1, {5}}}, .range = {{-20, 20}}},
    {0},
};

TG_KERNELS(cos) = {forward, backward, NULL};
TG_OP(cos) = {
    TG_OP_COMMON(cos),
    .arity = 1,
    .infer = tg_infer_same,
    .elementwise = true,
    .saves = TG_SAVES_ARG(0),
    .brief = "cosine",
    .math = "cos(x)",
    .derivative = {"-sin(x)"},
    .flops = 4,
    .shared_cases = tg_unary_cases,
    .cases = cases,
};
TG_CALL_1(cos)
