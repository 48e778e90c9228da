/* leaky_relu: y = x for x > 0, slope x otherwise */
#include "core/kernel.h"

#ifdef TG_PUBLIC
typedef struct tg_leaky_relu_options {
    double slope; /* of the negative side: positive and finite; 0 means 0.01 */
} tg_leaky_relu_options;
/* The leaky rectifier of each element; its derivative at 0 is slope. Shape of x. */
tg_node *tg_leaky_relu(tg_node *x);
tg_node *tg_leaky_relu_with(tg_node *x, tg_leaky_relu_options options);
#endif

static double slope_of(const void *options) {
    const tg_leaky_relu_options *o = options;
    return tg_default(o->slope, 0.01);
}

static bool infer(tg_infer *in) {
    return tg_infer_same(in) && tg_infer_range(in, "slope", slope_of(in->options), 0, INFINITY);
}

static void forward(tg_eval *e) {
    const real *x = e->x[0], slope = (real)slope_of(e->options);
    real *y = e->y;
    TG_EACH(i, e->n) y[i] = x[i] * (re(x[i]) <= 0 ? slope : 1);
}

/* The sign of x is that of y, the slope being positive. */
static void backward(tg_eval *e) {
    const real *y = e->y, *dy = e->dy, slope = (real)slope_of(e->options);
    TG_GRADIENT(e, i, dy[i] * (re(y[i]) <= 0 ? slope : 1));
}

static void branch(tg_eval *e, int32_t *branch) {
    const real *x = e->x[0];
    for (int64_t i = 0; i < e->n; i++) branch[i] = re(x[i]) > 0;
}

static const tg_leaky_relu_options steep = {.slope = 0.5};
static const tg_case cases[] = {
    {"around the kink", {{1, {20}}}, .range = {{-1e-5f, 1e-5f}}},
    {"slope 0.5", {{2, {3, 4}}}, .options = &steep},
    {0},
};

static const tg_attr attrs[] = {
    {"slope", TG_ATTR_DOUBLE, offsetof(tg_leaky_relu_options, slope), 0.01, "slope of the negative side"},
    {0},
};

TG_KERNELS(leaky_relu) = {forward, backward, branch};
TG_OP(leaky_relu) = {
    TG_OP_COMMON(leaky_relu),
    .arity = 1,
    .infer = infer,
    .elementwise = true,
    .assigns = true,
    .saves = TG_SAVES_OUTPUT,
    .options_size = sizeof(tg_leaky_relu_options),
    .attrs = attrs,
    .brief = "leaky rectified linear unit",
    .math = "where(x > 0, x, slope * x)",
    .derivative = {"where(x > 0, 1, slope)"},
    .source = "Maas, Hannun, Ng, ICML 2013",
    .flops = 1,
    .shared_cases = tg_unary_cases,
    .cases = cases,
    .kinks = "x = 0",
};
TG_CALL_1(leaky_relu)
TG_CALL_1_WITH(leaky_relu, tg_leaky_relu_options)
