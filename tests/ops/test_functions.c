/* Values and derivatives of the elementwise ops against libm, in f64 and f32. */
#include "support/elementwise.h"
#include "support/test.h"

#include <math.h>

static double one(double x) {
    (void)x;
    return 1;
}
static double negative(double x) {
    return -x;
}
static double minus_one(double x) {
    (void)x;
    return -1;
}
static double inverse(double x) {
    return 1 / x;
}
static double half_inverse_root(double x) {
    return 0.5 / sqrt(x);
}
static double squared(double x) {
    return x * x;
}
static double twice(double x) {
    return 2 * x;
}
static double minus_sin(double x) {
    return -sin(x);
}
static double tanh_slope(double x) {
    return 1 / (cosh(x) * cosh(x));
}
static double sign(double x) {
    return (x > 0) - (x < 0);
}
static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}
static double sigmoid_slope(double x) {
    return 1 / (2 + 2 * cosh(x));
}
static double softplus(double x) {
    return x > 30 ? x : log1p(exp(x));
}
static double relu(double x) {
    return fmax(x, 0);
}
static double relu_slope(double x) {
    return x > 0;
}
static double leaky(double x) {
    return x > 0 ? x : 0.01 * x;
}
static double leaky_slope(double x) {
    return x > 0 ? 1 : 0.01;
}
static double elu(double x) {
    return x > 0 ? x : expm1(x);
}
static double elu_slope(double x) {
    return x > 0 ? 1 : exp(x);
}
static double selu(double x) {
    return 1.0507009873554804934 * (x > 0 ? x : 1.6732632423543772848 * expm1(x));
}
static double selu_slope(double x) {
    return 1.0507009873554804934 * (x > 0 ? 1 : 1.6732632423543772848 * exp(x));
}
static double gelu(double x) {
    return x * 0.5 * erfc(-x * sqrt(0.5));
}
static double gelu_slope(double x) {
    return 0.5 * erfc(-x * sqrt(0.5)) + x * exp(-0.5 * x * x) / sqrt(2 * acos(-1));
}

static const struct {
    const char *op;
    double (*value)(double), (*slope)(double);
    double low, high;
} functions[] = {
    {"neg", negative, minus_one, -9, 9},
    {"square", squared, twice, -9, 9},
    {"sqrt", sqrt, half_inverse_root, 1e-6, 100},
    {"exp", exp, exp, -30, 30},
    {"log", log, inverse, 1e-6, 100},
    {"sin", sin, cos, -30, 30},
    {"cos", cos, minus_sin, -30, 30},
    {"tanh", tanh, tanh_slope, -6, 6},
    {"abs", fabs, sign, -9, 9},
    {"sigmoid", sigmoid, sigmoid_slope, -30, 6},
    {"relu", relu, relu_slope, -9, 9},
    {"leaky_relu", leaky, leaky_slope, -9, 9},
    {"elu", elu, elu_slope, -4, 9},
    {"selu", selu, selu_slope, -4, 9},
    {"softplus", softplus, sigmoid, -30, 60},
    {"gelu", gelu, gelu_slope, -3, 9},
};

/* A prime number of points, so that blocks and vectors have odd ends. */
#define POINTS 1511

static void compare(const char *op, tg_dtype dtype, double tolerance, const double *x,
                    double (*value)(double), double (*slope)(double)) {
    static double y[POINTS], dx[POINTS];
    apply_unary(op, NULL, dtype, POINTS, x, y, dx);
    for (int i = 0; i < POINTS; i++) {
        double scale = fmax(1e-3, fabs(value(x[i])));
        if (fabs(y[i] - value(x[i])) > tolerance * scale)
            fail_msg("%s(%.17g) is %.17g, not %.17g", op, x[i], y[i], value(x[i]));
        scale = fmax(1e-2, fabs(slope(x[i])));
        if (fabs(dx[i] - slope(x[i])) > tolerance * scale)
            fail_msg("the derivative of %s at %.17g is %.17g, not %.17g", op, x[i], dx[i], slope(x[i]));
    }
}

static void functions_agree_with_libm(void **state) {
    (void)state;
    static double x[POINTS];
    for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) {
        double step = (functions[f].high - functions[f].low) / (POINTS - 1);
        for (int i = 0; i < POINTS; i++) x[i] = (double)(float)(functions[f].low + i * step);
        compare(functions[f].op, TG_F64, 3e-13, x, functions[f].value, functions[f].slope);
        compare(functions[f].op, TG_F32, 3e-5, x, functions[f].value, functions[f].slope);
    }
}

static double add(double a, double b) {
    return a + b;
}
static double sub(double a, double b) {
    return a - b;
}
static double mul(double a, double b) {
    return a * b;
}
static double quotient(double a, double b) {
    return a / b;
}
static double first(double a, double b) {
    (void)b;
    return a;
}
static double second(double a, double b) {
    (void)a;
    return b;
}
static double always(double a, double b) {
    (void)b;
    return one(a);
}
static double never(double a, double b) {
    (void)b;
    return minus_one(a);
}
static double by_divisor(double a, double b) {
    return -a / (b * b);
}
static double by_dividend(double a, double b) {
    (void)a;
    return 1 / b;
}
static double by_base(double a, double b) {
    return b * pow(a, b - 1);
}
static double by_exponent(double a, double b) {
    return pow(a, b) * log(a);
}
static double is_larger(double a, double b) {
    return a > b;
}
static double is_smaller(double a, double b) {
    return a < b;
}

