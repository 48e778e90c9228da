/* NaN, infinities, signed zeros, denormals, and arguments far outside the usual, through every elementwise
 * op. */
#include "support/elementwise.h"
#include "support/test.h"

#include <float.h>
#include <math.h>

static const tg_clamp_options unit = {-1, 1};
static const tg_gelu_options approximate = {.approximate = true};
static const tg_dropout_options half = {.keep = 0.5};
static const tg_scale_options twice = {.factor = 2};

static const struct {
    const char *op;
    const void *options;
    bool entire; /* finite, with a finite derivative, for every finite argument */
} unary[] = {
    {"neg", NULL, true},
    {"scale", &twice},
    {"square"},
    {"sqrt"},
    {"exp"},
    {"log"},
    {"sin", NULL, true},
    {"cos", NULL, true},
    {"tanh", NULL, true},
    {"abs", NULL, true},
    {"clamp", &unit, true},
    {"sigmoid", NULL, true},
    {"relu", NULL, true},
    {"leaky_relu", NULL, true},
    {"elu", NULL, true},
    {"selu", NULL, false},
    {"softplus", NULL, true},
    {"gelu", NULL, true},
    {"gelu", &approximate, true},
    {"dropout", &half},
};
#define UNARY (sizeof unary / sizeof *unary)

static void nan_comes_through_unary_ops(void **state) {
    (void)state;
    /* 16 places: vector versions have no way around a NaN either. */
    double x[16], y[16], dx[16];
    for (int i = 0; i < 16; i++) x[i] = NAN;
    for (size_t u = 0; u < UNARY; u++)
        for (tg_dtype dtype = TG_F32; dtype <= TG_F64; dtype++) {
            apply_unary(unary[u].op, unary[u].options, dtype, 16, x, y, dx);
            for (int i = 0; i < 16; i++)
                if (!isnan(y[i])) fail_msg("%s(NaN) is %g in %s", unary[u].op, y[i], tg_dtype_name(dtype));
        }
}

static void nan_comes_through_binary_ops(void **state) {
    (void)state;
    const char *const ops[] = {"add", "sub", "mul", "div", "pow", "maximum", "minimum"};
    for (size_t k = 0; k < sizeof ops / sizeof *ops; k++) {
        assert_true(isnan(value_of_two(ops[k], NAN, 2)));
        assert_true(isnan(value_of_two(ops[k], 2, NAN)));
        assert_true(isnan(value_of_two(ops[k], NAN, NAN)));
    }
}

/* The dtype's largest and smallest numbers and some on the way, of both signs. */
static int extremes(tg_dtype dtype, double *x) {
    const double largest = dtype == TG_F32 ? (double)FLT_MAX : DBL_MAX;
    const double sizes[] = {0,
                            largest,
                            largest / 4,
                            sqrt(largest) * 2,
                            1e10,
                            1000,
                            745,
                            104,
                            89,
                            40,
                            17,
                            1e-3,
                            dtype == TG_F32 ? (double)FLT_MIN : DBL_MIN,
                            dtype == TG_F32 ? 0x1p-149 : 0x1p-1074};
    int n = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        x[n++] = sizes[i];
        x[n++] = -sizes[i];
    }
    return n;
}

static void entire_ops_stay_finite(void **state) {
    (void)state;
    double x[32], y[32], dx[32];
    for (size_t u = 0; u < UNARY; u++)
        for (tg_dtype dtype = TG_F32; unary[u].entire && dtype <= TG_DUAL; dtype++) {
            int n = extremes(dtype, x);
            apply_unary(unary[u].op, unary[u].options, dtype, n, x, y, dx);
            for (int i = 0; i < n; i++)
                if (!isfinite(y[i]) || !isfinite(dx[i]))
                    fail_msg("%s(%g) is %g, its derivative %g, in %s", unary[u].op, x[i], y[i], dx[i],
                             tg_dtype_name(dtype));
        }
}

