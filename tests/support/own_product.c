#include "tapegrad_op.h"

static void forward(tg_eval *e) {
    const real *a = e->x[0], *b = e->x[1];
    real *y = e->y;
    for (int64_t i = 0; i < e->n; i++) y[i] = a[i] * b[i];
}

static void backward(tg_eval *e) {
    const real *dy = e->dy;
    for (int k = 0; k < 2; k++) {
        const real *other = e->x[1 - k];
        real *dx = e->dx[k];
        for (int64_t i = 0; dx && i < e->n; i++) dx[i] = (e->fresh >> k & 1 ? 0 : dx[i]) + dy[i] * other[i];
    }
}

TG_KERNELS(product) = {forward, backward, NULL};

#ifdef TG_PRIMARY
static const tg_case cases[] = {
    {"matrices", {{2, {3, 4}}, {2, {3, 4}}}},
    {0},
};
TG_OP(product) = {
    TG_OP_COMMON(product),
    .arity = 2,
    .infer = tg_infer_broadcast,
    .elementwise = true,
    .assigns = true,
    .saves = TG_SAVES_ARGS,
    .brief = "product that writes first gradients",
    .math = "a * b",
    .derivative = {"b", "a"},
    .flops = 1,
    .cases = cases,
};
#endif
