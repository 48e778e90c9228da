/* relu: y = max(x, 0) */
#include "core/kernel.h"

#ifdef TG_PUBLIC
/* The rectified linear unit, max(x, 0), of each element; its derivative at 0 is 0. Shape of x. */
tg_node *tg_relu(tg_node *x);
#endif

static void forward(tg_eval *e) {
    const real *x = e->x[0];
    real *y = e->y;
    TG_EACH(i, e->n) y[i] = re(x[i]) <= 0 ? 0 : x[i]; /* a NaN passes */
}

static inline real masked(real g, bool off) {
    return off ? 0 : g;
}

static void backward(tg_eval *e) {
    const real *y = e->y, *dy = e->dy;
    /* dy is read in either case: a masked load would wait for the one before it. */
    TG_GRADIENT(e, i, masked(dy[i], re(y[i]) <= 0));
}

static void branch(tg_eval *e, int32_t *branch) {
    const real *x = e->x[0];
    for (int64_t i = 0; i < e->n; i++) branch[i] = re(x[i]) > 0;
}

static const tg_case cases[] = {
    {"around the kink", {{1, {20}}}, .range = {{-1e-5f, 1e-5f}}},
    {0},
};

TG_KERNELS(relu) = {forward, backward, branch};
TG_OP(relu) = {
    TG_OP_COMMON(relu),
    .arity = 1,
    .infer = tg_infer_same,
    .elementwise = true,
    .assigns = true,
    .saves = TG_SAVES_OUTPUT,
    .brief = "rectified linear unit",
    .math = "max(x, 0)",
    .derivative = {"(x > 0)"},
    .flops = 1,
    .shared_cases = tg_unary_cases,
    .cases = cases,
    .kinks = "x = 0",
};
TG_CALL_1(relu)
