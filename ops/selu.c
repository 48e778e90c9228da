/* selu: y = scale x for x > 0, scale alpha (e^x - 1) otherwise */
#include "core/kernel.h"

#ifdef TG_PUBLIC
/* With the defaults, layers of standardised inputs and LeCun-normal weights keep mean 0 and variance 1. */
typedef struct tg_selu_options {
    double alpha; /* positive and finite; 0 means 1.6732632423543772848170429916717 */
    double scale; /* positive and finite; 0 means 1.0507009873554804934193349852946 */
} tg_selu_options;
/* The scaled exponential linear unit of each element; its derivative at 0 is scale alpha. Shape of x. */
tg_node *tg_selu(tg_node *x);
tg_node *tg_selu_with(tg_node *x, tg_selu_options options);
#endif

#define ALPHA 1.6732632423543772848170429916717
#define SCALE 1.0507009873554804934193349852946

static tg_selu_options numbers(const void *options) {
    const tg_selu_options *o = options;
    return (tg_selu_options){tg_default(o->alpha, ALPHA), tg_default(o->scale, SCALE)};
}

static bool infer(tg_infer *in) {
    tg_selu_options o = numbers(in->options);
    return tg_infer_same(in) && tg_infer_range(in, "alpha", o.alpha, 0, INFINITY) &&
           tg_infer_range(in, "scale", o.scale, 0, INFINITY);
}

static void forward(tg_eval *e) {
    const tg_selu_options o = numbers(e->options);
    const real *x = e->x[0], scale = (real)o.scale, limit = (real)(o.scale * o.alpha);
    real *y = e->y;
    TG_EACH(i, e->n) {
        real below = limit * r_expm1(x[i]);
        y[i] = re(x[i]) > 0 ? scale * x[i] : below;
    }
}

/* scale alpha e^x = y + scale alpha */
static void backward(tg_eval *e) {
    const tg_selu_options o = numbers(e->options);
    const real *y = e->y, *dy = e->dy, scale = (real)o.scale, limit = (real)(o.scale * o.alpha);
    TG_GRADIENT(e, i, dy[i] * (re(y[i]) > 0 ? scale : y[i] + limit));
}

static void branch(tg_eval *e, int32_t *branch) {
    const real *x = e->x[0];
    for (int64_t i = 0; i < e->n; i++) branch[i] = re(x[i]) > 0;
}

static const tg_selu_options other = {.alpha = 0.5, .scale = 2};
static const tg_case cases[] = {
    {"around the kink", {{1, {20}}}, .range = {{-1e-5f, 1e-5f}}},
    {"alpha 0.5, scale 2", {{2, {3, 4}}}, .options = &other},
    {"far from zero", {{1, {5}}}, .range = {{-6, 20}}},
    {0},
};

static const tg_attr attrs[] = {
    {"alpha", TG_ATTR_DOUBLE, offsetof(tg_selu_options, alpha), ALPHA,
     "minus the limit at -infinity, unscaled"},
    {"scale", TG_ATTR_DOUBLE, offsetof(tg_selu_options, scale), SCALE, "slope of the positive side"},
    {0},
};

TG_KERNELS(selu) = {forward, backward, branch};
TG_OP(selu) = {
    TG_OP_COMMON(selu),
    .arity = 1,
    .infer = infer,
    .elementwise = true,
    .assigns = true,
    .saves = TG_SAVES_OUTPUT,
    .options_size = sizeof(tg_selu_options),
    .attrs = attrs,
    .brief = "scaled exponential linear unit",
    .math = "scale * where(x > 0, x, alpha * (exp(x) - 1))",
    .derivative = {"where(x > 0, scale, y + scale * alpha)"},
    .source = "Klambauer, Unterthiner, Mayr, Hochreiter, NIPS 2017",
    .flops = 6,
    .shared_cases = tg_unary_cases,
    .cases = cases,
    .kinks = "x = 0",
};
TG_CALL_1(selu)
TG_CALL_1_WITH(selu, tg_selu_options)
