/* mul: y = a b, element by element */
#include "core/kernel.h"

#ifdef TG_PUBLIC
/* The product a b, element by element, with NumPy broadcasting. */
tg_node *tg_mul(tg_node *a, tg_node *b);
#endif

static void forward(tg_eval *e) {
    const real *a = e->x[0], *b = e->x[1];
    real *y = e->y;
    TG_EACH(i, e->n) y[i] = a[i] * b[i];
}

static void backward(tg_eval *e) {
    const real *a = e->x[0], *b = e->x[1], *dy = e->dy;
    TG_GRADIENT_OF(e, 0, i, dy[i] * b[i]);
    TG_GRADIENT_OF(e, 1, i, dy[i] * a[i]);
}

TG_KERNELS(mul) = {forward, backward, NULL};
TG_OP(mul) = {
    TG_OP_COMMON(mul),
    .arity = 2,
    .infer = tg_infer_broadcast,
    .elementwise = true,
    .assigns = true,
    .saves = TG_SAVES_ARG(0) | TG_SAVES_ARG(1),
    .brief = "elementwise product of two tensors",
    .math = "a * b",
    .infix = "a * b",
    .derivative = {"b", "a"},
    .flops = 1,
    .shared_cases = tg_binary_cases,
};
TG_CALL_2(mul)
