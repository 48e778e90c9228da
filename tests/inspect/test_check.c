/* The gradient check: right gradients pass, wrong ones fail and the culprit is named, nothing is changed. */
#include "support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static tg_node *matrix(tg_tape *tape, const char *name, int64_t rows, int64_t columns, uint64_t seed) {
    double values[256];
    tg_rng rng = {.seed = seed};
    for (int i = 0; i < rows * columns; i++) values[i] = tg_rng_normal(&rng);
    tg_node *x = tg_input(tape, name, tg_tape_dtype(tape), 2, (int64_t[]){rows, columns});
    tg_set_f64(x, values);
    tg_require_grad(x, true);
    return x;
}

/* A sigmoid layer: y = sigmoid(relu(x w) + b). */
static tg_node *layer(tg_tape *tape) {
    tg_node *x = matrix(tape, "x", 4, 5, 1), *w = matrix(tape, "w", 5, 3, 2), *b = matrix(tape, "b", 1, 3, 3);
    return tg_sigmoid(tg_add(tg_relu(tg_matmul(x, w)), b));
}

static void assert_passes(tg_node *y, tg_check_options options) {
    tg_check_report *report = tg_check(y, options);
    if (!tg_check_ok(report)) {
        tg_check_print(report, stderr);
        fail();
    }
    tg_check_free(report);
}

static void a_right_gradient_passes_in_both_precisions_by_every_rule(void **state) {
    (void)state;
    for (tg_dtype dtype = TG_F32; dtype <= TG_F64; dtype++)
        for (int rule = 0; rule < TG_NSTEP_RULES; rule++) {
            tg_tape *tape = tg_tape_new(dtype);
            assert_passes(layer(tape),
                          (tg_check_options){.rule = (tg_step_rule)rule, .seed = 5, .directions = 4});
            assert_tape_ok(tape);
            tg_tape_free(tape);
        }
}

static void every_element_is_compared_to_ten_digits(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_check_report *report = tg_check(layer(tape), (tg_check_options){.rule = TG_STEP_SIX});
    assert_int_equal(report->checked, 20 + 15 + 3);
    assert_int_equal(report->ntensors, 3);
    assert_string_equal(report->tensors[1].name, "w");
    assert_true(report->median_rel_error < 1e-10);
    assert_true(report->has_drift);
    assert_true(report->value_drift > 1e-9 && report->value_drift < 1e-5);
    assert_true(report->gradient_drift > 1e-9 && report->gradient_drift < 1e-4);
    tg_check_free(report);
    tg_tape_free(tape);
}

static void an_inner_node_can_be_checked(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = matrix(tape, "x", 3, 3, 1), *h = tg_sigmoid(x), *y = tg_matmul(tg_add(h, x), h);
    assert_passes(y, (tg_check_options){.wrt = &h, .nwrt = 1});
    tg_check_report *report = tg_check(h, (tg_check_options){.wrt = &y, .nwrt = 1});
    assert_int_equal(report->verdict, TG_VERDICT_VACUOUS);
    assert_non_null(strstr(report->message, "does not depend"));
    tg_check_free(report);
    tg_tape_free(tape);
}

static void a_point_on_a_kink_is_a_kink_and_not_a_failure(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = matrix(tape, "x", 1, 3, 1);
    tg_set_f64(x, (double[]){-1, 0, 2});
    tg_check_report *report = tg_check(tg_relu(x), (tg_check_options){0});
    assert_int_equal(report->verdict, TG_VERDICT_PASS);
    assert_int_equal(report->counts[TG_VERDICT_KINK], 1);
    assert_int_equal(report->worst[0].verdict, TG_VERDICT_KINK);
    assert_int_equal(report->worst[0].index, 1);
    assert_int_equal(report->worst[0].kink_node, 1);
    assert_int_equal(report->worst[0].kink_element, 1);
    tg_check_free(report);
    report = tg_check(tg_abs(x), (tg_check_options){0}); /* both sides cancel, and still it is a kink */
    assert_int_equal(report->counts[TG_VERDICT_KINK], 1);
    tg_check_free(report);
    tg_set_f64(x, (double[]){-1e-7, 1e-8, 2e-3}); /* near: steps shrink until they stay on one side */
    report = tg_check(tg_relu(x), (tg_check_options){0});
    assert_int_equal(report->verdict, TG_VERDICT_PASS);
    assert_int_equal(report->counts[TG_VERDICT_FAIL], 0);
    tg_check_free(report);
    tg_tape_free(tape);
}

