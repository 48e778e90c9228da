/* Softmax and the losses: published numbers, large logits, labels out of range, threads, errors. */
#include "support/golden.h"
#include "support/odometer.h"
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the golden networks ---- */

static tg_node *ramp(tg_tape *tape, double low, double high, int rank, const int64_t *dims) {
    tg_node *x = tg_input(tape, NULL, TG_F64, rank, dims);
    linspace(low, high, tg_size(x), tg_value(x));
    tg_require_grad(x, true);
    return x;
}

static void expect_data(const tg_node *node, bool gradient, const char *file, const char *path) {
    int64_t n;
    double *expected = golden_numbers(file, path, &n);
    assert_non_null(node);
    assert_int_equal(tg_size(node), n);
    for (int64_t i = 0; i < n; i++) {
        double ours = gradient ? tg_grad_at(node, i) : tg_value_at(node, i);
        if (!(fabs(ours - expected[i]) <= 1e-12 * fabs(expected[i]) + 1e-15))
            fail_msg("%s[%d]: %.17g, expected %.17g", path, (int)i, ours, expected[i]);
    }
    free(expected);
}

static void linear_forward_agrees(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_reshape(ramp(tape, -0.1, 0.4, 4, (int64_t[]){3, 7, 6, 4}), TG_SHAPE(3, -1));
    tg_node *w = ramp(tape, -0.2, 0.2, 2, (int64_t[]){168, 4}), *b = ramp(tape, -0.3, 0.3, 1, (int64_t[]){4});
    tg_node *y = tg_add(tg_matmul(x, w), b);
    assert_tape_ok(tape);
    expect_data(y, false, "layers.json", "linear_forward/y");
    tg_tape_free(tape);
}

static void two_layer_net_agrees(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_transpose(ramp(tape, -5.5, 4.5, 2, (int64_t[]){4, 4}));
    tg_node *w1 = ramp(tape, -0.7, 0.3, 2, (int64_t[]){4, 30}),
            *b1 = ramp(tape, -0.6, 0.2, 1, (int64_t[]){30});
    tg_node *w2 = ramp(tape, -0.2, 0.2, 2, (int64_t[]){30, 7}),
            *b2 = ramp(tape, -0.9, 0.1, 1, (int64_t[]){7});
    tg_node *labels = tg_constant(tape, TG_I32, 1, (int64_t[]){4}, (int32_t[]){0, 5, 1, 4});
    tg_node *hidden = tg_leaky_relu_with(tg_add(tg_matmul(x, w1), b1), (tg_leaky_relu_options){.slope = 0.1});
    tg_node *scores = tg_add(tg_matmul(hidden, w2), b2), *loss = tg_cross_entropy(scores, labels);
    tg_backward(loss);
    assert_tape_ok(tape);
    expect_data(scores, false, "layers.json", "two_layer_net/scores");
    expect_data(loss, false, "layers.json", "two_layer_net/loss");
    expect_data(w1, true, "layers.json", "two_layer_net/dw1");
    expect_data(b1, true, "layers.json", "two_layer_net/db1");
    expect_data(w2, true, "layers.json", "two_layer_net/dw2");
    expect_data(b2, true, "layers.json", "two_layer_net/db2");
    tg_tape_free(tape);
}

static tg_node *given(tg_tape *tape, const char *path, tg_dtype dtype, int rank, const int64_t *dims) {
    double *data = golden_numbers("toy_two_layer.json", path, NULL);
    tg_node *x = tg_input(tape, NULL, dtype, rank, dims);
    tg_set_f64(x, data);
    if (dtype != TG_I32) tg_require_grad(x, true);
    free(data);
    return x;
}

static void expect_toy(const tg_node *node, bool gradient, const char *section, const char *name) {
    char path[64];
    snprintf(path, sizeof path, "%s/%s", section, name);
    expect_data(node, gradient, "toy_two_layer.json", path);
}

/* Mean cross-entropy + 0.5 reg (|W1|^2 + |W2|^2). */
static void toy_network_agrees(const char *section, bool relu) {
    const double reg = golden_number("toy_two_layer.json", "reg");
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = given(tape, "x", TG_F64, 2, (int64_t[]){5, 4});
    tg_node *labels = given(tape, "labels", TG_I32, 1, (int64_t[]){5});
    tg_node *w1 = given(tape, "w1", TG_F64, 2, (int64_t[]){4, 10});
    tg_node *w2 = given(tape, "w2", TG_F64, 2, (int64_t[]){10, 3});
    tg_node *b1 = ramp(tape, 0, 0, 1, (int64_t[]){10}), *b2 = ramp(tape, 0, 0, 1, (int64_t[]){3});
    tg_node *sum = tg_add(tg_matmul(x, w1), b1), *hidden = relu ? tg_relu(sum) : tg_sigmoid(sum);
    tg_node *data = tg_cross_entropy(tg_add(tg_matmul(hidden, w2), b2), labels);
    tg_node *penalty = tg_add(tg_sum(tg_square(w1)), tg_sum(tg_square(w2)));
    tg_node *loss = tg_add(data, tg_mul(tg_scalar(tape, 0.5 * reg), penalty));
    tg_backward(loss);
    assert_tape_ok(tape);
    expect_toy(loss, false, section, "loss");
    expect_toy(w1, true, section, "dw1");
    expect_toy(b1, true, section, "db1");
    expect_toy(w2, true, section, "dw2");
    expect_toy(b2, true, section, "db2");
    tg_tape_free(tape);
}

