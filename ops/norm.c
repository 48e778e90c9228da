/* norm: y = length of x over axes, in the 2-norm, 1-norm or maximum norm */
#include "ops/reduce.h"

#ifdef TG_PUBLIC
typedef struct tg_norm_options {
    tg_axes axes;  /* which to reduce; none given: all of them */
    bool keepdims; /* they stay in the shape, with size 1 */
    double p;      /* 2 (the default, and what 0 means): Euclidean; 1: sum of |x|; INFINITY: largest |x| */
} tg_norm_options;
/* The Euclidean norm of all elements, a scalar; with options, the p-norm over the given axes, as of vectors.
   The norm of no elements is 0. The gradient at the zero vector is 0; where several |x| are largest (p
   infinite), they share the gradient evenly. */
tg_node *tg_norm(tg_node *x);
tg_node *tg_norm_with(tg_node *x, tg_norm_options options);
#endif

static bool infer(tg_infer *in) {
    const tg_norm_options *o = in->options;
    if (!(o->p == 0 || o->p == 1 || o->p == 2 || o->p == INFINITY))
        return tg_infer_fail(in, "p is %g; 1, 2 (or 0, the default) and infinity are possible", o->p);
    return reduce_infer(in, &o->axes, o->keepdims, 1, 1);
}

static void term_square(int64_t n, const real *x, real *t) {
    TG_VECTORS for (int64_t i = 0; i < n; i++) t[i] = x[i] * x[i];
}

static void term_abs(int64_t n, const real *x, real *t) {
    TG_VECTORS for (int64_t i = 0; i < n; i++) t[i] = r_abs(x[i]);
}

static void forward(tg_eval *e) {
    const tg_norm_options *o = e->options;
    reduction r = tg_reduction_of(e->xshape[0], &o->axes);
    accum *total = e->scratch;
    real *y = e->y;
    if (o->p > 2) {
        reduce_max(&r, e->x[0], term_abs, y);
        for (int64_t j = 0; j < r.kept; j++) y[j] = r_max(y[j], 0);
        return;
    }
    reduce_sum(&r, e->x[0], NULL, o->p == 1 ? term_abs : term_square, NULL, total);
    for (int64_t j = 0; j < r.kept; j++) {
        real sum = (real)total[j];
        y[j] = o->p == 1 || re(sum) == 0 ? sum : r_sqrt(sum);
    }
}

static real sign(real x) {
    return (real)((re(x) > 0) - (re(x) < 0));
}

static void slope_square(int64_t n, const real *x, const real *a, const real *g, real *dx) {
    (void)a;
    TG_VECTORS for (int64_t i = 0; i < n; i++) dx[i] += g[i] * x[i];
}

static void slope_abs(int64_t n, const real *x, const real *a, const real *g, real *dx) {
    (void)a;
    TG_VECTORS for (int64_t i = 0; i < n; i++) dx[i] += g[i] * sign(x[i]);
}

static void slope_largest(int64_t n, const real *x, const real *a, const real *g, real *dx) {
    TG_VECTORS for (int64_t i = 0; i < n; i++) dx[i] += re(r_abs(x[i])) == re(a[i]) ? g[i] * sign(x[i]) : 0;
}

static void term_is_largest(int64_t n, const real *x, real *t) {
    TG_VECTORS for (int64_t i = 0; i < n; i++) t[i] = re(r_abs(x[i])) == re(t[i]);
}

/* p = 1: sign(x) dy; p = 2: x dy/y; p infinite: sign(x) dy shared by the largest. */
static void backward(tg_eval *e) {
    const tg_norm_options *o = e->options;
    reduction r = tg_reduction_of(e->xshape[0], &o->axes);
    const real *dy = e->dy, *y = e->y;
    accum *ties = e->scratch;
    real *g = (real *)(ties + r.kept);
    if (!e->dx[0]) return;
    if (o->p == 1) {
        reduce_backward(e, &r, e->x[0], NULL, dy, slope_abs);
    } else if (o->p > 2) {
        reduce_sum(&r, e->x[0], y, term_is_largest, NULL, ties);
        for (int64_t j = 0; j < r.kept; j++) g[j] = dy[j] / (real)ties[j];
        reduce_backward(e, &r, e->x[0], y, g, slope_largest);
    } else {
        for (int64_t j = 0; j < r.kept; j++) g[j] = re(y[j]) == 0 ? 0 : dy[j] / y[j];
        reduce_backward(e, &r, e->x[0], NULL, g, slope_square);
    }
}

