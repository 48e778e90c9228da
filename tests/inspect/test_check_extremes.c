/* The gradient check at points where numbers overflow, or where a function changes within less than any usual step:
   what cannot be judged is neither passed nor refused. */
#include "support/test.h"

#include <math.h>
#include <string.h>

static tg_check_report *check(const char *formula, const char *inputs, tg_check_options options) {
    char text[100];
    tg_expr_error error = {0};
    tg_tape *tape = tg_tape_new(TG_F64);
    snprintf(text, sizeof text, "%s", inputs);
    for (char *at = strtok(text, " "); at; at = strtok(NULL, " "))
        assert_true(tg_expr_input(tape, at, &error));
    tg_node *y = tg_expr(tape, formula, &error);
    assert_non_null(y);
    tg_check_report *report = tg_check(y, options);
    assert_non_null(report);
    tg_tape_free(tape);
    return report;
}

static void assert_inconclusive(const char *formula, const char *inputs, const char *reason) {
    for (int rule = 0; rule < TG_NSTEP_RULES; rule++) {
        tg_check_report *r = check(formula, inputs, (tg_check_options){.rule = (tg_step_rule)rule});
        if (r->verdict != TG_VERDICT_INCONCLUSIVE || !strstr(r->message, reason)) {
            tg_check_print(r, stderr);
            fail_msg("%s, %s", formula, inputs);
        }
        tg_check_free(r);
    }
}

static void what_is_not_finite_never_passes(void **state) {
    (void)state;
    assert_inconclusive("exp(x)", "x=1000", "its value is not finite");
    assert_inconclusive("1e300*x*1e10", "x=1", "its value is not finite");
    assert_inconclusive("log(x)", "x=0", "its value is not finite");
}

/* The gradient is right, twice it overflows. */
static void an_overflow_is_no_broken_contract(void **state) {
    (void)state;
    tg_check_report *r = check("exp(x)", "x=709.7", (tg_check_options){0});
    assert_int_equal(r->nculprits, 0);
    assert_true(r->verdict == TG_VERDICT_INCONCLUSIVE || r->verdict == TG_VERDICT_PASS);
    tg_check_free(r);
}

/* x, with a gradient that is infinite: differences are sure of their 1. */
static void forward(tg_eval *e) {
    memcpy(e->y, e->x[0], (size_t)e->n * sizeof(double));
}

static void backward(tg_eval *e) {
    for (int64_t i = 0; i < e->n; i++) ((double *)e->dx[0])[i] += ((const double *)e->dy)[i] * INFINITY;
}

static void an_infinite_gradient_fails_where_differences_are_reliable(void **state) {
    (void)state;
    const tg_kernel kernel = {.forward = forward, .backward = backward};
    const tg_kernel *const kernels[3] = {&kernel, &kernel, &kernel};
    const tg_op op = {.name = "boundless", .arity = 1, .infer = tg_infer_same, .kernels = kernels};
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_input(tape, "x", TG_F64, 0, NULL);
    tg_set_f64(x, (double[]){0.5});
    tg_require_grad(x, true);
    tg_node *y = tg_apply(&op, NULL, 1, &x);
    assert_tape_ok(tape);
    for (int rule = 0; rule < TG_NSTEP_RULES; rule++) {
        tg_check_report *r =
            tg_check(y, (tg_check_options){
                            .rule = (tg_step_rule)rule, .directions = 3, .no_drift = true, .no_blame = true});
        assert_int_equal(r->verdict, TG_VERDICT_FAIL);
        assert_int_equal(r->counts[TG_VERDICT_FAIL], 1);
        tg_check_free(r);
    }
    tg_tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_finite_never_passes),
        cmocka_unit_test(an_overflow_is_no_broken_contract),
        cmocka_unit_test(an_infinite_gradient_fails_where_differences_are_reliable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
