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

/* Whether a check of a right gradient ends in anything else than a pass or a doubt. */
static void assert_not_refused(const char *formula, const char *inputs) {
    for (int rule = 0; rule < TG_NSTEP_RULES; rule++) {
        tg_check_report *r =
            check(formula, inputs, (tg_check_options){.rule = (tg_step_rule)rule, .seed = 3});
        if (r->verdict != TG_VERDICT_PASS && r->verdict != TG_VERDICT_INCONCLUSIVE) {
            tg_check_print(r, stderr);
            fail_msg("%s, %s, %d", formula, inputs, rule);
        }
        tg_check_free(r);
    }
}

/* The derivative by the exponent, which nobody wants here, is rightly NaN. */
static void powers_of_negative_numbers_pass(void **state) {
    (void)state;
    const char *const formulas[] = {"x^2", "x^3", "(x-3)^2", "(x-1)^-1"};
    for (size_t k = 0; k < sizeof formulas / sizeof *formulas; k++) {
        tg_check_report *r = check(formulas[k], "x=-2", (tg_check_options){.tolerance = 0});
        if (r->verdict != TG_VERDICT_PASS) fail_msg("%s: %s", formulas[k], r->message);
        tg_check_free(r);
    }
}

static void a_pole_nearby_is_no_failure(void **state) {
    (void)state;
    const char *const points[] = {"x=0.01", "x=1e-3", "x=1e-4", "x=1e-5",  "x=1e-6",  "x=-3e-7",
                                  "x=1e-8", "x=2e-9", "x=1e-9", "x=1e-12", "x=1e-30", "x=3e-26"};
    const char *const formulas[] = {"1/x",     "sqrt(x*x)",     "1/(x*x*x)",    "tanh(1e8*x)", "tanh(1e6*x)",
                                    "1/(x*x)", "exp(-1e5*x*x)", "tanh(1e30*x)", "log(x*x)",    "x*x"};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
        for (size_t k = 0; k < sizeof formulas / sizeof *formulas; k++)
            assert_not_refused(formulas[k], points[i]);
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        if (points[i][2] == '-') continue;
        assert_not_refused("sqrt(x)", points[i]);
        assert_not_refused("log(x)", points[i]);
        assert_not_refused("x^-3", points[i]);
        assert_not_refused("x^0.9", points[i]);
    }
    assert_not_refused("x/y", "x=1 y=1e-10");
    assert_not_refused("log(1-x)", "x=0.9999999999999999");
    assert_not_refused("tanh(1e8*(x-0.3))", "x=0.300000001");
}

static void steps_below_x_decide_where_they_can(void **state) {
    (void)state;
    const char *const formulas[] = {"1/x", "tanh(1e6*x)", "log(x)"};
    for (int i = 0; i < 3; i++) {
        tg_check_report *r = check(formulas[i], "x=1e-6", (tg_check_options){0});
        assert_int_equal(r->verdict, TG_VERDICT_PASS);
        tg_check_free(r);
    }
}

static void a_wrong_gradient_near_a_pole_still_fails(void **state) {
    (void)state;
    const tg_corruption kinds[] = {TG_CORRUPT_SIGN, TG_CORRUPT_SCALE, TG_CORRUPT_ZERO};
    for (int i = 0; i < 3; i++)
        for (int rule = 0; rule < TG_NSTEP_RULES; rule++) {
            tg_mutation *mutation = tg_mutation_new(tg_op_find("log"), kinds[i], 0);
            tg_tape *tape = tg_tape_new(TG_F64);
            tg_node *x = tg_input(tape, "x", TG_F64, 0, NULL);
            tg_set_f64(x, (double[]){1e-6});
            tg_require_grad(x, true);
            tg_node *y = tg_mutation_apply(mutation, NULL, 1, &x);
            tg_check_report *r =
                tg_check(y, (tg_check_options){.rule = (tg_step_rule)rule, .no_blame = true});
            assert_int_equal(r->verdict, rule == TG_STEP_CENTRAL ? TG_VERDICT_INCONCLUSIVE : TG_VERDICT_FAIL);
            tg_check_free(r);
            tg_tape_free(tape);
            tg_mutation_free(mutation);
        }
}

