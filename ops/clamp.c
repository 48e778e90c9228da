/* clamp: y = min(max(x, min), max) */
#include "core/kernel.h"

#ifdef TG_PUBLIC
typedef struct tg_clamp_options {
    double min,
        max; /* taken as they stand: {.max = 6} clamps to 0..6; -INFINITY or INFINITY leaves a side open */
} tg_clamp_options;
/* Each element, moved into min..max; NaN stays NaN. The derivative is 1 from min to max, both included, and 0
   outside. Errors: NaN as a bound, min > max, both 0 (which is what forgotten options look like). */
tg_node *tg_clamp(tg_node *x, tg_clamp_options options);
#endif

static bool infer(tg_infer *in) {
    const tg_clamp_options *o = in->options;
    if (o->min == 0 && o->max == 0)
        return tg_infer_fail(
            in, "min and max are both 0; set one of them (-INFINITY and INFINITY leave a side open)");
    if (!(o->min <= o->max))
        return tg_infer_fail(
            in, "min is %g, max is %g; min <= max is needed (-INFINITY and INFINITY leave a side open)",
            o->min, o->max);
    return tg_infer_same(in);
}

static void forward(tg_eval *e) {
    const tg_clamp_options *o = e->options;
    const real *x = e->x[0], low = (real)o->min, high = (real)o->max;
    real *y = e->y;
    TG_EACH(i, e->n) y[i] = re(x[i]) < re(low) ? low : re(x[i]) > re(high) ? high : x[i];
}

static void backward(tg_eval *e) {
    const tg_clamp_options *o = e->options;
    const real *x = e->x[0], *dy = e->dy, low = (real)o->min, high = (real)o->max;
    real *dx = e->dx[0];
    TG_EACH(i, e->n) {
        const real g = dy[i]; /* see relu */
        dx[i] += re(x[i]) < re(low) || re(x[i]) > re(high) ? 0 : g;
    }
}

static void branch(tg_eval *e, int32_t *branch) {
    const tg_clamp_options *o = e->options;
    const real *x = e->x[0], low = (real)o->min, high = (real)o->max;
    for (int64_t i = 0; i < e->n; i++) branch[i] = (re(x[i]) > re(high)) - (re(x[i]) < re(low));
}

static const tg_clamp_options inner = {-1, 0.5}, above = {-0.25, INFINITY}, below = {-INFINITY, 0.25};
static const tg_case cases[] = {
    {"matrix", {{2, {3, 4}}}, .options = &inner},
    {"lower bound alone", {{2, {3, 4}}}, .options = &above},
    {"upper bound alone", {{2, {3, 4}}}, .options = &below},
    {"around a bound", {{1, {20}}}, .range = {{0.49999f, 0.50001f}}, .options = &inner},
    {"scalar", {{0}}, .options = &inner},
    {"size 1", {{2, {1, 1}}}, .options = &inner},
    {"empty", {{2, {0, 3}}}, .options = &inner},
    {0},
};

static const tg_attr attrs[] = {
    {"min", TG_ATTR_DOUBLE, offsetof(tg_clamp_options, min), 0, "the least value"},
    {"max", TG_ATTR_DOUBLE, offsetof(tg_clamp_options, max), 0, "the largest value"},
    {0},
};

TG_KERNELS(clamp) = {forward, backward, branch};
TG_OP(clamp) = {
    TG_OP_COMMON(clamp),
    .arity = 1,
    .infer = infer,
    .elementwise = true,
    .saves = TG_SAVES_ARG(0),
    .options_size = sizeof(tg_clamp_options),
    .attrs = attrs,
    .brief = "values moved into an interval",
    .math = "min(max(x, min), max)",
    .derivative = {"(min <= x <= max)"},
    .flops = 2,
    .cases = cases,
    .kinks = "x = min, x = max",
};
TG_CALL_1_OPTIONS(clamp)
