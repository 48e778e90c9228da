/* Reductions over any axes, against a plain walk through all elements; accuracy, NaN, ties, errors. */
#include "support/odometer.h"
#include "support/test.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the reference ---- */

typedef struct bin {
    long double sum, squares, absolutes, exps, largest, smallest, peak;
    int64_t n;
} bin;

/* The results of x over the axes of the mask, in the order of the kept axes. Free with free(). */
static bin *bins_of(const tg_node *x, unsigned mask, int64_t *count) {
    const tg_shape *shape = tg_shape_of(x);
    tg_shape kept = *shape;
    for (int a = 0; a < shape->rank; a++)
        if (mask >> a & 1) kept.dim[a] = 1;
    *count = tg_shape_count(&kept, 1);
    bin *bins = calloc((size_t)*count + 1, sizeof *bins);
    for (int64_t j = 0; j < *count; j++) bins[j] = (bin){.largest = -INFINITY, .smallest = INFINITY};
    for (int64_t i = 0; i < tg_size(x); i++) {
        int64_t index[TG_MAX_RANK];
        indices_of(shape, i, index);
        for (int a = 0; a < shape->rank; a++)
            if (mask >> a & 1) index[a] = 0;
        bin *b = &bins[position_of(&kept, index)];
        long double v = tg_value_at(x, i);
        b->n++;
        b->sum += v;
        b->absolutes += fabsl(v);
        b->squares += v * v;
        b->exps += expl(v);
        b->largest = fmaxl(b->largest, v);
        b->smallest = fminl(b->smallest, v);
        b->peak = fmaxl(b->peak, fabsl(v));
    }
    return bins;
}

static void expect(const tg_node *y, int64_t count, const bin *bins, long double (*result)(const bin *),
                   double tolerance) {
    assert_non_null(y);
    assert_int_equal(tg_size(y), count);
    for (int64_t j = 0; j < count; j++) assert_close(tg_value_at(y, j), (double)result(&bins[j]), tolerance);
}

static long double sum_of(const bin *b) {
    return b->sum;
}
static long double mean_of(const bin *b) {
    return b->sum / b->n;
}
static long double largest_of(const bin *b) {
    return b->largest;
}
static long double smallest_of(const bin *b) {
    return b->smallest;
}
static long double norm_of(const bin *b) {
    return sqrtl(b->squares);
}
static long double norm1_of(const bin *b) {
    return b->absolutes;
}
static long double peak_of(const bin *b) {
    return b->peak;
}
static long double logsumexp_of(const bin *b) {
    return logl(b->exps);
}
static long double spread_of(const bin *b) {
    return b->squares / b->n - mean_of(b) * mean_of(b);
}
static long double variance_of(const bin *b) {
    return b->n == 1 ? NAN : spread_of(b) * b->n / (b->n - 1);
}

/* Axes of the mask in random order, some of them counted from the end. */
static tg_axes axes_of(tg_rng *rng, unsigned mask, int rank) {
    tg_axes axes = {0};
    for (int a = 0; a < rank; a++) {
        if (!(mask >> a & 1)) continue;
        int at = (int)tg_rng_below(rng, (uint64_t)axes.count + 1);
        axes.axis[axes.count++] = axes.axis[at];
        axes.axis[at] = tg_rng_uniform(rng) < 0.5 ? a : a - rank;
    }
    return axes;
}

static void compare_all(tg_dtype dtype, uint64_t seed, double tolerance) {
    tg_rng rng = {.seed = seed};
    tg_tape *tape = tg_tape_new(dtype);
    tg_shape shape = random_shape(&rng, 0, 4, 6);
    tg_node *x = random_input(tape, &rng, &shape, -2, 2);
    unsigned all = (1u << shape.rank) - 1, mask = (unsigned)tg_rng_below(&rng, all + 1);
    if (!mask) mask = all;
    tg_axes axes = axes_of(&rng, mask, shape.rank);
    bool keep = tg_rng_uniform(&rng) < 0.5;
    tg_reduce_options o = {axes, keep};
    int64_t count;
    bin *bins = bins_of(x, mask, &count);
    expect(tg_sum_with(x, o), count, bins, sum_of, tolerance);
    expect(tg_mean_with(x, o), count, bins, mean_of, tolerance);
    expect(tg_max_with(x, o), count, bins, largest_of, 0);
    expect(tg_min_with(x, o), count, bins, smallest_of, 0);
    expect(tg_logsumexp_with(x, o), count, bins, logsumexp_of, tolerance);
    expect(tg_norm_with(x, (tg_norm_options){axes, keep}), count, bins, norm_of, tolerance);
    expect(tg_norm_with(x, (tg_norm_options){axes, keep, 1}), count, bins, norm1_of, tolerance);
    expect(tg_norm_with(x, (tg_norm_options){axes, keep, INFINITY}), count, bins, peak_of, 0);
    expect(tg_variance_with(x, (tg_variance_options){axes, keep, true}), count, bins, spread_of, tolerance);
    if (count && bins[0].n > 1)
        expect(tg_variance_with(x, (tg_variance_options){axes, keep}), count, bins, variance_of, tolerance);
    int rank = tg_shape_of(tg_sum_with(x, o))->rank;
    assert_int_equal(rank, keep || !axes.count ? (keep ? shape.rank : 0) : shape.rank - axes.count);
    assert_tape_ok(tape);
    free(bins);
    tg_tape_free(tape);
}

