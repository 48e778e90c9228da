/* scale: y = factor x */
#include "core/kernel.h"

#ifdef TG_PUBLIC
typedef struct tg_scale_options {
    double factor; /* finite; 0 is 0 */
} tg_scale_options;
/* x times a constant number. Shape of x. */
tg_node *tg_scale(tg_node *x, double factor);
#endif

static bool infer(tg_infer *in) {
    const tg_scale_options *o = in->options;
    return tg_infer_same(in) && tg_infer_range(in, "factor", o->factor, -INFINITY, INFINITY);
}

static void forward(tg_eval *e) {
    const tg_scale_options *o = e->options;
    const real *x = e->x[0], factor = (real)o->factor;
    real *y = e->y;
    TG_EACH(i, e->n) y[i] = factor * x[i];
}

static void backward(tg_eval *e) {
    const tg_scale_options *o = e->options;
    const real *dy = e->dy, factor = (real)o->factor;
    real *dx = e->dx[0];
    TG_EACH(i, e->n) dx[i] += factor * dy[i];
}

static const tg_scale_options triple = {.factor = 3}, back = {.factor = -0.5};
static const tg_case cases[] = {
    {"matrix", {{2, {3, 4}}}, .options = &triple},
    {"negative factor", {{2, {3, 4}}}, .options = &back},
    {"factor 0", {{2, {3, 4}}}},
    {"scalar", {{0}}, .options = &triple},
    {"size 1", {{2, {1, 1}}}, .options = &triple},
    {"empty", {{2, {0, 3}}}, .options = &triple},
    {0},
};

static const tg_attr attrs[] = {
    {"factor", TG_ATTR_DOUBLE, offsetof(tg_scale_options, factor), 0, "the constant"},
    {0},
};

TG_KERNELS(scale) = {forward, backward, NULL};
TG_OP(scale) = {
    TG_OP_COMMON(scale),
    .arity = 1,
    .infer = infer,
    .elementwise = true,
    .options_size = sizeof(tg_scale_options),
    .attrs = attrs,
    .brief = "product with a constant number",
    .math = "factor * x",
    .infix = "factor * x",
    .derivative = {"factor"},
    .flops = 1,
    .cases = cases,
};

#ifdef TG_PRIMARY
tg_node *tg_scale_at(tg_where where, tg_node *x, double factor) {
    return tg_apply_at(where, &tg_op_scale, &(tg_scale_options){factor}, 1, &x);
}
#endif
