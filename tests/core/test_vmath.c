/* The mathematical functions of kernels: their error against a wider type, at every SIMD level. */
#include "support/test.h"

#include "core/cpu.h"
#include "core/float_math.h"
#include "core/vmath.h"

#include <math.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define N 8192 /* arguments at a time */

typedef struct reference {
    const char *name;
    double (*wide)(double);
    long double (*wider)(long double);
    double ulp, ulp_f32; /* the bounds that docs/vector-math.md states */
} reference;

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}
static long double sigmoidl(long double x) {
    return 1 / (1 + expl(-x));
}
static double power(double x) {
    return pow(x, (double)1.7f);
}
static long double powerl(long double x) {
    return powl(x, 1.7);
}

static const reference references[] = {
    {"exp", exp, expl, 4, 1.02},
    {"expm1", expm1, expm1l, 4, 1.56},
    {"log", log, logl, 4, 4},
    {"log1p", log1p, log1pl, 4, 4},
    {"sqrt", sqrt, sqrtl, 0.51, 0.51},
    {"sin", sin, sinl, 4, 4},
    {"cos", cos, cosl, 4, 4},
    {"tanh", tanh, tanhl, 4, 4},
    {"erf", erf, erfl, 4.1, 4.1},
    {"pow", power, powerl, 4, 4},
    {"sigmoid", sigmoid, sigmoidl, 5, 2.5},
    {"op_tanh", tanh, tanhl, 4, 2.11},
};

static const reference *reference_of(const char *name) {
    for (size_t i = 0; i < sizeof references / sizeof *references; i++)
        if (strcmp(references[i].name, name) == 0) return &references[i];
    fail_msg("no reference for %s", name);
    return NULL;
}

/* |y - exact| in units of the last place of exact in a type of `digits` bits whose least exponent is `least`.
 */
static double ulp_error(double y, long double exact, int digits, int least) {
    int exponent;
    frexpl(exact, &exponent);
    if (exponent < least) exponent = least;
    return (double)(fabsl(y - exact) / ldexpl(1, exponent - digits));
}

/* Both not a number, or the same infinity. */
static bool same_special(double y, double exact) {
    return isnan(exact) ? isnan(y) : isinf(exact) && y == exact;
}

/* SLEEF's log1p is documented up to 1e38 and 1e307. */
static bool beyond(const reference *r, double x, double limit) {
    return x > limit && !strcmp(r->name, "log1p") && !strcmp(tg_vmath_library(), "SLEEF");
}

/* Every step'th float there is. */
static void check_f32(const tg_vmath *f, const reference *r, int level, uint32_t step) {
    static _Alignas(64) float x[N], y[N];
    for (uint64_t bits = 0; bits <= UINT32_MAX;) {
        for (int i = 0; i < N; i++, bits += step) memcpy(&x[i], &(uint32_t){(uint32_t)bits}, 4);
        f->run(N, x, y);
        for (int i = 0; i < N; i++) {
            double exact = r->wide((double)x[i]);
            if (same_special((double)y[i], (double)(float)exact) || beyond(r, (double)x[i], 1e38)) continue;
            double error = ulp_error((double)y[i], exact, 24, -125);
            /* Where e^-x leaves the range, sigmoid is 0 rather than denormal. */
            if (!strcmp(r->name, "sigmoid") && exact < 0x1p-126 && y[i] == 0) continue;
            if (!(error <= r->ulp_f32))
                fail_msg("%s level %d: f(%.9g) = %.9g, exactly %.17g: %g ulp", r->name, level, (double)x[i],
                         (double)y[i], exact, error);
        }
    }
}

/* Doubles of random exponent: half of all over the range, half in the range where the functions bend. */
static void check_f64(const tg_vmath *f, const reference *r, int level, int rounds) {
    static _Alignas(64) double x[N], y[N];
    tg_rng rng = {.seed = 1};
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < N; i++) {
            double size = ldexp(1 + tg_rng_uniform(&rng),
                                (int)tg_rng_below(&rng, i % 2 ? 40 : 2000) - (i % 2 ? 30 : 1000));
            x[i] = i % 4 < 2 ? size : -size;
        }
        f->run(N, x, y);
        for (int i = 0; i < N; i++) {
            long double exact = r->wider(x[i]);
            if (same_special(y[i], (double)exact) || beyond(r, x[i], 1e307)) continue;
            double error = ulp_error(y[i], exact, 53, -1021);
            if (!strcmp(r->name, "sigmoid") && exact < 0x1p-1022 && y[i] == 0) continue;
            if (!(error <= r->ulp))
                fail_msg("%s level %d: f(%.17g) = %.17g, exactly %.20Lg: %g ulp", r->name, level, x[i], y[i],
                         exact, error);
        }
    }
}