/* At 0: sqrt has an infinite slope on its right and no left; x^1.5 the slope 0, which no difference quotient
   reaches; log no value. The element at 4 is judged all the same. */
static void the_edge_of_a_domain_is_no_failure(void **state) {
    (void)state;
    const tg_verdict expected[] = {TG_VERDICT_KINK, TG_VERDICT_INCONCLUSIVE, TG_VERDICT_INCONCLUSIVE};
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = matrix(tape, "x", 1, 2, 1);
    tg_set_f64(x, (double[]){0, 4});
    tg_node *const edges[] = {tg_sqrt(x), tg_pow(x, tg_scalar(tape, 1.5)), tg_log(x)};
    for (int i = 0; i < 3; i++) {
        tg_check_report *r = tg_check(edges[i], (tg_check_options){0});
        assert_int_equal(r->worst[0].verdict, expected[i]);
        assert_int_equal(r->worst[0].index, 0);
        assert_int_equal(r->counts[TG_VERDICT_PASS], 1);
        assert_int_equal(r->nculprits, 0);
        assert_int_equal(r->verdict, TG_VERDICT_PASS);
        tg_check_free(r);
    }
    tg_tape_free(tape);
}

static void nothing_to_compare_is_not_a_pass(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_input(tape, "x", TG_F64, 1, (int64_t[]){0});
    tg_require_grad(x, true);
    tg_node *constant = tg_scalar(tape, 3);
    tg_check_report *empty = tg_check(tg_relu(x), (tg_check_options){0});
    tg_check_report *none = tg_check(tg_relu(constant), (tg_check_options){0});
    assert_int_equal(empty->verdict, TG_VERDICT_VACUOUS);
    assert_int_equal(none->verdict, TG_VERDICT_VACUOUS);
    assert_false(tg_check_ok(empty) || tg_check_ok(none) || tg_check_ok(NULL));
    tg_check_free(empty);
    tg_check_free(none);
    assert_null(tg_check(NULL, (tg_check_options){0}));
    tg_tape_free(tape);
}

static void options_that_mean_nothing_are_refused(void **state) {
    (void)state;
    const struct {
        tg_check_options options;
        const char *message;
    } cases[] = {{{.tolerance = NAN}, "tolerance"},
                 {{.tolerance = -1}, "tolerance"},
                 {{.tolerance = INFINITY}, "tolerance"},
                 {{.rule = (tg_step_rule)77}, "rule is 77"},
                 {{.rule = (tg_step_rule)-1}, "rule is -1"},
                 {{.nwrt = 2}, "wrt is NULL"},
                 {{.nwrt = -2}, "nwrt is -2"}};
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *y = tg_sigmoid(matrix(tape, "x", 2, 2, 1));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tg_check_report *r = tg_check(y, cases[i].options);
        assert_int_equal(r->verdict, TG_VERDICT_VACUOUS);
        assert_non_null(strstr(r->message, cases[i].message));
        tg_check_free(r);
        if (cases[i].options.nwrt) continue; /* the sweep of an op chooses its own */
        tg_op_report sweep = tg_check_op(tg_op_find("tanh"), cases[i].options);
        assert_int_equal(sweep.verdict, TG_VERDICT_VACUOUS);
        assert_non_null(strstr(sweep.message, cases[i].message));
    }
    tg_tape_free(tape);
    tg_op_report none = tg_check_op(NULL, (tg_check_options){0});
    assert_int_equal(none.verdict, TG_VERDICT_VACUOUS);
    assert_non_null(strstr(none.message, "no op"));
    assert_int_equal(tg_check_op_mutants(NULL, (tg_check_options){0}).mutants, 0);
}

/* ---- nothing is changed ---- */

static void hash(uint64_t *h, const void *data, size_t n) {
    const unsigned char *at = data;
    while (at && n--) *h = (*h ^ *at++) * 1099511628211u;
}

static uint64_t everything(const tg_tape *tape, const tg_param *param) {
    uint64_t h = 14695981039346656037u, step = tg_step(tape);
    hash(&h, param, sizeof *param);
    hash(&h, param->value, (size_t)param->size * 4);
    hash(&h, param->grad, (size_t)param->size * 4);
    hash(&h, &step, sizeof step);
    for (int i = 0; i < tg_tape_size(tape); i++) {
        const tg_node *node = tg_tape_node(tape, i);
        size_t bytes = (size_t)tg_size(node) * tg_dtype_size(tg_dtype_of(node));
        const void *grad = tg_grad(node);
        hash(&h, tg_value(node), bytes);
        hash(&h, &grad, sizeof grad);
        hash(&h, grad, bytes);
    }
    return h;
}

