#include "tapegrad_op.h"

static void forward(tg_eval *e) {
    const real *x = e->x[0];
    real *y = e->y;
    for (int64_t i = 0; i < e->n; i++) y[i] = re(x[i]) <= -1 ? -1 : x[i];
}

static void backward(tg_eval *e) {
    const real *x = e->x[0], *dy = e->dy;
    real *dx = e->dx[0];
    for (int64_t i = 0; i < e->n; i++) dx[i] += re(x[i]) <= -1 ? 0 : dy[i];
}

static void branch(tg_eval *e, int32_t *b) {
    const real *x = e->x[0];
    for (int64_t i = 0; i < e->n; i++) b[i] = re(x[i]) <= -1;
}

TG_KERNELS(hard) = {forward, backward, branch};

#ifdef TG_PRIMARY
static const tg_case cases[] = {{"matrix", {{2, {3, 4}}}}, {0}};
TG_OP(hard) = {
    TG_OP_COMMON(hard),
    .arity = 1,
    .infer = tg_infer_same,
    .elementwise = true,
    .saves = TG_SAVES_ARGS,
    .brief = "x, no less than -1",
    .math = "\\max(x, -1)",
    .derivative = {"1 where x > -1"},
    .flops = 1,
    .cases = cases,
    .kinks = "x = -1",
};
#endif
