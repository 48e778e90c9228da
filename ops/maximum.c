/* maximum: y = max(a, b) */
#include "core/kernel.h"

#ifdef TG_PUBLIC
/* The larger of a and b, element by element, with NumPy broadcasting; NaN where either is. The gradient goes
   to the larger one, half to each where they are equal. */
tg_node *tg_maximum(tg_node *a, tg_node *b);
#endif

static void forward(tg_eval *e) {
    const real *a = e->x[0], *b = e->x[1];
    real *y = e->y;
    TG_EACH(i, e->n) y[i] = re(a[i]) == re(b[i]) ? r_tie(a[i], b[i]) : r_max(a[i], b[i]);
}

/* The share of the gradient that goes to a, beside b; a NaN is not hidden from either. */
static inline real share(real a, real b) {
    return re(a) < re(b) ? 0 : re(a) == re(b) ? 0.5f : 1;
}

static void backward(tg_eval *e) {
    const real *a = e->x[0], *b = e->x[1], *dy = e->dy;
    real *da = e->dx[0], *db = e->dx[1];
    if (da)
        TG_EACH(i, e->n) da[i] += dy[i] * share(a[i], b[i]);
    if (db)
        TG_EACH(i, e->n) db[i] += dy[i] * share(b[i], a[i]);
}

static void branch(tg_eval *e, int32_t *branch) {
    const real *a = e->x[0], *b = e->x[1];
    for (int64_t i = 0; i < e->n; i++) branch[i] = (re(a[i]) > re(b[i])) - (re(a[i]) < re(b[i]));
}

static const tg_case cases[] = {
    {"close to each other", {{1, {20}}, {1, {20}}}, .range = {{0.99999f, 1.00001f}, {0.99999f, 1.00001f}}},
    {0},
};

TG_KERNELS(maximum) = {forward, backward, branch};
TG_OP(maximum) = {
    TG_OP_COMMON(maximum),
    .arity = 2,
    .infer = tg_infer_broadcast,
    .elementwise = true,
    .saves = TG_SAVES_ARG(0) | TG_SAVES_ARG(1),
    .brief = "the larger of two tensors, element by element",
    .math = "max(a, b)",
    .derivative = {"(a > b) + (a == b) / 2", "(b > a) + (a == b) / 2"},
    .flops = 1,
    .shared_cases = tg_binary_cases,
    .cases = cases,
    .kinks = "a = b",
};
TG_CALL_2(maximum)
