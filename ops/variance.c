/* variance: y = mean squared distance of x from its mean, over axes */
#include "ops/reduce.h"

#ifdef TG_PUBLIC
typedef struct tg_variance_options {
    tg_axes axes;    /* which to reduce; none given: all of them */
    bool keepdims;   /* they stay in the shape, with size 1 */
    bool population; /* divide by n (NumPy's default), not by n-1 (PyTorch's, and the default here) */
} tg_variance_options;
/* The variance of all elements, a scalar; with options, over the given axes. Computed in two passes, so that
   a large mean costs no digits. It divides by n-1, an estimate from a sample, unless options.population asks
   for n. NaN where that is not positive. */
tg_node *tg_variance(tg_node *x);
tg_node *tg_variance_with(tg_node *x, tg_variance_options options);
#endif

static bool infer(tg_infer *in) {
    const tg_variance_options *o = in->options;
    if (!reduce_infer(in, &o->axes, o->keepdims, 1, 1)) return false;
    in->saved = bytes_for(in, tg_shape_count(&in->y, 1), 1, 0);
    return true;
}

static double divisor(const reduction *r, const tg_variance_options *o) {
    double n = (double)r->each - (o->population ? 0 : 1);
    return n > 0 ? n : NAN;
}

static void term_square(int64_t n, const real *x, real *t) {
    TG_VECTORS for (int64_t i = 0; i < n; i++) t[i] = (x[i] - t[i]) * (x[i] - t[i]);
}

/* The means are saved for backward. */
static void forward(tg_eval *e) {
    const tg_variance_options *o = e->options;
    reduction r = tg_reduction_of(e->xshape[0], &o->axes);
    accum *total = e->scratch;
    real *mean = e->saved, *y = e->y;
    const double n = divisor(&r, o);
    reduce_total(&r, e->x[0], total);
    for (int64_t j = 0; j < r.kept; j++) mean[j] = (real)(total[j] / (double)r.each);
    reduce_sum(&r, e->x[0], mean, term_square, NULL, total);
    for (int64_t j = 0; j < r.kept; j++) y[j] = (real)(total[j] / n);
}

static void slope_distance(int64_t n, const real *x, const real *a, const real *g, real *dx) {
    TG_VECTORS for (int64_t i = 0; i < n; i++) dx[i] += g[i] * (x[i] - a[i]);
}

static void backward(tg_eval *e) {
    const tg_variance_options *o = e->options;
    reduction r = tg_reduction_of(e->xshape[0], &o->axes);
    const real *dy = e->dy;
    real *g = e->scratch;
    const real factor = (real)(2 / divisor(&r, o));
    if (!e->dx[0]) return;
    for (int64_t j = 0; j < r.kept; j++) g[j] = dy[j] * factor;
    reduce_backward(e, &r, e->x[0], e->saved, g, slope_distance);
}

static tg_cost cost(const tg_infer *in) {
    return cost_per_element(in, 4, 3);
}

typedef tg_variance_options case_options;
#include "ops/reduce_descriptor.h"
static const tg_variance_options population = {.population = true};
static const tg_variance_options population_rows = {.axes = {1, {-1}}, .population = true};
static const tg_variance_options population_middle = {.axes = {1, {1}}, .keepdims = true, .population = true};
static const tg_attr attrs[] = {
    REDUCE_ATTRS,
    {"population", TG_ATTR_BOOL, offsetof(tg_variance_options, population), 0, "divide by n instead of n-1"},
    {0},
};
static const tg_case cases[] = {
    {"all of a matrix", {{2, {3, 4}}}},
    {"first axis", {{2, {3, 4}}}, .options = &over_first},
    {"last axis", {{2, {3, 4}}}, .options = &over_last},
    {"middle axis", {{3, {2, 3, 4}}}, .options = &over_middle},
    {"middle axis, kept", {{3, {2, 3, 4}}}, .options = &over_middle_kept},
    {"outer axes", {{3, {2, 3, 4}}}, .options = &over_outer},
    {"outer axes, kept", {{3, {2, 3, 4}}}, .options = &over_outer_kept},
    {"every other axis", {{4, {2, 3, 2, 3}}}, .options = &over_two},
    {"all, kept", {{3, {2, 1, 3}}}, .options = &over_all_kept},
    {"more than a block", {{2, {70, 30}}}, .options = &over_first},
    {"far from zero", {{2, {3, 4}}}, .range = {{99, 101}}},
    {"population", {{2, {3, 4}}}, .options = &population},
    {"population, last axis", {{2, {3, 4}}}, .options = &population_rows},
    {"population, axis of size 1", {{3, {2, 1, 3}}}, .options = &population_middle},
    {"population, scalar", {{0}}, .options = &population},
    {"no results", {{2, {3, 0}}}, .options = &over_first},
    {0},
};

static const char *derivative_with(const void *options, int k) {
    (void)k;
    return ((const tg_variance_options *)options)->population ? "2 * (x - mean(x)) / n"
                                                              : "2 * (x - mean(x)) / (n - 1)";
}

TG_KERNELS(variance) = {forward, backward, NULL};
TG_OP(variance) = {
    TG_OP_COMMON(variance),
    .arity = 1,
    .infer = infer,
    .saves = TG_SAVES_ARG(0),
    .assigns = true,
    .options_size = sizeof(tg_variance_options),
    .attrs = attrs,
    .brief = "variance over axes",
    .math = "sum((x - mean(x))^2) / (n - 1)",
    .derivative = {"2 * (x - mean(x)) / (n - 1)"},
    .derivative_with = derivative_with,
    .cost = cost,
    .cases = cases,
};
TG_CALL_1(variance)
TG_CALL_1_WITH(variance, tg_variance_options)