static void the_tape_and_its_parameters_stay_as_they_are(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_param *w = tg_param_new("w", TG_F32, &TG_SHAPE(5, 3));
    for (int i = 0; i < 15; i++) tg_param_set_at(w, i, sin(i));
    tg_node *y = tg_relu(tg_matmul(matrix(tape, "x", 4, 5, 1), tg_use(tape, w)));
    assert_true(tg_backward_from(y, NULL));
    int size = tg_tape_size(tape);
    uint64_t before = everything(tape, w);
    assert_passes(y, (tg_check_options){.directions = 2});
    assert_int_equal(size, tg_tape_size(tape));
    assert_true(before == everything(tape, w));
    tg_tape_free(tape);
    tg_param_free(w);
}

/* ---- large models ---- */

static void a_large_model_is_sampled_and_says_what_it_would_see(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_param *w = tg_param_new("w", TG_F32, &TG_SHAPE(300, 40)),
             *b = tg_param_new("b", TG_F32, &TG_SHAPE(40));
    tg_rng rng = {.seed = 2};
    for (int i = 0; i < 12000; i++) tg_param_set_at(w, i, 0.1 * tg_rng_normal(&rng));
    tg_node *x = tg_input(tape, "x", TG_F32, 2, (int64_t[]){2, 300});
    for (int i = 0; i < 600; i++) ((float *)tg_value(x))[i] = (float)tg_rng_normal(&rng);
    tg_node *y = tg_sigmoid(tg_relu(tg_add(tg_matmul(x, tg_use(tape, w)), tg_use(tape, b))));
    tg_check_report *report = tg_check(y, (tg_check_options){.budget = 500});
    assert_int_equal(report->verdict, TG_VERDICT_PASS);
    assert_true(report->checked >= 500 && report->checked < 600);
    assert_true(report->tensors[1].checked >= 32); /* the bias is not forgotten */
    assert_int_equal(report->directions, 8);
    assert_true(report->detection_limit > 0 && report->detection_limit < 1e-4);
    tg_check_free(report);
    tg_tape_free(tape);
    tg_param_free(w);
    tg_param_free(b);
}

/* One element among 12000, outside the sample: the directions see it. */
static void one_wrong_element_among_thousands_is_seen(void **state) {
    (void)state;
    tg_mutation *mutation = tg_mutation_new(tg_op_find("square"), TG_CORRUPT_TERM, 0);
    for (uint64_t seed = 0; seed < 10; seed++) {
        tg_tape *tape = tg_tape_new(TG_F64);
        tg_node *x = tg_input(tape, "x", TG_F64, 1, (int64_t[]){12000});
        tg_rng rng = {.seed = seed};
        for (int i = 0; i < 12000; i++) ((double *)tg_value(x))[i] = 1 + tg_rng_uniform(&rng);
        tg_require_grad(x, true);
        tg_node *y = tg_mean(tg_mutation_apply(mutation, NULL, 1, &x));
        tg_check_report *r = tg_check(y, (tg_check_options){.budget = 300, .seed = seed, .no_blame = true});
        assert_int_equal(r->verdict, TG_VERDICT_FAIL);
        assert_true(r->directions_failed >= 6);
        assert_true(r->detection_limit < 2.0 / 12000);
        tg_check_free(r);
        tg_tape_free(tape);
    }
    tg_mutation_free(mutation);
}

static void the_report_is_json(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_check_report *report = tg_check(layer(tape), (tg_check_options){.seed = 7});
    char *text = tg_check_json(report);
    assert_non_null(strstr(text, "\"verdict\":\t\"pass\""));
    assert_non_null(strstr(text, "\"seed\":\t7"));
    free(text);
    tg_check_free(report);
    tg_tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_gradient_passes_in_both_precisions_by_every_rule),
        cmocka_unit_test(every_element_is_compared_to_ten_digits),
        cmocka_unit_test(an_inner_node_can_be_checked),
        cmocka_unit_test(a_point_on_a_kink_is_a_kink_and_not_a_failure),
        cmocka_unit_test(the_edge_of_a_domain_is_no_failure),
        cmocka_unit_test(nothing_to_compare_is_not_a_pass),
        cmocka_unit_test(options_that_mean_nothing_are_refused),
        cmocka_unit_test(the_tape_and_its_parameters_stay_as_they_are),
        cmocka_unit_test(a_large_model_is_sampled_and_says_what_it_would_see),
        cmocka_unit_test(one_wrong_element_among_thousands_is_seen),
        cmocka_unit_test(the_report_is_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