static int32_t any_nonzero(const real *x, int64_t i, int32_t state) {
    return state | (re(x[i]) != 0);
}

static int32_t signs(const real *x, int64_t i, int32_t state) {
    return (int32_t)((uint32_t)state * 31u + (uint32_t)((int)re(sign(x[i])) + 1));
}

/* The first largest |x|, as 2i or, where x is negative, 2i+1. */
static int32_t first_largest(const real *x, int64_t i, int32_t state) {
    if (state >= 0 && !(fabs((double)re(x[i])) > fabs((double)re(x[state / 2])))) return state;
    return i <= INT32_MAX / 2 ? (int32_t)(2 * i + (re(x[i]) < 0)) : state;
}

static void branch(tg_eval *e, int32_t *branch) {
    const tg_norm_options *o = e->options;
    reduction r = tg_reduction_of(e->xshape[0], &o->axes);
    if (o->p == 1)
        reduce_states(&r, e->x[0], signs, 0, branch);
    else if (o->p > 2)
        reduce_states(&r, e->x[0], first_largest, -1, branch);
    else
        reduce_states(&r, e->x[0], any_nonzero, 0, branch);
}

static tg_cost cost(const tg_infer *in) {
    return cost_per_element(in, 2, 2);
}

typedef tg_norm_options case_options;
#include "ops/reduce_descriptor.h"
static const tg_norm_options p1 = {.p = 1}, p1_rows = {.axes = {1, {-1}}, .p = 1};
static const tg_norm_options p2_columns = {.axes = {1, {0}}, .p = 2};
static const tg_norm_options pinf = {.p = INFINITY}, pinf_rows = {.axes = {1, {-1}}, .p = INFINITY};
static const tg_norm_options pinf_outer = {.axes = {2, {0, 2}}, .keepdims = true, .p = INFINITY};
static const tg_attr attrs[] = {
    REDUCE_ATTRS,
    {"p", TG_ATTR_DOUBLE, offsetof(tg_norm_options, p), 2, "1, 2 or infinity"},
    {0},
};
static const tg_case cases[] = {
    REDUCE_CASES,
    REDUCE_EMPTY_CASES,
    {"p = 1", {{2, {3, 4}}}, .options = &p1},
    {"p = 1, last axis", {{2, {3, 4}}}, .options = &p1_rows},
    {"p = 2, first axis", {{2, {3, 4}}}, .options = &p2_columns},
    {"p infinite", {{2, {3, 4}}}, .options = &pinf},
    {"p infinite, last axis", {{2, {3, 4}}}, .options = &pinf_rows},
    {"p infinite, outer axes, kept", {{3, {2, 3, 4}}}, .options = &pinf_outer},
    {"p infinite, over nothing", {{2, {2, 0}}}, .options = &pinf_rows},
    {0},
};

static const char *derivative_with(const void *options, int k) {
    double p = ((const tg_norm_options *)options)->p;
    (void)k;
    if (p == 1) return "sign(x)";
    return isinf(p) ? "sign(x) * (|x| == y) / count(|x| == y)" : "x / y";
}

TG_KERNELS(norm) = {forward, backward, branch};
TG_OP(norm) = {
    TG_OP_COMMON(norm),
    .arity = 1,
    .infer = infer,
    .saves = TG_SAVES_ARG(0) | TG_SAVES_OUTPUT,
    .assigns = true,
    .options_size = sizeof(tg_norm_options),
    .attrs = attrs,
    .brief = "norm over axes",
    .math = "sum(|x|^p)^(1/p)",
    .derivative = {"x / y"},
    .derivative_with = derivative_with,
    .cost = cost,
    .cases = cases,
    .kinks = "the zero vector; p = 1: any x = 0; p infinite: several largest |x|",
};
TG_CALL_1(norm)
TG_CALL_1_WITH(norm, tg_norm_options)
