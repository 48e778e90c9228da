/* gelu: y = x Phi(x), Phi being the distribution function of the standard normal */
#include "core/kernel.h"

#ifdef TG_PUBLIC
typedef struct tg_gelu_options {
    bool approximate; /* x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) instead of x/2 (1 + erf(x/sqrt(2))) */
} tg_gelu_options;
/* The Gaussian error linear unit of each element, finite for every finite x. Shape of x. */
tg_node *tg_gelu(tg_node *x);
tg_node *tg_gelu_with(tg_node *x, tg_gelu_options options);
#endif

#define SQRT_2_BY_PI ((real)0.79788456080286535588)
#define CUBE         ((real)0.044715)

/* Beyond +-30 the tangent is 1 to the last bit; what stands inside it must not overflow. */
static inline real bounded(real x) {
    return r_min(r_max(x, -30), 30);
}

static bool infer(tg_infer *in) {
    in->saved = ((size_t)tg_shape_count(in->x[0], in->real_size) + 16) * in->real_size;
    return tg_infer_same(in);
}

/* The slope is Phi(x) + x phi(x). */
static void forward_exact(int64_t n, const real *x, real *y, real *slope) {
    TG_EACH(i, n) {
        real density, below = r_normal(x[i], &density);
        y[i] = x[i] * below;
        slope[i] = below + x[i] * density;
    }
}

/* With t = tanh(u(x)) the slope is (1 + t)/2 + x/2 (1 - t^2) u'(x). */
static void forward_tanh(int64_t n, const real *x, real *y, real *slope) {
    TG_EACH(i, n) {
        real b = bounded(x[i]);
        real t = r_tanh(SQRT_2_BY_PI * (b + CUBE * b * b * b));
        real steepness = SQRT_2_BY_PI * (1 + 3 * CUBE * b * b);
        y[i] = (real)0.5 * x[i] * (1 + t);
        slope[i] = (real)0.5 * (1 + t) * (1 + b * (1 - t) * steepness);
    }
}

/* The slope costs little while the value is computed, and much in backward: it is kept, in place of x. */
static void forward(tg_eval *e) {
    const tg_gelu_options *o = e->options;
    (o->approximate ? forward_tanh : forward_exact)(e->n, e->x[0], e->y, (real *)e->saved + e->offset);
}

static void backward(tg_eval *e) {
    const real *slope = (const real *)e->saved + e->offset, *dy = e->dy;
    TG_GRADIENT(e, i, dy[i] * slope[i]);
}

static const tg_gelu_options approximate = {.approximate = true};
static const tg_case cases[] = {
    {"far from zero", {{1, {5}}}, .range = {{-3, 20}}},
    {"many elements", {{2, {30, 50}}}},
    {"tanh form", {{2, {3, 4}}}, .options = &approximate},
    {"tanh form, far from zero", {{1, {5}}}, .range = {{-3, 20}}, .options = &approximate},
    {0},
};

static const tg_attr attrs[] = {
    {"approximate", TG_ATTR_BOOL, offsetof(tg_gelu_options, approximate), 0, "use the form with tanh"},
    {0},
};

static const char *derivative_with(const void *options, int k) {
    (void)k;
    return ((const tg_gelu_options *)options)->approximate
               ? "(1 + t + x * (1 - t^2) * (c + 3 * c * 0.044715 * x^2)) / 2, c = sqrt(2 / pi), "
                 "t = tanh(c * (x + 0.044715 * x^3))"
               : "Phi(x) + x * phi(x)";
}

TG_KERNELS(gelu) = {forward, backward, NULL};
TG_OP(gelu) = {
    TG_OP_COMMON(gelu),
    .arity = 1,
    .infer = infer,
    .elementwise = true,
    .assigns = true,
    .options_size = sizeof(tg_gelu_options),
    .attrs = attrs,
    .brief = "Gaussian error linear unit",
    .math = "x * Phi(x), Phi(x) = (1 + erf(x / sqrt(2))) / 2",
    .derivative = {"Phi(x) + x * phi(x)"},
    .derivative_with = derivative_with,
    .source = "Hendrycks, Gimpel, arXiv 1606.08415, 2016",
    .flops = 10,
    .shared_cases = tg_unary_cases,
    .cases = cases,
};
TG_CALL_1(gelu)
TG_CALL_1_WITH(gelu, tg_gelu_options)
