/* Its forward leaves `real` for double. */
#include "tapegrad_op.h"

static void forward(tg_eval *e) {
    const real *x = e->x[0];
    real *y = e->y;
    for (int64_t i = 0; i < e->n; i++) y[i] = (real)sin((double)re(x[i]));
}

static void backward(tg_eval *e) {
    const real *x = e->x[0], *dy = e->dy;
    real *dx = e->dx[0];
    for (int64_t i = 0; i < e->n; i++) dx[i] += dy[i] * r_cos(x[i]);
}

TG_KERNELS(flat) = {forward, backward, NULL};

#ifdef TG_PRIMARY
static const tg_case cases[] = {{"vector", {{1, {5}}}}, {0}};
TG_OP(flat) = {
    TG_OP_COMMON(flat),        .arity = 1,      .infer = tg_infer_same,
    .saves = TG_SAVES_ARGS,    .brief = "sine", .math = "\\sin x",
    .derivative = {"\\cos x"}, .flops = 1,      .cases = cases,
};
#endif