static void infinities_have_their_limits(void **state) {
    (void)state;
    const struct {
        const char *op;
        double below, above; /* at -infinity and infinity */
    } limits[] = {{"neg", INFINITY, -INFINITY}, {"square", INFINITY, INFINITY},
                  {"exp", 0, INFINITY},         {"sqrt", NAN, INFINITY},
                  {"log", NAN, INFINITY},       {"tanh", -1, 1},
                  {"abs", INFINITY, INFINITY},  {"sigmoid", 0, 1},
                  {"relu", 0, INFINITY},        {"elu", -1, INFINITY},
                  {"softplus", 0, INFINITY},    {"leaky_relu", -INFINITY, INFINITY}};
    for (size_t k = 0; k < sizeof limits / sizeof *limits; k++) {
        double below = value_of(limits[k].op, -INFINITY), above = value_of(limits[k].op, INFINITY);
        if (!is_near(below, limits[k].below, 0) || !is_near(above, limits[k].above, 0))
            fail_msg("%s(-inf) is %g, %s(inf) is %g", limits[k].op, below, limits[k].op, above);
    }
    assert_true(value_of_two("maximum", -INFINITY, 3) == 3 &&
                value_of_two("minimum", -INFINITY, 3) == -INFINITY);
}

static void small_numbers_are_kept(void **state) {
    (void)state;
    const char *const same[] = {"sin", "tanh", "relu", "elu", "abs"};
    for (size_t k = 0; k < sizeof same / sizeof *same; k++)
        for (double x = 1e-9; x > 0; x *= 0x1p-60)
            if (!is_near(value_of(same[k], x), x, 1e-9))
                fail_msg("%s(%g) is %g", same[k], x, value_of(same[k], x));
    assert_true(is_near(value_of("elu", -1e-20), -1e-20, 1e-12));
    assert_true(is_near(value_of("softplus", -100), exp(-100), 1e-12));
    assert_true(is_near(slope_of("softplus", -100), exp(-100), 1e-12));
    assert_true(is_near(value_of("sigmoid", -100), exp(-100), 1e-12));
    assert_true(signbit(value_of("neg", 0)) && !signbit(value_of("abs", -0.0)) &&
                !signbit(value_of("relu", -0.0)));
}

static void pow_at_its_edges(void **state) {
    (void)state;
    assert_close(value_of_two("pow", 0, 0), 1, 0);
    assert_close(value_of_two("pow", -2, 0), 1, 0);
    assert_close(value_of_two("pow", -2, 3), -8, 1e-15);
    assert_true(isnan(value_of_two("pow", -2, 0.5)));
    assert_close(slope_of_two("pow", -2, 3, 0), 12, 1e-15);
    assert_close(slope_of_two("pow", -2, 2, 0), -4, 1e-15);
    assert_true(isnan(slope_of_two("pow", -2, 3, 1)));
    assert_close(slope_of_two("pow", 0, 0, 0), 0, 0);
    assert_close(slope_of_two("pow", 0, 1, 0), 1, 0);
    assert_close(slope_of_two("pow", 0, 2, 0), 0, 0);
    assert_true(slope_of_two("pow", 0, 0.5, 0) == INFINITY);
    assert_close(slope_of_two("pow", 0, 2, 1), 0, 0);
    assert_close(slope_of_two("pow", 0, 0, 1), 0, 0);
    assert_close(slope_of_two("pow", 3, 0, 0), 0, 0);
    assert_close(slope_of_two("pow", 3, 0, 1), log(3), 1e-15);
}

static void division_by_zero_and_edges_of_domains(void **state) {
    (void)state;
    assert_true(value_of_two("div", 1, 0) == INFINITY && value_of_two("div", 1, -0.0) == -INFINITY);
    assert_true(isnan(value_of_two("div", 0, 0)));
    assert_true(
        is_near(slope_of_two("div", 1e-200, 1e-200, 1), -1e200, 1e-15)); /* the square of b would vanish */
    assert_true(value_of("log", 0) == -INFINITY && slope_of("log", 0) == INFINITY);
    assert_true(slope_of("sqrt", 0) == INFINITY && isnan(value_of("sqrt", -1)));
}

static void gradients_do_not_hide_nan(void **state) {
    (void)state;
    const char *const ops[] = {"abs", "square", "exp", "log", "tanh", "sigmoid", "elu", "softplus", "gelu"};
    for (size_t k = 0; k < sizeof ops / sizeof *ops; k++) assert_true(isnan(slope_of(ops[k], NAN)));
    assert_close(slope_of("relu", NAN), 1, 0);
    for (int by = 0; by < 2; by++) assert_close(slope_of_two("maximum", NAN, 1, by), 1, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nan_comes_through_unary_ops),
        cmocka_unit_test(nan_comes_through_binary_ops),
        cmocka_unit_test(entire_ops_stay_finite),
        cmocka_unit_test(infinities_have_their_limits),
        cmocka_unit_test(small_numbers_are_kept),
        cmocka_unit_test(pow_at_its_edges),
        cmocka_unit_test(division_by_zero_and_edges_of_domains),
        cmocka_unit_test(gradients_do_not_hide_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
