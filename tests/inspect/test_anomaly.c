/* Where a NaN or an infinity comes from. */
#include "support/test.h"

#include <math.h>
#include <string.h>

static tg_node *vector(tg_tape *tape, const char *name, const double *values, int64_t n) {
    tg_node *x = tg_input(tape, name, tg_tape_dtype(tape), 1, &n);
    tg_set_f64(x, values);
    tg_require_grad(x, true);
    return x;
}

static void finite_steps_are_silent(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *loss = tg_sum(tg_exp(vector(tape, "x", (double[]){1, -2, 3}, 3)));
    tg_anomaly_report report;
    assert_false(tg_anomaly(loss, (tg_anomaly_spec){0}, &report));
    assert_false(report.found);
    assert_string_equal(report.message, "");
    assert_null(tg_grad(loss));
    assert_false(tg_anomaly(NULL, (tg_anomaly_spec){0}, &report));
    assert_non_null(strstr(report.message, "no node"));
    tg_tape_free(tape);
}

/* The division makes the infinity; the nodes behind it only pass it on. */
static void the_first_op_of_the_forward_pass_is_named(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *a = vector(tape, "a", (double[]){1, 2, 3}, 3), *b = vector(tape, "b", (double[]){1, 0, 4}, 3);
    tg_node *y = tg_div(a, b);
    int line = __LINE__ - 1;
    tg_node *loss = tg_sum(tg_sub(tg_exp(y), tg_exp(y)));
    tg_anomaly_report report;
    assert_true(tg_anomaly(loss, (tg_anomaly_spec){0}, &report));
    assert_false(report.backward);
    assert_int_equal(report.node, tg_id(y));
    assert_string_equal(report.op, "div");
    assert_int_equal(report.element, 1);
    assert_true(isinf(report.value));
    assert_int_equal(report.where.line, line);
    assert_non_null(strstr(
        report.message, "div: the value v2 is inf at element 1 of (3); its inputs: v0 (a) = 2, v1 (b) = 0"));
    assert_non_null(strstr(report.message, "test_anomaly.c:"));
    assert_true(tg_anomaly(loss, (tg_anomaly_spec){.nan_only = true}, &report));
    assert_string_equal(report.op, "sub"); /* inf - inf */
    assert_int_equal(report.element, 1);
    tg_tape_free(tape);
}

/* sqrt is finite at 0; its derivative is not. */
static void the_backward_pass_is_searched_as_well(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = vector(tape, "x", (double[]){4, 0, 1, 9}, 4), *y = tg_sqrt(x);
    tg_node *loss = tg_sum(tg_mul(y, y));
    tg_anomaly_report report;
    assert_true(tg_anomaly(loss, (tg_anomaly_spec){0}, &report));
    assert_true(report.backward);
    assert_int_equal(report.node, tg_id(y));
    assert_int_equal(report.arg, 0);
    assert_int_equal(report.element, 1);
    assert_non_null(strstr(report.message, "backward of sqrt: the gradient of v0 (x) is nan at element 1 of "
                                           "(4); its inputs: dv1 = 0, v0 (x) = 0"));
    assert_null(tg_grad(x)); /* played on a copy */
    assert_false(tg_anomaly(loss, (tg_anomaly_spec){.forward_only = true}, &report));
    tg_tape_free(tape);
}

static void a_leaf_that_holds_it_is_named(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_input(tape, "pixels", TG_F64, 2, (int64_t[]){2, 3});
    tg_set_f64(x, (double[]){0, 0, 0, 0, NAN, 0});
    tg_require_grad(x, true);
    tg_anomaly_report report;
    assert_true(tg_anomaly(tg_sum(tg_exp(x)), (tg_anomaly_spec){0}, &report));
    assert_null(report.op);
    assert_non_null(strstr(report.message, "the leaf v0 (pixels) holds nan at element 4, (1,1) of (2,3)"));
    tg_tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finite_steps_are_silent),
        cmocka_unit_test(the_first_op_of_the_forward_pass_is_named),
        cmocka_unit_test(the_backward_pass_is_searched_as_well),
        cmocka_unit_test(a_leaf_that_holds_it_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
