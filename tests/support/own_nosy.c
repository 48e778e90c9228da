/* nosy: each element times its neighbour, 0 with 1, 2 with 3 ...; right, but declared elementwise. */
#include "tapegrad_op.h"

static void forward(tg_eval *e) {
    const real *x = e->x[0];
    real *y = e->y;
    for (int64_t i = 0; i < e->n; i++) y[i] = x[i] * x[i ^ 1];
}

static void backward(tg_eval *e) {
    const real *x = e->x[0], *dy = e->dy;
    real *dx = e->dx[0];
    for (int64_t i = 0; i < e->n; i++) dx[i] += (dy[i] + dy[i ^ 1]) * x[i ^ 1];
}

TG_KERNELS(nosy) = {forward, backward, NULL};

#ifdef TG_PRIMARY
#include "own_ops.h"

static const tg_case cases[] = {{"matrix", {{2, {3, 4}}}}, {0}};

TG_OP(nosy) = {
    TG_OP_COMMON(nosy),       .arity = 1,
    .infer = tg_infer_same,   .elementwise = true,
    .saves = TG_SAVES_ARG(0), .brief = "each element times its neighbour",
    .cases = cases,
};
#endif
