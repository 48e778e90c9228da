/* div: y = a/b */
#include "core/kernel.h"

#ifdef TG_PUBLIC
/* The quotient a/b, element by element, with NumPy broadcasting; by zero it is infinite, or NaN for 0/0. */
tg_node *tg_div(tg_node *a, tg_node *b);
#endif

static void forward(tg_eval *e) {
    const real *a = e->x[0], *b = e->x[1];
    real *y = e->y;
    TG_EACH(i, e->n) y[i] = a[i] / b[i];
}

/* a/b^2 is taken as y/b: the square of b could overflow or vanish. */
static void backward(tg_eval *e) {
    const real *b = e->x[1], *y = e->y, *dy = e->dy;
    real *da = e->dx[0], *db = e->dx[1];
    if (da)
        TG_EACH(i, e->n) da[i] += dy[i] / b[i];
    if (db)
        TG_EACH(i, e->n) db[i] -= dy[i] * y[i] / b[i];
}

static const tg_case cases[] = {
    {"both signs", {{2, {2, 3}}, {2, {2, 3}}}, .range = {{-2, 2}, {-2, -0.5f}}},
    {0},
};

TG_KERNELS(div) = {forward, backward, NULL};
TG_OP(div) = {
    TG_OP_COMMON(div),
    .arity = 2,
    .infer = tg_infer_broadcast,
    .elementwise = true,
    .saves = TG_SAVES_ARG(1) | TG_SAVES_OUTPUT,
    .brief = "elementwise quotient of two tensors",
    .math = "a / b",
    .infix = "a / b",
    .derivative = {"1 / b", "-y / b"},
    .flops = 1,
    .shared_cases = tg_binary_cases,
    .cases = cases,
    .domain = {{0.5, 3}, {0.5, 3}},
};
TG_CALL_2(div)
