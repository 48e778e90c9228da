/* pow: y = a^b */
#include "core/kernel.h"

#ifdef TG_PUBLIC
/* a^b, element by element, with NumPy broadcasting; as C's pow: a^0 is 1 for every a, a negative base takes
   whole exponents only (NaN otherwise).
   By the base: b a^(b-1), and 0 where a and b are 0. By the exponent: y ln a, and 0 where a is 0 and b is not
   negative; NaN for a negative base, of which the neighbouring powers are not real: use a constant exponent
   there. */
tg_node *tg_pow(tg_node *a, tg_node *b);
#endif

static void forward(tg_eval *e) {
    const real *a = e->x[0], *b = e->x[1];
    real *y = e->y;
    TG_EACH(i, e->n) y[i] = r_pow(a[i], b[i]);
}

static void backward(tg_eval *e) {
    const real *a = e->x[0], *b = e->x[1], *y = e->y, *dy = e->dy;
    real *da = e->dx[0], *db = e->dx[1];
    if (da)
        TG_EACH(i, e->n) {
            real slope = b[i] * r_pow(a[i], b[i] - 1);
            da[i] += re(a[i]) == 0 && re(b[i]) == 0 ? 0 : dy[i] * slope;
        }
    if (db)
        TG_EACH(i, e->n) {
            real slope = y[i] * r_log(a[i]);
            db[i] += re(a[i]) == 0 && re(b[i]) >= 0 ? 0 : dy[i] * slope;
        }
}

static const tg_case cases[] = {
    {"square", {{2, {2, 3}}, {0}}, .range = {{0.1f, 3}, {2, 2}}},
    {"inverse", {{1, {4}}, {1, {4}}}, .range = {{0.5f, 3}, {-1, -1}}},
    {0},
};

TG_KERNELS(pow) = {forward, backward, NULL};
TG_OP(pow) = {
    TG_OP_COMMON(pow),
    .arity = 2,
    .infer = tg_infer_broadcast,
    .elementwise = true,
    .saves = TG_SAVES_ARG(0) | TG_SAVES_ARG(1) | TG_SAVES_OUTPUT,
    .brief = "elementwise power",
    .math = "a^b",
    .infix = "a^b",
    .derivative = {"b * a^(b - 1)", "y * log(a)"},
    .flops = 12,
    .shared_cases = tg_binary_cases,
    .cases = cases,
    .domain = {{0.3, 2}, {-2, 2}},
};
TG_CALL_2(pow)
