/* The activations: golden numbers, derivatives at kinks, options. */
#include "support/elementwise.h"
#include "support/golden.h"
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void golden_activations_are_met(void **state) {
    (void)state;
    const tg_leaky_relu_options leaky = {.slope =
                                             golden_number("layers.json", "activations/leaky_relu_slope")};
    const tg_elu_options elu = {.alpha = golden_number("layers.json", "activations/elu_alpha")};
    const tg_selu_options selu = {.alpha = golden_number("layers.json", "activations/selu_alpha"),
                                  .scale = golden_number("layers.json", "activations/selu_scale")};
    const struct {
        const char *op;
        const void *options;
    } all[] = {{"sigmoid", NULL}, {"leaky_relu", &leaky}, {"relu", NULL},
               {"elu", &elu},     {"selu", &selu},        {"tanh", NULL}};
    double x[10], y[10];
    linspace(-5, 5, 10, x);
    for (size_t a = 0; a < sizeof all / sizeof *all; a++) {
        char path[64];
        int64_t n;
        snprintf(path, sizeof path, "activations/%s", all[a].op);
        double *golden = golden_numbers("layers.json", path, &n);
        assert_int_equal(n, 10);
        apply_unary(all[a].op, all[a].options, TG_F64, 10, x, y, NULL);
        for (int i = 0; i < 10; i++)
            if (!is_near(y[i], golden[i], 1e-12))
                fail_msg("%s(%g) is %.17g, not %.17g", all[a].op, x[i], y[i], golden[i]);
        free(golden);
    }
}

static void derivatives_at_kinks_are_the_documented_ones(void **state) {
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        const double zero = sign * 0.0;
        assert_close(slope_of("relu", zero), 0, 0);
        assert_close(slope_of("abs", zero), 0, 0);
        assert_close(slope_of("leaky_relu", zero), 0.01, 0);
        assert_close(slope_of("elu", zero), 1, 0);
        double slope;
        apply_unary("elu", &(tg_elu_options){.alpha = 0.5}, TG_F64, 1, &zero, NULL, &slope);
        assert_close(slope, 0.5, 0);
        assert_close(slope_of("selu", zero), 1.0507009873554804934 * 1.6732632423543772848, 1e-15);
        assert_close(slope_of("softplus", zero), 0.5, 1e-15);
        assert_close(slope_of("sigmoid", zero), 0.25, 1e-15);
    }
    for (int by = 0; by < 2; by++) {
        assert_close(slope_of_two("maximum", 3, 3, by), 0.5, 0);
        assert_close(slope_of_two("minimum", -0.0, 0, by), 0.5, 0);
    }
}

/* Forward mode must take the same side of a kink as backward. */
static void dual_numbers_agree_at_kinks(void **state) {
    (void)state;
    const struct {
        const char *op;
        double x[2];
    } all[] = {{"relu", {0}},       {"abs", {0}},       {"leaky_relu", {0}}, {"elu", {0}},
               {"selu", {0}},       {"softplus", {0}},  {"sigmoid", {0}},    {"gelu", {0}},
               {"maximum", {3, 3}}, {"minimum", {3, 3}}};
    for (size_t a = 0; a < sizeof all / sizeof *all; a++) {
        const tg_op *op = tg_op_find(all[a].op);
        tg_tape *tape = tg_tape_new(TG_DUAL);
        tg_node *x[2];
        for (int k = 0; k < op->arity; k++) {
            x[k] = tg_scalar(tape, all[a].x[k]);
            tg_require_grad(x[k], true);
            tg_set_tangent(x[k], 0, k + 1);
        }
        tg_node *y = tg_apply(op, NULL, op->arity, x);
        tg_backward_from(y, NULL);
        assert_tape_ok(tape);
        double expected = 0;
        for (int k = 0; k < op->arity; k++) expected += (k + 1) * tg_grad_at(x[k], 0);
        assert_close(tg_tangent_at(y, 0), expected, 1e-15);
        tg_tape_free(tape);
    }
}