static void any_axes_agree_with_a_plain_walk(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        compare_all(TG_F64, seed, 1e-14);
        compare_all(TG_F32, seed, 2e-6);
    }
}

/* ---- long sums ---- */

static void sums_of_ten_million_f32_are_accurate(void **state) {
    (void)state;
    const int64_t n = 10000000;
    tg_rng rng = {.seed = 5};
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = random_input(tape, &rng, &TG_SHAPE(n), 0, 1);
    long double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += ((float *)tg_value(x))[i];
    assert_true(fabsl((long double)tg_item(tg_sum(x)) - sum) <= sum * FLT_EPSILON / 2);
    assert_true(fabsl((long double)tg_item(tg_mean(x)) - sum / n) <= sum / n * FLT_EPSILON / 2);
    assert_tape_ok(tape);
    tg_tape_free(tape);
}

static void long_f64_sums_lose_few_digits(void **state) {
    (void)state;
    const int64_t n = 3000000;
    tg_rng rng = {.seed = 6};
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = random_input(tape, &rng, &TG_SHAPE(n), 0, 1);
    long double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += ((double *)tg_value(x))[i];
    assert_true(fabsl((long double)tg_item(tg_sum(x)) - sum) <= sum * 64 * DBL_EPSILON);
    tg_tape_free(tape);
}

static void a_large_mean_costs_the_variance_no_digits(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x =
        tg_constant(tape, TG_F64, 1, (int64_t[]){4}, (double[]){1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16});
    assert_close(tg_item(tg_variance(x)), 30, 1e-15);
    assert_close(tg_item(tg_variance_with(x, (tg_variance_options){.population = true})), 22.5, 1e-15);
    tg_tape_free(tape);
}

/* ---- no elements, one element, infinities, NaN, ties ---- */

static void results_over_nothing(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_input(tape, NULL, TG_F64, 2, (int64_t[]){3, 0});
    tg_reduce_options rows = {.axes = TG_AXES(1)};
    tg_node *sum = tg_sum_with(x, rows), *mean = tg_mean_with(x, rows);
    tg_node *lse = tg_logsumexp_with(x, rows), *variance = tg_variance(x);
    assert_int_equal(tg_size(sum), 3);
    for (int64_t i = 0; i < 3; i++) {
        assert_true(tg_value_at(sum, i) == 0);
        assert_true(isnan(tg_value_at(mean, i)));
        assert_true(tg_value_at(lse, i) == -INFINITY);
    }
    assert_true(isnan(tg_item(variance)));
    assert_true(tg_item(tg_norm(x)) == 0);
    assert_int_equal(tg_size(tg_max_with(x, (tg_reduce_options){.axes = TG_AXES(0)})), 0);
    assert_tape_ok(tape);
    assert_null(tg_max_with(x, rows));
    assert_non_null(strstr(tg_error(tape), "max: shape (3,0) has no elements along the reduced axes ("));
    tg_tape_free(tape);
}

static void a_nan_comes_through(void **state) {
    (void)state;
    for (int64_t n = 1; n <= 70; n += 23)
        for (int64_t at = 0; at < n; at++) {
            tg_tape *tape = tg_tape_new(TG_F32);
            tg_node *x = tg_input(tape, NULL, TG_F32, 1, &n);
            ((float *)tg_value(x))[at] = NAN;
            assert_true(isnan(tg_item(tg_max(x))) && isnan(tg_item(tg_min(x))) && isnan(tg_item(tg_sum(x))));
            assert_true(isnan(tg_item(tg_logsumexp(x))) && isnan(tg_item(tg_norm(x))));
            assert_true(isnan(tg_item(tg_norm_with(x, (tg_norm_options){.p = INFINITY}))));
            tg_tape_free(tape);
        }
}