static void toy_two_layer_agrees(void **state) {
    (void)state;
    toy_network_agrees("sigmoid", false);
    toy_network_agrees("relu", true);
}

/* ---- one op against the composition of others ---- */

static void expect_same(const tg_node *a, const tg_node *b, bool gradient, double tolerance) {
    assert_int_equal(tg_size(a), tg_size(b));
    for (int64_t i = 0; i < tg_size(a); i++)
        if (gradient)
            assert_close(tg_grad_at(a, i), tg_grad_at(b, i), tolerance);
        else
            assert_close(tg_value_at(a, i), tg_value_at(b, i), tolerance);
}

static void cross_entropy_is_log_softmax_gathered(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        tg_rng rng = {.seed = seed}, again = rng;
        tg_tape *tape = tg_tape_new(TG_F64);
        tg_shape shape = random_shape(&rng, 2, 3, 9);
        again = rng;
        tg_node *x = random_input(tape, &rng, &shape, -9, 9), *z = random_input(tape, &again, &shape, -9, 9);
        tg_node *labels = tg_input(tape, NULL, TG_I32, shape.rank - 1, shape.dim);
        for (int64_t i = 0; i < tg_size(labels); i++)
            ((int32_t *)tg_value(labels))[i] =
                (int32_t)tg_rng_below(&rng, (uint64_t)shape.dim[shape.rank - 1]);
        tg_node *loss = tg_cross_entropy(x, labels);
        tg_node *picked =
            tg_gather(tg_log_softmax(z), labels, (tg_gather_options){.axis = -1, .along = true});
        tg_node *other = tg_neg(tg_mean(picked)), *hot = tg_one_hot(labels, (int)shape.dim[shape.rank - 1]);
        tg_node *third = tg_neg(tg_sum(tg_mul(hot, tg_log(tg_softmax(z)))));
        tg_backward(loss);
        tg_backward(other);
        assert_tape_ok(tape);
        assert_close(tg_item(loss), tg_item(other), 1e-13);
        assert_close(tg_item(third), tg_item(loss) * (double)tg_size(labels), 1e-11);
        expect_same(x, z, true, 1e-13);
        tg_tape_free(tape);
    }
}

/* ---- large logits ---- */

static void large_logits_stay_finite(void **state) {
    (void)state;
    for (tg_dtype dtype = TG_F32; dtype <= TG_F64; dtype++) {
        tg_tape *tape = tg_tape_new(dtype);
        tg_node *x = tg_input(tape, NULL, dtype, 2, (int64_t[]){2, 3});
        tg_node *labels = tg_constant(tape, TG_I32, 1, (int64_t[]){2}, (int32_t[]){0, 2});
        tg_require_grad(x, true);
        tg_set_f64(x, (double[]){1e4, -1e4, 0, -1e4, 1e4, 1e4});
        tg_node *p = tg_softmax(x), *l = tg_log_softmax(x);
        tg_node *each = tg_cross_entropy_with(x, labels, (tg_loss_options){TG_REDUCTION_NONE});
        tg_backward(tg_add(tg_sum(each), tg_add(tg_sum(p), tg_sum(l))));
        assert_tape_ok(tape);
        assert_true(tg_value_at(p, 0) == 1 && tg_value_at(p, 1) == 0 && tg_value_at(p, 4) == 0.5);
        assert_true(tg_value_at(l, 0) == 0 && tg_value_at(l, 1) == -2e4 && tg_value_at(l, 2) == -1e4);
        assert_true(tg_value_at(each, 0) == 0);
        assert_close(tg_value_at(each, 1), log(2), 1e-7);
        for (int i = 0; i < 6; i++) assert_true(isfinite(tg_grad_at(x, i)));
        tg_tape_free(tape);
    }
}

/* An element of a row without what the whole row is shifted by: 8 or 1000 somewhere in it or at its end, 0 to 3 else.
 */
static double in_row(int64_t n, int64_t row, int64_t column) {
    const bool far = row % 3 == 0;
    return column == (far ? n - 1 : row * 29 % n) ? far ? 1000 : 8 : (double)(column % 4);
}

