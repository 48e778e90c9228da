/* square: y = x^2 */
#include "core/kernel.h"

#ifdef TG_PUBLIC
/* x^2 of each element. Shape of x. */
tg_node *tg_square(tg_node *x);
#endif

static void forward(tg_eval *e) {
    const real *x = e->x[0];
    real *y = e->y;
    TG_EACH(i, e->n) y[i] = x[i] * x[i];
}

static void backward(tg_eval *e) {
    const real *x = e->x[0], *dy = e->dy;
    real *dx = e->dx[0];
    TG_EACH(i, e->n) dx[i] += 2 * dy[i] * x[i];
}

TG_KERNELS(square) = {forward, backward, NULL};
TG_OP(square) = {
    TG_OP_COMMON(square),
    .arity = 1,
    .infer = tg_infer_same,
    .elementwise = true,
    .saves = TG_SAVES_ARG(0),
    .brief = "square",
    .math = "x^2",
    .infix = "x^2",
    .derivative = {"2 * x"},
    .flops = 1,
    .shared_cases = tg_unary_cases,
};
TG_CALL_1(square)