static tg_node *bad_leaky(tg_node *x, double v) {
    return tg_leaky_relu_with(x, (tg_leaky_relu_options){.slope = v});
}
static tg_node *bad_elu(tg_node *x, double v) {
    return tg_elu_with(x, (tg_elu_options){.alpha = v});
}
static tg_node *bad_alpha(tg_node *x, double v) {
    return tg_selu_with(x, (tg_selu_options){.alpha = v});
}
static tg_node *bad_scale(tg_node *x, double v) {
    return tg_selu_with(x, (tg_selu_options){.scale = v});
}
static tg_node *bad_keep(tg_node *x, double v) {
    return tg_dropout(x, (tg_dropout_options){.keep = v});
}
static tg_node *bad_factor(tg_node *x, double v) {
    return tg_scale(x, v);
}
static tg_node *bad_min(tg_node *x, double v) {
    return tg_clamp(x, (tg_clamp_options){.min = v});
}
static tg_node *bad_max(tg_node *x, double v) {
    return tg_clamp(x, (tg_clamp_options){.max = v});
}

static void bad_options_are_refused_by_name(void **state) {
    (void)state;
    const struct {
        tg_node *(*call)(tg_node *x, double v);
        double v;
        const char *message;
    } all[] = {
        {bad_leaky, NAN, "leaky_relu: slope is nan; it must be finite and at least 0 ("},
        {bad_leaky, -0.1, "leaky_relu: slope is -0.1; it must be finite and at least 0 ("},
        {bad_leaky, INFINITY, "leaky_relu: slope is inf; "},
        {bad_elu, NAN, "elu: alpha is nan; "},
        {bad_elu, -1, "elu: alpha is -1; "},
        {bad_alpha, -1, "selu: alpha is -1; "},
        {bad_scale, INFINITY, "selu: scale is inf; "},
        {bad_keep, NAN, "dropout: keep is nan; it must lie between 0 and 1 ("},
        {bad_keep, 1.5, "dropout: keep is 1.5; it must lie between 0 and 1 ("},
        {bad_keep, -0.5, "dropout: keep is -0.5; "},
        {bad_factor, NAN, "scale: factor is nan; it must be finite ("},
        {bad_min, 0, "clamp: min and max are both 0; set one of them"},
        {bad_min, 1, "clamp: min is 1, max is 0; min <= max is needed"},
        {bad_min, NAN, "clamp: min is nan, max is 0; "},
        {bad_max, NAN, "clamp: min is 0, max is nan; "},
    };
    for (size_t a = 0; a < sizeof all / sizeof *all; a++) {
        tg_tape *tape = tg_tape_new(TG_F32);
        tg_node *x = tg_scalar(tape, 1);
        assert_null(all[a].call(x, all[a].v));
        assert_int_equal(tg_tape_size(tape), 1);
        if (!strstr(tg_error(tape), all[a].message))
            fail_msg("\"%s\" lacks \"%s\"", tg_error(tape), all[a].message);
        assert_non_null(strstr(tg_error(tape), "test_activations.c:"));
        tg_tape_free(tape);
    }
}

static void a_wrong_bias_is_explained(void **state) {
    (void)state;
    const struct {
        tg_shape x, bias;
        const char *message;
    } all[] = {
        {TG_SHAPE(100, 64), TG_SHAPE(10),
         "add_bias: x (100,64), bias (10): the last axis of x needs a bias of shape (64)"},
        {TG_SHAPE(2, 3), TG_SHAPE(1), "needs a bias of shape (3)"},
        {TG_SHAPE(2, 3), TG_SHAPE(1, 3), "x (2,3), bias (1,3): "},
        {{0}, TG_SHAPE(1), "x is a scalar"},
    };
    for (size_t a = 0; a < sizeof all / sizeof *all; a++) {
        tg_tape *tape = tg_tape_new(TG_F32);
        tg_node *x = tg_input(tape, "x", TG_F32, all[a].x.rank, all[a].x.dim);
        tg_node *b = tg_input(tape, "b", TG_F32, all[a].bias.rank, all[a].bias.dim);
        assert_null(tg_add_bias(x, b));
        if (!strstr(tg_error(tape), all[a].message))
            fail_msg("\"%s\" lacks \"%s\"", tg_error(tape), all[a].message);
        tg_tape_free(tape);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_activations_are_met),
        cmocka_unit_test(derivatives_at_kinks_are_the_documented_ones),
        cmocka_unit_test(dual_numbers_agree_at_kinks),
        cmocka_unit_test(bad_options_are_refused_by_name),
        cmocka_unit_test(a_wrong_bias_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