static void expect_row(const tg_node *p, const tg_node *l, int64_t n, int64_t row, double tolerance) {
    long double sum = 0; /* of up to 1100 terms: a double would err more than the op */
    for (int64_t j = 0; j < n; j++) sum += expl(in_row(n, row, j) - 8);
    for (int64_t j = 0; j < n; j++) {
        const double log_p = in_row(n, row, j) - 8 - (double)logl(sum);
        assert_close(tg_value_at(p, row * n + j), exp(log_p), tolerance);
        assert_close(tg_value_at(l, row * n + j), log_p, tolerance * fmax(1, fabs(log_p)));
    }
}

/* Long rows are run one by one, short ones side by side: each takes out its own largest number, wherever in the row
   that stands, and a NaN stays in its row. */
static void rows_are_on_their_own(void **state) {
    (void)state;
    enum { ROWS = 37, NAN_ROW = 5 };
    for (tg_dtype dtype = TG_F32; dtype <= TG_F64; dtype++)
        for (int64_t n = 1; n <= 1100; n = n * 3 / 2 + 7) {
            tg_tape *tape = tg_tape_new(dtype);
            tg_node *x = tg_input(tape, NULL, dtype, 2, (int64_t[]){ROWS, n});
            double *numbers = malloc((size_t)(ROWS * n) * sizeof *numbers);
            for (int64_t i = 0; i < ROWS * n; i++) {
                const int64_t row = i / n;
                numbers[i] = (row % 2 ? 1000 : -1000) * (double)row + in_row(n, row, i % n);
            }
            numbers[NAN_ROW * n + n - 1] = NAN;
            tg_set_f64(x, numbers);
            free(numbers);
            tg_node *p = tg_softmax(x), *l = tg_log_softmax(x);
            assert_tape_ok(tape);
            for (int64_t row = 0; row < ROWS; row++)
                if (row != NAN_ROW) expect_row(p, l, n, row, dtype == TG_F32 ? 1e-6 : 1e-14);
            for (int64_t i = NAN_ROW * n; i < (NAN_ROW + 1) * n; i++)
                assert_true(isnan(tg_value_at(p, i)) && isnan(tg_value_at(l, i)));
            tg_tape_free(tape);
        }
}

static void binary_cross_entropy_is_stable(void **state) {
    (void)state;
    static const double x[] = {1e4, -1e4, 1e4, -1e4, 0, -40, 3}, t[] = {1, 0, 0, 1, 0.3, 0, 0.25};
    for (tg_dtype dtype = TG_F32; dtype <= TG_F64; dtype++) {
        const double close = dtype == TG_F32 ? 1e-6 : 1e-15;
        tg_tape *tape = tg_tape_new(dtype);
        tg_node *logits = tg_input(tape, NULL, dtype, 1, (int64_t[]){7});
        tg_node *targets = tg_input(tape, NULL, dtype, 1, (int64_t[]){7});
        tg_set_f64(logits, x);
        tg_set_f64(targets, t);
        tg_require_grad(logits, true);
        tg_node *y =
            tg_binary_cross_entropy_with_logits_with(logits, targets, (tg_loss_options){TG_REDUCTION_NONE});
        tg_backward_from(y, NULL);
        assert_tape_ok(tape);
        const double expected[] = {0, 0, 1e4, 1e4, log(2), exp(-40), 2.25 + log1p(exp(-3))};
        for (int i = 0; i < 7; i++) {
            assert_close(tg_value_at(y, i), expected[i], close);
            assert_close(tg_grad_at(logits, i), 1 / (1 + exp(-x[i])) - t[i], close);
        }
        assert_true(fabs(tg_value_at(y, 5) / exp(-40) - 1) < 1e-6);
        tg_tape_free(tape);
    }
}

/* ---- labels out of range ---- */

static void a_wrong_label_gives_nan_in_its_row_alone(void **state) {
    (void)state;
    static const int32_t wrong[] = {-1, 3, INT32_MAX, INT32_MIN, -100};
    for (int k = 0; k < 10; k++) {
        const int row = k / 5; /* the other one stands behind it, or before it */
        tg_tape *tape = tg_tape_new(TG_F64);
        tg_node *x = ramp(tape, -1, 1, 2, (int64_t[]){2, 3});
        int32_t both[] = {1, 1};
        both[row] = wrong[k % 5];
        tg_node *labels = tg_constant(tape, TG_I32, 1, (int64_t[]){2}, both);
        tg_node *each = tg_cross_entropy_with(x, labels, (tg_loss_options){TG_REDUCTION_NONE});
        tg_node *hot = tg_one_hot(labels, 3);
        tg_backward_from(each, NULL);
        assert_tape_ok(tape);
        assert_true(isfinite(tg_value_at(each, 1 - row)) && isnan(tg_value_at(each, row)));
        assert_true(isnan(tg_item(tg_cross_entropy(x, labels))));
        for (int i = 0; i < 6; i++) {
            assert_int_equal(isnan(tg_grad_at(x, i)) != 0, i / 3 == row);
            assert_int_equal(isnan(tg_value_at(hot, i)) != 0, i / 3 == row);
        }
        tg_tape_free(tape);
    }
}

