/* Right by itself, but it writes into its argument. */
#include "tapegrad_op.h"

static void forward(tg_eval *e) {
    const real *x = e->x[0];
    real *y = e->y;
    for (int64_t i = 0; i < e->n; i++) y[i] = 2 * x[i];
    if (e->n) ((real *)(uintptr_t)x)[0] = 7;
}

static void backward(tg_eval *e) {
    const real *dy = e->dy;
    real *dx = e->dx[0];
    for (int64_t i = 0; i < e->n; i++) dx[i] += 2 * dy[i];
}

TG_KERNELS(vandal) = {forward, backward, NULL};

#ifdef TG_PRIMARY
TG_OP(vandal) = {TG_OP_COMMON(vandal), .arity = 1, .infer = tg_infer_same, .brief = "2x", .math = "2x"};
#endif
