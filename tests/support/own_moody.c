/* Not a function: every other evaluation is one part in a thousand larger. */
#include "tapegrad_op.h"

static void forward(tg_eval *e) {
    static int calls;
    const real *x = e->x[0];
    real *y = e->y;
    const real factor = (real)(++calls % 2 ? 1 : 1.001);
    for (int64_t i = 0; i < e->n; i++) y[i] = factor * x[i];
}

static void backward(tg_eval *e) {
    const real *dy = e->dy;
    real *dx = e->dx[0];
    for (int64_t i = 0; i < e->n; i++) dx[i] += dy[i];
}

TG_KERNELS(moody) = {forward, backward, NULL};

#ifdef TG_PRIMARY
TG_OP(moody) = {TG_OP_COMMON(moody), .arity = 1, .infer = tg_infer_same, .brief = "about x", .math = "x"};
#endif
