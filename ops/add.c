/* add: y = a + b */
#include "core/kernel.h"

#ifdef TG_PUBLIC
/* a + b, element by element, with NumPy broadcasting. */
tg_node *tg_add(tg_node *a, tg_node *b);
#endif

static void forward(tg_eval *e) {
    const real *a = e->x[0], *b = e->x[1];
    real *y = e->y;
    TG_EACH(i, e->n) y[i] = a[i] + b[i];
}

static void backward(tg_eval *e) {
    const real *dy = e->dy;
    TG_GRADIENT_OF(e, 0, i, dy[i]);
    TG_GRADIENT_OF(e, 1, i, dy[i]);
}

static const tg_case cases[] = {
    {"many elements", {{2, {40, 60}}, {1, {60}}}},
    {0},
};

TG_KERNELS(add) = {forward, backward, NULL};
TG_OP(add) = {
    TG_OP_COMMON(add),
    .arity = 2,
    .infer = tg_infer_broadcast,
    .elementwise = true,
    .assigns = true,
    .brief = "sum of two tensors",
    .math = "a + b",
    .derivative = {"1", "1"},
    .infix = "a + b",
    .flops = 1,
    .shared_cases = tg_binary_cases,
    .cases = cases,
};
TG_CALL_2(add)