static void logsumexp_stands_infinities(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_input(tape, NULL, TG_F64, 2, (int64_t[]){4, 2});
    tg_require_grad(x, true);
    tg_set(x, (double[]){-INFINITY, -INFINITY, 0, -INFINITY, INFINITY, 0, 1e4, 1e4});
    tg_node *y = tg_logsumexp_with(x, (tg_reduce_options){.axes = TG_AXES(1)});
    tg_backward_from(y, NULL);
    assert_true(tg_value_at(y, 0) == -INFINITY && tg_value_at(y, 1) == 0 && tg_value_at(y, 2) == INFINITY);
    assert_close(tg_value_at(y, 3), 1e4 + log(2), 1e-15);
    assert_true(tg_grad_at(x, 0) == 0 && tg_grad_at(x, 2) == 1 && tg_grad_at(x, 3) == 0);
    assert_close(tg_grad_at(x, 6), 0.5, 1e-12);
    tg_tape_free(tape);
}

static void ties_share_the_gradient_evenly(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_input(tape, NULL, TG_F64, 2, (int64_t[]){2, 3});
    tg_require_grad(x, true);
    tg_set(x, (double[]){3, -3, 3, 1, 2, -5});
    tg_reduce_options rows = {.axes = TG_AXES(1)};
    static const double expected[3][6] = {
        {0.5, 0, 0.5, 0, 1, 0}, {0, 1, 0, 0, 0, 1}, {1. / 3, -1. / 3, 1. / 3, 0, 0, -1}};
    tg_node *y[] = {tg_max_with(x, rows), tg_min_with(x, rows),
                    tg_norm_with(x, (tg_norm_options){.axes = rows.axes, .p = INFINITY})};
    for (int k = 0; k < 3; k++) {
        tg_zero_grad(tape);
        tg_backward_from(y[k], NULL);
        for (int i = 0; i < 6; i++) assert_close(tg_grad_at(x, i), expected[k][i], 1e-15);
    }
    assert_tape_ok(tape);
    tg_tape_free(tape);
}

static void the_norm_of_zeros_has_gradient_zero(void **state) {
    (void)state;
    for (int k = 0; k < 3; k++) {
        tg_tape *tape = tg_tape_new(TG_F32);
        tg_node *x = tg_input(tape, NULL, TG_F32, 1, (int64_t[]){3});
        tg_require_grad(x, true);
        tg_node *y = tg_norm_with(x, (tg_norm_options){.p = (double[]){1, 2, INFINITY}[k]});
        tg_backward(y);
        assert_true(tg_item(y) == 0);
        for (int i = 0; i < 3; i++) assert_true(tg_grad_at(x, i) == 0);
        tg_tape_free(tape);
    }
}

/* ---- errors ---- */

static void expect_error(tg_tape *tape, tg_node *y, const char *message) {
    assert_null(y);
    if (!strstr(tg_error(tape), message)) fail_msg("'%s' has no '%s'", tg_error(tape), message);
    assert_non_null(strstr(tg_error(tape), "test_reduce.c:"));
    tg_error_clear(tape);
}

static void impossible_options_are_refused(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = tg_input(tape, NULL, TG_F32, 2, (int64_t[]){3, 4});
    expect_error(tape, tg_sum_with(x, (tg_reduce_options){.axes = TG_AXES(2)}),
                 "sum: axis 2 of a tensor of rank 2");
    expect_error(tape, tg_mean_with(x, (tg_reduce_options){.axes = TG_AXES(-3)}), "mean: axis -3 of");
    expect_error(tape, tg_max_with(x, (tg_reduce_options){.axes = TG_AXES(1, -1)}),
                 "max: axis 1 is given twice");
    expect_error(tape, tg_min_with(x, (tg_reduce_options){.axes = {9, {0}}}),
                 "min: 9 axes; 0 to 8 are possible");
    expect_error(tape, tg_norm_with(x, (tg_norm_options){.p = 3}), "norm: p is 3; 1, 2 (or 0");
    expect_error(tape, tg_norm_with(x, (tg_norm_options){.p = NAN}), "norm: p is nan");
    expect_error(tape, tg_softmax_with(x, (tg_softmax_options){TG_AXES(0, 1)}),
                 "softmax: 2 axes; it runs along one");
    assert_non_null(tg_sum(x));
    tg_tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_axes_agree_with_a_plain_walk),
        cmocka_unit_test(sums_of_ten_million_f32_are_accurate),
        cmocka_unit_test(long_f64_sums_lose_few_digits),
        cmocka_unit_test(a_large_mean_costs_the_variance_no_digits),
        cmocka_unit_test(results_over_nothing),
        cmocka_unit_test(a_nan_comes_through),
        cmocka_unit_test(logsumexp_stands_infinities),
        cmocka_unit_test(ties_share_the_gradient_evenly),
        cmocka_unit_test(the_norm_of_zeros_has_gradient_zero),
        cmocka_unit_test(impossible_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