static void errors_stay_within_the_stated_ulp(void **state) {
    (void)state;
    for (int level = 0; level < 8; level++) {
        const tg_vmath *f32 = tg_vmath_of(TG_F32, level), *f64 = tg_vmath_of(TG_F64, level);
        for (; f32 && f32->name; f32++) check_f32(f32, reference_of(f32->name), level, 10007);
        for (; f64 && f64->name; f64++) check_f64(f64, reference_of(f64->name), level, 8);
    }
}

/* Beyond 4, e^(-x^2/2) makes more of the rounding of x^2. */
static void the_normal_distribution_keeps_its_tail(void **state) {
    (void)state;
    for (float x = -4; x <= 4; x += 1e-4f) {
        float density, below = tg_float_normal(x, &density);
        const double wide = (double)x;
        const double exact = 0.5 * erfc(-wide * sqrt(0.5)),
                     slope = exp(-0.5 * wide * wide) / sqrt(2 * acos(-1));
        if (!(ulp_error((double)below, exact, 24, -125) <= 10))
            fail_msg("Phi(%g) = %.9g", wide, (double)below);
        if (!(ulp_error((double)density, slope, 24, -125) <= 6))
            fail_msg("phi(%g) = %.9g", wide, (double)density);
    }
    float density;
    assert_true(tg_float_normal(-40, &density) == 0 && density == 0);
    assert_true(tg_float_normal(40, &density) == 1 && density == 0);
    assert_true(isnan(tg_float_normal(NAN, &density)));
}

static void nan_infinity_and_zero_keep_their_meaning(void **state) {
    (void)state;
    for (int level = 0; level < 8; level++)
        for (const tg_vmath *f = tg_vmath_of(TG_F32, level); f && f->name; f++) {
            float x[16] = {NAN, INFINITY, -INFINITY, 0, -0.0f, 100, -100, 1e30f, -1e30f, 1}, y[16];
            const reference *r = reference_of(f->name);
            f->run(16, x, y);
            for (int i = 0; i < 16; i++) {
                float exact = (float)r->wide((double)x[i]);
                if (!same_special((double)y[i], (double)exact))
                    assert_true(fabsf(y[i] - exact) <= 1e-6f * fabsf(exact) + 1e-38f);
                if (exact == 0) assert_int_equal(signbit(exact), signbit(y[i]));
            }
        }
}

/* The executor hands over multiples of 16 elements: there the place of an element must not matter. */
static void results_do_not_depend_on_the_position(void **state) {
    (void)state;
    for (int level = 0; level < 8; level++)
        for (const tg_vmath *f = tg_vmath_of(TG_F32, level); f && f->name; f++)
            for (int n = 16; n <= 64; n += 16) {
                _Alignas(64) float x[64], y[64];
                for (int i = 0; i < n; i++) x[i] = 0.7f;
                f->run(n, x, y);
                for (int i = 1; i < n; i++) assert_memory_equal(&y[i], &y[0], sizeof *y);
            }
}

#if defined(__x86_64__)
/* The state components that are in use: bit 2 stands for the upper halves of ymm, bit 6 for those of zmm. */
static uint64_t upper_halves(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(1));
    return low & (1u << 2 | 1u << 6);
}

static bool can_tell(void) {
    uint32_t a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && c & 1u << 27 && __get_cpuid_count(0xd, 1, &a, &b, &c, &d) &&
           a & 4;
}

/* SSE instructions of the caller would wait for them, several times as long as they take otherwise. */
static void kernels_leave_nothing_in_the_upper_halves(void **state) {
    (void)state;
    if (!can_tell()) {
        print_message("skipped: this processor does not say which registers are in use\n");
        skip();
    }
    for (int level = 0; level < 8; level++)
        for (int type = 0; type < 2; type++)
            for (const tg_vmath *f = tg_vmath_of(type ? TG_F64 : TG_F32, level); f && f->name; f++) {
                _Alignas(64) double x[16] = {0.5}, y[16];
                f->run(16, x, y);
                if (upper_halves()) fail_msg("%s, level %d", f->name, level);
            }
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
#if defined(__x86_64__)
        cmocka_unit_test(kernels_leave_nothing_in_the_upper_halves),
#endif
        cmocka_unit_test(errors_stay_within_the_stated_ulp),
        cmocka_unit_test(the_normal_distribution_keeps_its_tail),
        cmocka_unit_test(nan_infinity_and_zero_keep_their_meaning),
        cmocka_unit_test(results_do_not_depend_on_the_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