static const struct {
    const char *op;
    double (*value)(double, double), (*slope[2])(double, double);
} pairs[] = {
    {"add", add, {always, always}},
    {"sub", sub, {always, never}},
    {"mul", mul, {second, first}},
    {"div", quotient, {by_dividend, by_divisor}},
    {"pow", pow, {by_base, by_exponent}},
    {"maximum", fmax, {is_larger, is_smaller}},
    {"minimum", fmin, {is_smaller, is_larger}},
};

static void binary_functions_agree_with_libm(void **state) {
    (void)state;
    static double a[POINTS], b[POINTS], y[POINTS], da[POINTS], db[POINTS];
    for (int i = 0; i < POINTS; i++) {
        a[i] = 0.1 + 0.004 * i;
        b[i] = 3 * sin(i) + (fabs(sin(i)) < 0.1 ? 1 : 0);
    }
    for (size_t f = 0; f < sizeof pairs / sizeof *pairs; f++) {
        apply_binary(pairs[f].op, TG_F64, POINTS, a, b, y, da, db);
        for (int i = 0; i < POINTS; i++) {
            double wanted[] = {pairs[f].value(a[i], b[i]), pairs[f].slope[0](a[i], b[i]),
                               pairs[f].slope[1](a[i], b[i])};
            double found[] = {y[i], da[i], db[i]};
            for (int k = 0; k < 3; k++)
                if (!is_near(wanted[k], found[k], 1e-13))
                    fail_msg("%s(%.17g, %.17g), quantity %d: %.17g, not %.17g", pairs[f].op, a[i], b[i], k,
                             found[k], wanted[k]);
        }
    }
}

/* With c = sqrt(2/pi): x/2 (1 + tanh(c (x + 0.044715 x^3))), values from an independent evaluation by hand.
 */
static void gelu_has_a_tanh_form(void **state) {
    (void)state;
    const double c = sqrt(2 / acos(-1));
    double x[61], y[61], dx[61];
    for (int i = 0; i < 61; i++) x[i] = -3 + 0.1 * i;
    apply_unary("gelu", &(tg_gelu_options){.approximate = true}, TG_F64, 61, x, y, dx);
    for (int i = 0; i < 61; i++) {
        double u = c * (x[i] + 0.044715 * pow(x[i], 3)), t = tanh(u),
               slope = c * (1 + 0.134145 * x[i] * x[i]);
        assert_close(y[i], 0.5 * x[i] * (1 + t), 1e-14);
        assert_close(dx[i], 0.5 * (1 + t) + 0.5 * x[i] * (1 - t * t) * slope, 1e-14);
        assert_close(y[i], gelu(x[i]), 1e-3);
    }
}

static void scale_and_clamp_take_their_numbers(void **state) {
    (void)state;
    double x[5] = {-3, -1, 0.25, 2, 4}, y[5], dx[5];
    apply_unary("scale", &(tg_scale_options){.factor = -2.5}, TG_F64, 5, x, y, dx);
    for (int i = 0; i < 5; i++) {
        assert_close(y[i], -2.5 * x[i], 0);
        assert_close(dx[i], -2.5, 0);
    }
    apply_unary("clamp", &(tg_clamp_options){-1, 2}, TG_F64, 5, x, y, dx);
    const double clamped[] = {-1, -1, 0.25, 2, 2}, slopes[] = {0, 1, 1, 1, 0};
    for (int i = 0; i < 5; i++) {
        assert_close(y[i], clamped[i], 0);
        assert_close(dx[i], slopes[i], 0);
    }
}

static void a_bias_is_added_to_every_row(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_input(tape, "x", TG_F64, 2, (int64_t[]){2, 3}),
            *b = tg_input(tape, "b", TG_F64, 1, (int64_t[]){3});
    tg_set_f64(x, (double[]){1, 2, 3, 4, 5, 6});
    tg_set_f64(b, (double[]){10, 20, 30});
    tg_require_grad(b, true);
    tg_node *y = tg_add_bias(x, b);
    tg_backward_from(y, (double[]){1, 2, 3, 4, 5, 6});
    assert_tape_ok(tape);
    const double sums[] = {11, 22, 33, 14, 25, 36}, slopes[] = {5, 7, 9};
    for (int i = 0; i < 6; i++) assert_close(tg_value_at(y, i), sums[i], 0);
    for (int i = 0; i < 3; i++) assert_close(tg_grad_at(b, i), slopes[i], 0);
    tg_tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_agree_with_libm),    cmocka_unit_test(binary_functions_agree_with_libm),
        cmocka_unit_test(gelu_has_a_tanh_form),         cmocka_unit_test(scale_and_clamp_take_their_numbers),
        cmocka_unit_test(a_bias_is_added_to_every_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
