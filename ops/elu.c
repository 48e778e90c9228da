/* elu: y = x for x > 0, alpha (e^x - 1) otherwise */
#include "core/kernel.h"

#ifdef TG_PUBLIC
typedef struct tg_elu_options {
    double alpha; /* minus the limit at -infinity: positive and finite; 0 means 1 */
} tg_elu_options;
/* The exponential linear unit of each element; its derivative at 0 is alpha. Shape of x. */
tg_node *tg_elu(tg_node *x);
tg_node *tg_elu_with(tg_node *x, tg_elu_options options);
#endif

static double alpha_of(const void *options) {
    const tg_elu_options *o = options;
    return tg_default(o->alpha, 1);
}

static bool infer(tg_infer *in) {
    return tg_infer_same(in) && tg_infer_range(in, "alpha", alpha_of(in->options), 0, INFINITY);
}

static void forward(tg_eval *e) {
    const real *x = e->x[0], alpha = (real)alpha_of(e->options);
    real *y = e->y;
    TG_EACH(i, e->n) {
        real below = alpha * r_expm1(x[i]);
        y[i] = re(x[i]) > 0 ? x[i] : below;
    }
}

/* alpha e^x = y + alpha */
static void backward(tg_eval *e) {
    const real *y = e->y, *dy = e->dy, alpha = (real)alpha_of(e->options);
    TG_GRADIENT(e, i, dy[i] * (re(y[i]) > 0 ? 1 : y[i] + alpha));
}

static void branch(tg_eval *e, int32_t *branch) {
    const real *x = e->x[0];
    for (int64_t i = 0; i < e->n; i++) branch[i] = re(x[i]) > 0;
}

static const tg_elu_options half = {.alpha = 0.5};
static const tg_case cases[] = {
    {"around the kink", {{1, {20}}}, .range = {{-1e-5f, 1e-5f}}},
    {"alpha 0.5", {{2, {3, 4}}}, .options = &half},
    {"far from zero", {{1, {5}}}, .range = {{-6, 20}}},
    {0},
};

static const tg_attr attrs[] = {
    {"alpha", TG_ATTR_DOUBLE, offsetof(tg_elu_options, alpha), 1, "minus the limit at -infinity"},
    {0},
};

TG_KERNELS(elu) = {forward, backward, branch};
TG_OP(elu) = {
    TG_OP_COMMON(elu),
    .arity = 1,
    .infer = infer,
    .elementwise = true,
    .assigns = true,
    .saves = TG_SAVES_OUTPUT,
    .options_size = sizeof(tg_elu_options),
    .attrs = attrs,
    .brief = "exponential linear unit",
    .math = "where(x > 0, x, alpha * (exp(x) - 1))",
    .derivative = {"where(x > 0, 1, y + alpha)"},
    .source = "Clevert, Unterthiner, Hochreiter, ICLR 2016",
    .flops = 5,
    .shared_cases = tg_unary_cases,
    .cases = cases,
    .kinks = "x = 0",
};
TG_CALL_1(elu)
TG_CALL_1_WITH(elu, tg_elu_options)