static void the_mean_over_nothing_is_nan_and_the_sum_zero(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = tg_input(tape, NULL, TG_F32, 2, (int64_t[]){0, 3});
    tg_node *labels = tg_input(tape, NULL, TG_I32, 1, (int64_t[]){0});
    assert_true(isnan(tg_item(tg_cross_entropy(x, labels))) && isnan(tg_item(tg_mse(x, x))));
    assert_true(tg_item(tg_cross_entropy_with(x, labels, (tg_loss_options){TG_REDUCTION_SUM})) == 0);
    assert_true(tg_item(tg_mse_with(x, x, (tg_loss_options){TG_REDUCTION_SUM})) == 0);
    assert_tape_ok(tape);
    tg_tape_free(tape);
}

/* ---- threads ---- */

static void any_number_of_threads_gives_the_same_bits(void **state) {
    (void)state;
    const tg_shape shape = TG_SHAPE(9000, 11);
    float *value[2], *grad[2];
    size_t bytes = 9000 * 11 * sizeof(float);
    for (int k = 0; k < 2; k++) {
        tg_rng rng = {.seed = 9};
        tg_tape *tape = tg_tape_new_spec((tg_tape_spec){.dtype = TG_F32, .threads = k ? 4 : 1});
        tg_node *x = random_input(tape, &rng, &shape, -3, 3);
        tg_node *labels = tg_input(tape, NULL, TG_I32, 1, (int64_t[]){9000});
        tg_node *loss = tg_add(tg_cross_entropy(x, labels), tg_mse(tg_softmax(x), tg_log_softmax(x)));
        loss = tg_add(loss, tg_add(tg_binary_cross_entropy_with_logits(x, tg_softmax(x)), tg_variance(x)));
        tg_backward(loss);
        assert_tape_ok(tape);
        value[k] = calloc(1, sizeof(float));
        grad[k] = calloc(1, bytes);
        memcpy(value[k], tg_value(loss), sizeof(float));
        memcpy(grad[k], tg_grad(x), bytes);
        tg_tape_free(tape);
    }
    assert_memory_equal(value[0], value[1], sizeof(float));
    assert_memory_equal(grad[0], grad[1], bytes);
    for (int k = 0; k < 2; k++) free(value[k]), free(grad[k]);
}

/* ---- errors ---- */

static void expect_error(tg_tape *tape, tg_node *y, const char *message) {
    assert_null(y);
    if (!strstr(tg_error(tape), message)) fail_msg("'%s' has no '%s'", tg_error(tape), message);
    tg_error_clear(tape);
}

static void shapes_that_do_not_fit_are_refused(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = tg_input(tape, NULL, TG_F32, 2, (int64_t[]){4, 3}), *s = tg_scalar(tape, 1);
    tg_node *column = tg_input(tape, NULL, TG_F32, 2, (int64_t[]){4, 1});
    tg_node *labels = tg_input(tape, NULL, TG_I32, 1, (int64_t[]){5});
    expect_error(tape, tg_cross_entropy(x, labels),
                 "cross_entropy: logits (4,3) with labels (5): one label is needed");
    expect_error(tape, tg_cross_entropy(s, labels), "cross_entropy: the logits are a scalar");
    expect_error(tape, tg_cross_entropy(x, x), "cross_entropy: argument 2 is f32; i32 is needed");
    expect_error(tape, tg_mse(x, column), "mse: shapes (4,3) and (4,1) differ; a loss does not broadcast");
    expect_error(tape, tg_binary_cross_entropy_with_logits(x, s), "logits: shapes (4,3) and () differ");
    expect_error(tape, tg_mse_with(x, x, (tg_loss_options){(tg_reduction)7}), "mse: reduction is 7;");
    expect_error(tape, tg_one_hot(labels, 0), "one_hot: 0 classes; at least 1 is needed");
    tg_tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_forward_agrees),
        cmocka_unit_test(two_layer_net_agrees),
        cmocka_unit_test(toy_two_layer_agrees),
        cmocka_unit_test(cross_entropy_is_log_softmax_gathered),
        cmocka_unit_test(large_logits_stay_finite),
        cmocka_unit_test(rows_are_on_their_own),
        cmocka_unit_test(binary_cross_entropy_is_stable),
        cmocka_unit_test(a_wrong_label_gives_nan_in_its_row_alone),
        cmocka_unit_test(the_mean_over_nothing_is_nan_and_the_sum_zero),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(shapes_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