/* The value is finite: it is the step that is at fault. */
static void a_step_larger_than_x_is_named(void **state) {
    (void)state;
    const char *const formulas[] = {"sqrt(x)", "x^2"}, *const points[] = {"x=1e-12", "x=1e-200"};
    for (int i = 0; i < 2; i++) {
        tg_check_report *r = check(formulas[i], points[i], (tg_check_options){0});
        assert_int_equal(r->verdict, TG_VERDICT_INCONCLUSIVE);
        assert_non_null(strstr(r->message, "steps larger than |x|"));
        tg_check_free(r);
    }
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

/* The quotients of all steps agree, on a number that is not the derivative. */
static void what_is_sharper_than_any_step_is_not_refused(void **state) {
    (void)state;
    const char *const formulas[][2] = {{"sin(1e10*x)", "x=0.7"},          {"x + 1e-9*sin(1e8*x)", "x=0.3"},
                                       {"x + 1e-10*sin(1e11*x)", "x=-1"}, {"x - sqrt(x*x - 1)", "x=1e8"},
                                       {"sin(x)", "x=1234567890123"},     {"sin(x*z)", "x=1e-8 z=1e8"}};
    int proved = 0;
    for (size_t k = 0; k < sizeof formulas / sizeof *formulas; k++) {
        assert_not_refused(formulas[k][0], formulas[k][1]);
        tg_check_report *r = check(formulas[k][0], formulas[k][1], (tg_check_options){0});
        assert_int_equal(r->nculprits, 0);
        proved += strstr(r->message,
                         "the function is sharper than any step (forward mode and each op alone") != NULL;
        tg_check_free(r);
    }
    assert_true(proved >= 3);
}

/* 60 steps of the logistic map, whose derivative is about 1e18; `corruption` of one of them, or none. */
static tg_check_report *check_chaos(const tg_mutation *corruption) {
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_input(tape, "x", TG_F64, 0, NULL), *h = x;
    tg_set_f64(x, (double[]){0.3141});
    tg_require_grad(x, true);
    for (int i = 0; i < 60; i++) {
        tg_node *args[] = {tg_scale(h, 4), tg_sub(tg_scalar(tape, 1), h)};
        h = corruption && i == 20 ? tg_mutation_apply((tg_mutation *)(uintptr_t)corruption, NULL, 2, args)
                                  : tg_mul(args[0], args[1]);
    }
    tg_check_report *r = tg_check(h, (tg_check_options){.directions = 2});
    tg_tape_free(tape);
    return r;
}

static void chaos_cannot_be_judged_but_a_wrong_op_in_it_can(void **state) {
    (void)state;
    tg_check_report *r = check_chaos(NULL);
    assert_int_equal(r->verdict, TG_VERDICT_INCONCLUSIVE);
    assert_int_equal(r->nculprits + r->directions_failed, 0);
    assert_non_null(
        strstr(r->message, "the function is sharper than any step (forward mode and each op alone"));
    tg_check_free(r);
    for (int kind = 0; kind < TG_NCORRUPTIONS; kind++) {
        tg_mutation *mutation = tg_mutation_new(tg_op_find("mul"), (tg_corruption)kind, 1);
        r = check_chaos(mutation);
        if (tg_mutation_bites(mutation)) assert_int_equal(r->verdict, TG_VERDICT_FAIL);
        if (tg_mutation_bites(mutation)) assert_int_equal(r->nculprits, 1);
        tg_check_free(r);
        tg_mutation_free(mutation);
    }
}

static void a_constant_with_a_gradient_of_zero_passes(void **state) {
    (void)state;
    const char *const formulas[] = {"0*x", "x - x", "x/x", "relu(x)"};
    for (size_t k = 0; k < sizeof formulas / sizeof *formulas; k++)
        for (int rule = 0; rule < TG_NSTEP_RULES; rule++) {
            tg_check_report *r = check(formulas[k], "x=-0.7", (tg_check_options){.rule = (tg_step_rule)rule});
            assert_int_equal(r->verdict, TG_VERDICT_PASS);
            tg_check_free(r);
        }
}

/* Derivatives too small for duals are no fault of the op's, and a value that never moves says little of them. */
static void derivatives_that_vanish_blame_nobody(void **state) {
    (void)state;
    const char *const formulas[] = {"1e-300*tanh(x)", "1e-320*tanh(x)"};
    for (int k = 0; k < 2; k++) {
        tg_check_report *r = check(formulas[k], "x=0.3", (tg_check_options){0});
        assert_int_equal(r->nculprits, 0);
        assert_int_not_equal(r->verdict, TG_VERDICT_FAIL);
        tg_check_free(r);
    }
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_input(tape, "x", TG_F64, 2, (int64_t[]){1, 3});
    tg_set_f64(x, (double[]){80, 0, 0}); /* gradients of 1e-35, of a loss that is 0 */
    tg_require_grad(x, true);
    tg_node *loss = tg_cross_entropy(x, tg_constant(tape, TG_I32, 1, (int64_t[]){1}, (int32_t[]){0}));
    tg_check_report *r = tg_check(loss, (tg_check_options){0});
    assert_int_equal(r->counts[TG_VERDICT_FAIL], 0);
    assert_int_equal(r->nculprits, 0);
    tg_check_free(r);
    tg_tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_finite_never_passes),
        cmocka_unit_test(powers_of_negative_numbers_pass),
        cmocka_unit_test(a_pole_nearby_is_no_failure),
        cmocka_unit_test(steps_below_x_decide_where_they_can),
        cmocka_unit_test(a_wrong_gradient_near_a_pole_still_fails),
        cmocka_unit_test(a_step_larger_than_x_is_named),
        cmocka_unit_test(an_overflow_is_no_broken_contract),
        cmocka_unit_test(an_infinite_gradient_fails_where_differences_are_reliable),
        cmocka_unit_test(what_is_sharper_than_any_step_is_not_refused),
        cmocka_unit_test(chaos_cannot_be_judged_but_a_wrong_op_in_it_can),
        cmocka_unit_test(a_constant_with_a_gradient_of_zero_passes),
        cmocka_unit_test(derivatives_that_vanish_blame_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
