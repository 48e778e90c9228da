/* Faults that hide: in f32 only, in one element of many, for one choice of wanted gradients, in what a kernel writes
   or reads though it must not. Each is found and blamed, in words that are true of it. */
#include "support/own_ops.h"
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static tg_node *leaf(tg_tape *tape, const char *name, int64_t rows, int64_t columns, uint64_t seed) {
    tg_node *x = tg_input(tape, name, tg_tape_dtype(tape), 2, (int64_t[]){rows, columns});
    double *values = malloc((size_t)(rows * columns) * sizeof *values);
    tg_rng rng = {.seed = seed, .stream = 7};
    assert_non_null(values);
    for (int64_t i = 0; i < rows * columns; i++) values[i] = 0.7 * tg_rng_normal(&rng);
    tg_set_f64(x, values);
    free(values);
    tg_require_grad(x, true);
    return x;
}

typedef struct network {
    tg_tape *tape;
    tg_node *bad, *loss;
    int line;
} network;

/* mean((tanh(x w) suspect sigmoid(x))^2); the suspect may be another op, and be applied to leaves at once. */
static network build(tg_dtype dtype, const tg_op *op) {
    network n = {.tape = tg_tape_new(dtype)};
    tg_node *x = leaf(n.tape, "x", 4, 4, 1), *w = leaf(n.tape, "w", 4, 4, 2);
    tg_node *args[] = {tg_tanh(tg_matmul(x, w)), tg_sigmoid(x)};
    n.bad = tg_apply(op, NULL, 2, args);
    n.line = __LINE__ - 1;
    n.loss = tg_mean(tg_square(n.bad));
    assert_tape_ok(n.tape);
    return n;
}

static const char *printed(const tg_check_report *r) {
    static char text[8000];
    FILE *out = fmemopen(text, sizeof text, "w");
    assert_non_null(out);
    tg_check_print(r, out);
    fclose(out);
    return text;
}

static void assert_says(const tg_check_report *r, const char *text) {
    if (!strstr(printed(r), text)) fail_msg("\"%s\" is not said:\n%s", text, printed(r));
}

static void assert_silent(const tg_check_report *r, const char *text) {
    if (strstr(printed(r), text)) fail_msg("\"%s\" is said:\n%s", text, printed(r));
}

/* Checks the network; the suspect, and nobody else, must be blamed with these words. */
static tg_check_report *blame(int fault, tg_dtype dtype, const tg_op *op, const char *words) {
    tg_suspect = fault;
    network n = build(dtype, op);
    tg_check_report *r = tg_check(n.loss, (tg_check_options){0});
    tg_suspect = TG_SUSPECT_NONE;
    if (r->verdict != TG_VERDICT_FAIL || r->nculprits != 1 || r->culprits[0].node != tg_id(n.bad))
        fail_msg("%s", printed(r));
    assert_int_equal(r->culprits[0].where.line, n.line);
    assert_string_equal(r->culprits[0].shapes, "(4,4) x (4,4) -> (4,4)");
    assert_says(r, words);
    tg_tape_free(n.tape);
    return r;
}

static void what_is_wrong_in_f32_only_is_blamed(void **state) {
    (void)state;
    const struct {
        int fault;
        const char *words;
    } faults[] = {
        {TG_SUSPECT_F32_FORWARD, "in f32 its forward gives "},
        {TG_SUSPECT_F32_SCALE, "in f32 its backward gives "},
        {TG_SUSPECT_F32_ONE, "for element 8 of the gradient of argument "},
        {TG_SUSPECT_F32_NAN, "in f32 its backward gives nan for element 1 of "},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        tg_check_report *r = blame(faults[i].fault, TG_F32, &tg_op_suspect, faults[i].words);
        assert_true(r->culprits[0].f32_only);
        assert_int_equal(r->counts[TG_VERDICT_FAIL], 0);
        assert_says(r, "wrong in f32 only");
        tg_check_free(r);
        tg_suspect = faults[i].fault;
        tg_op_report sweep = tg_check_op(&tg_op_suspect, (tg_check_options){0});
        network n = build(TG_F64, &tg_op_suspect);
        r = tg_check(n.loss, (tg_check_options){0}); /* a tape of f64 runs no kernel that is wrong */
        tg_suspect = TG_SUSPECT_NONE;
        assert_int_equal(sweep.verdict, TG_VERDICT_FAIL);
        assert_non_null(strstr(sweep.message, "f32 against f64: "));
        assert_int_equal(r->verdict, TG_VERDICT_PASS);
        tg_check_free(r);
        tg_tape_free(n.tape);
    }
}

static void what_is_read_without_being_declared_is_blamed(void **state) {
    (void)state;
    for (tg_dtype dtype = TG_F32; dtype <= TG_F64; dtype++)
        for (int elementwise = 0; elementwise < 2; elementwise++) {
            tg_op op = tg_op_suspect;
            op.elementwise = elementwise;
            op.saves = TG_SAVES_ARG(0);
            tg_check_report *r =
                blame(TG_SUSPECT_NONE, dtype, &op,
                      "backward reads the value of argument 2, which .saves does not declare");
            tg_check_free(r);
        }
}

static void a_gradient_that_depends_on_which_are_wanted_is_blamed(void **state) {
    (void)state;
    tg_check_report *r = blame(TG_SUSPECT_ALONE, TG_F32, &tg_op_suspect,
                               "gives another gradient when that of argument 1 is not wanted");
    assert_int_equal(r->counts[TG_VERDICT_FAIL], 0); /* on this tape both are wanted */
    assert_silent(r, "too small");
    tg_check_free(r);
    tg_suspect = TG_SUSPECT_ALONE;
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = leaf(tape, "x", 4, 4, 1), *c = leaf(tape, "c", 4, 4, 2);
    tg_require_grad(c, false);
    tg_node *y = tg_suspect_at(TG_HERE, x, c);
    r = tg_check(tg_sum(y), (tg_check_options){0});
    tg_suspect = TG_SUSPECT_NONE;
    assert_true(r->counts[TG_VERDICT_FAIL] > 0);
    assert_int_equal(r->nculprits, 1);
    assert_int_equal(r->culprits[0].node, tg_id(y));
    tg_check_free(r);
    tg_tape_free(tape);
}

static void who_writes_where_he_may_only_read_is_blamed_for_that(void **state) {
    (void)state;
    const struct {
        int fault;
        const char *words;
    } faults[] = {
        {TG_SUSPECT_FORWARD_WRITES, "its forward kernel changes the value of argument 1"},
        {TG_SUSPECT_BACKWARD_WRITES, "its backward kernel changes the value of argument 2"},
        {TG_SUSPECT_BACKWARD_WRITES_Y, "its backward kernel changes its own value"},
        {TG_SUSPECT_BACKWARD_WRITES_DY, "its backward kernel changes the gradient that arrives"},
    };
    for (tg_dtype dtype = TG_F32; dtype <= TG_F64; dtype++)
        for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
            tg_check_report *r = blame(faults[i].fault, dtype, &tg_op_suspect, faults[i].words);
            assert_silent(r, "overwrites");
            tg_check_free(r);
        }
    tg_check_free(blame(TG_SUSPECT_OVERWRITES, TG_F64, &tg_op_suspect, "overwrites instead of adding"));
}

/* All but a few elements are right, and the few are not looked at one by one. */
static void one_element_of_a_million_is_blamed(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = leaf(tape, "x", 1000, 1000, 1), *c = leaf(tape, "c", 1000, 1000, 2);
    tg_require_grad(c, false);
    tg_suspect = TG_SUSPECT_ONE;
    tg_node *y = tg_suspect_at(TG_HERE, x, c);
    tg_check_report *r = tg_check(tg_mean(y), (tg_check_options){.budget = 100, .no_drift = true});
    tg_suspect = TG_SUSPECT_NONE;
    assert_int_equal(r->verdict, TG_VERDICT_FAIL);
    assert_int_equal(r->nculprits, 1);
    assert_int_equal(r->culprits[0].node, tg_id(y));
    assert_says(r, "element 333333");
    tg_check_free(r);
    tg_tape_free(tape);
}

/* The wrong element's gradient is so small beside the others' that no random direction shows it. */
static void a_wrong_element_that_hides_behind_large_ones_is_followed(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = leaf(tape, "x", 60, 60, 1), *c = leaf(tape, "c", 60, 60, 2);
    tg_require_grad(c, false);
    ((double *)tg_value(c))[1200] = ((double *)tg_value(x))[1200] = 1e-6;
    tg_suspect = TG_SUSPECT_ONE;
    tg_node *y = tg_suspect_at(TG_HERE, tg_reshape(x, TG_SHAPE(60, 60)), c);
    tg_check_report *r = tg_check(tg_sum(tg_sin(y)), (tg_check_options){0});
    tg_suspect = TG_SUSPECT_NONE;
    assert_int_equal(r->counts[TG_VERDICT_FAIL], 1);
    assert_int_equal(r->worst[0].index, 1200);
    if (r->nculprits != 1 || r->culprits[0].node != tg_id(y)) fail_msg("%s", printed(r));
    assert_says(r, "the most in element 1200: ");
    tg_check_free(r);
    tg_tape_free(tape);
}

/* Numbers whose f32 results are rightly far from those of f64, in relative terms. */
static void fill(tg_node *x, int kind, uint64_t seed) {
    tg_rng rng = {.seed = seed};
    for (int64_t i = 0; i < tg_size(x); i++) {
        const double z = tg_rng_normal(&rng);
        const double kinds[] = {z,      100 + 0.1 * z,      0.1,          1e-3 * z,
                                10 * z, 1e-6 * (1 + z * z), 20 + fabs(z), -30 + z};
        ((float *)tg_value(x))[i] = (float)kinds[kind];
    }
}

static void rounding_is_never_blamed(void **state) {
    (void)state;
    for (tg_naive = 0; tg_naive < TG_NAIVES; tg_naive++)
        for (int kind = 0; kind < 8; kind++)
            for (int64_t n = 10; n <= (tg_naive <= TG_NAIVE_LOGSUMEXP ? 25000 : 500); n *= 45) {
                tg_tape *tape = tg_tape_new(TG_F32);
                tg_node *x = tg_input(tape, "x", TG_F32, 1, &n);
                fill(x, kind, (uint64_t)n);
                tg_require_grad(x, true);
                tg_node *y = tg_apply(&tg_op_naive, NULL, 1, &x);
                assert_tape_ok(tape);
                tg_check_report *r = tg_check(y, (tg_check_options){.budget = 3, .directions = -1});
                const bool overflows = tg_naive == TG_NAIVE_LOGSUMEXP && kind == 1; /* no digit remains */
                if (r->nculprits != overflows)
                    fail_msg("naive %d, numbers %d, n %d: %s", tg_naive, kind, (int)n, printed(r));
                if (overflows) assert_says(r, "in f32 its forward gives inf for element 0, in f64 1");
                tg_check_free(r);
                tg_tape_free(tape);
            }
}

/* |x|, or a ramp of slopes -1 and 3, with a mean gradient at 0 that central differences confirm. */
static double ramp_left;
static void ramp_forward(tg_eval *e) {
    for (int64_t i = 0; i < e->n; i++) {
        const double x = ((const double *)e->x[0])[i];
        ((double *)e->y)[i] = x < 0 ? ramp_left * x : x;
    }
}

static void ramp_backward(tg_eval *e) {
    for (int64_t i = 0; i < e->n; i++) {
        const double x = ((const double *)e->x[0])[i];
        ((double *)e->dx[0])[i] += ((const double *)e->dy)[i] * (x < 0   ? ramp_left
                                                                 : x > 0 ? 1
                                                                         : (ramp_left + 1) / 2);
    }
}

static void an_undeclared_kink_is_seen_though_its_mean_slope_is_the_gradient(void **state) {
    (void)state;
    const tg_kernel kernel = {.forward = ramp_forward, .backward = ramp_backward};
    const tg_kernel *const kernels[3] = {&kernel, &kernel, &kernel};
    const tg_op op = {
        .name = "ramp", .arity = 1, .infer = tg_infer_same, .saves = TG_SAVES_ARG(0), .kernels = kernels};
    for (int k = 0; k < 2 * TG_NSTEP_RULES; k++) {
        ramp_left = k % 2 ? -1 : 3;
        tg_tape *tape = tg_tape_new(TG_F64);
        tg_node *x = leaf(tape, "x", 1, 3, 1);
        tg_set_f64(x, (double[]){-1, 0, 2});
        tg_node *y = tg_apply(&op, NULL, 1, &x);
        tg_check_report *r = tg_check(
            y, (tg_check_options){.rule = (tg_step_rule)(k / 2), .no_blame = true, .no_drift = true});
        if (r->counts[TG_VERDICT_INCONCLUSIVE] != 1 || r->counts[TG_VERDICT_PASS] != 2)
            fail_msg("%s", printed(r));
        assert_int_equal(r->worst[0].index, 1);
        assert_says(r, "its slope jumps, and no branch kernel says so");
        tg_check_free(r);
        tg_tape_free(tape);
    }
}

static void a_point_on_an_undeclared_kink_blames_nobody(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++) {
        tg_tape *tape = tg_tape_new(TG_F32);
        tg_node *x = leaf(tape, "x", 1, 3, 1);
        tg_set_f64(x, (double[]){-1, 0, 2});
        tg_naive = TG_NAIVE_ABS;
        tg_check_report *r =
            tg_check(tg_mean(tg_apply(&tg_op_naive, NULL, 1, &x)), (tg_check_options){.seed = seed});
        if (r->verdict != TG_VERDICT_PASS || r->nculprits) fail_msg("%s", printed(r));
        assert_int_equal(r->counts[TG_VERDICT_INCONCLUSIVE], 1);
        tg_check_free(r);
        tg_tape_free(tape);
    }
}

/* Smooth functions whose gradient is 0 at the point, and declared kinks. */
static void nothing_smooth_is_said_to_jump(void **state) {
    (void)state;
    const char *const formulas[] = {
        "x^2",         "x^4",     "cos(x)",     "tanh(x)*x", "sqrt(x*x+1e-12)", "exp(-1000*x*x)",
        "x*x*x",       "1e6*x^2", "1e-9*x^2+x", "(x+1e8)*x", "cos(1000*x)",     "sqrt(x*x+1)",
        "log(cos(x))", "abs(x)",  "relu(x)"};
    for (size_t i = 0; i < sizeof formulas / sizeof *formulas; i++)
        for (int rule = 0; rule < TG_NSTEP_RULES; rule++) {
            tg_expr_error error = {0};
            tg_tape *tape = tg_tape_new(TG_F64);
            char input[] = "x=0";
            assert_true(tg_expr_input(tape, input, &error));
            tg_node *y = tg_expr(tape, formulas[i], &error);
            assert_non_null(y);
            tg_check_report *r = tg_check(y, (tg_check_options){.rule = (tg_step_rule)rule});
            if (r->verdict == TG_VERDICT_FAIL || strstr(printed(r), "slope jumps"))
                fail_msg("%s: %s", formulas[i], printed(r));
            tg_check_free(r);
            tg_tape_free(tape);
        }
}

static void who_declares_assigns_and_adds_is_blamed_for_that(void **state) {
    (void)state;
    tg_op op = tg_op_suspect;
    op.assigns = true;
    for (int dtype = TG_F32; dtype <= TG_F64; dtype++)
        tg_check_free(
            blame(TG_SUSPECT_NONE, (tg_dtype)dtype, &op,
                  "backward adds where e->fresh says that nothing is there to add to: element 0 of the"));
}

/* Every number is right as long as one block holds the whole tensor. */
static void who_is_not_elementwise_though_he_says_so_is_blamed(void **state) {
    (void)state;
    for (int honest = 0; honest < 2; honest++) {
        tg_op op = tg_op_nosy;
        op.elementwise = !honest;
        tg_tape *tape = tg_tape_new(TG_F32);
        tg_node *x = leaf(tape, "x", 2, 8, 1);
        tg_check_report *r = tg_check(tg_mean(tg_tanh(tg_apply(&op, NULL, 1, &x))), (tg_check_options){0});
        tg_op_report sweep = tg_check_op(&op, (tg_check_options){0});
        const tg_verdict verdict = honest ? TG_VERDICT_PASS : TG_VERDICT_FAIL;
        if (r->verdict != verdict || r->nculprits != !honest) fail_msg("%s", printed(r));
        assert_int_equal(sweep.verdict, verdict);
        if (!honest) {
            assert_says(r, "it is not .elementwise, as declared: element 0 of its value depends on other");
            assert_non_null(strstr(sweep.message, "it is not .elementwise, as declared"));
        }
        tg_check_free(r);
        tg_tape_free(tape);
    }
}

static void an_infinite_gradient_is_blamed(void **state) {
    (void)state;
    tg_check_free(blame(TG_SUSPECT_INFINITE, TG_F64, &tg_op_suspect, "confirmed by differences"));
}

/* Forward mode, which is what ops are examined with, agrees with backward: only differences know better. */
static void what_forward_mode_leaves_out_too_fails(void **state) {
    (void)state;
    for (tg_dtype dtype = TG_F32; dtype <= TG_F64; dtype++) {
        tg_suspect = TG_SUSPECT_STOPPED;
        network n = build(dtype, &tg_op_suspect);
        tg_check_report *r = tg_check(n.loss, (tg_check_options){0});
        tg_suspect = TG_SUSPECT_NONE;
        assert_int_equal(r->verdict, TG_VERDICT_FAIL);
        assert_says(r, "a forward that converts `real` to double");
        tg_check_free(r);
        tg_tape_free(n.tape);
    }
}

/* On a tape of its own each of the two is right. */
static void what_two_nodes_keep_in_one_place_fails(void **state) {
    (void)state;
    for (int chained = 0; chained < 2; chained++) {
        tg_suspect = TG_SUSPECT_SHARED;
        tg_tape *tape = tg_tape_new(TG_F64);
        tg_node *x = leaf(tape, "x", 4, 4, 1), *w = leaf(tape, "w", 4, 4, 2);
        tg_node *one = tg_suspect_at(TG_HERE, tg_sin(x), tg_cos(w));
        tg_node *two = tg_suspect_at(TG_HERE, chained ? one : tg_exp(w), tg_tanh(w));
        tg_check_report *r = tg_check(tg_sum(tg_mul(one, two)), (tg_check_options){0});
        tg_suspect = TG_SUSPECT_NONE;
        assert_int_equal(r->verdict, TG_VERDICT_FAIL);
        assert_int_equal(r->nculprits, 0);
        assert_says(r, "keeps what its next call overwrites");
        tg_check_free(r);
        tg_tape_free(tape);
    }
}

/* Differences are taken in one thread, op by op. */
static void what_is_wrong_in_a_replay_only_fails_in_both_precisions(void **state) {
    (void)state;
    for (tg_dtype dtype = TG_F32; dtype <= TG_F64; dtype++) {
        tg_suspect = TG_SUSPECT_THREADED;
        tg_tape *tape = tg_tape_new_spec((tg_tape_spec){.dtype = dtype, .threads = 2});
        tg_node *y = tg_suspect_at(TG_HERE, leaf(tape, "x", 4, 4, 1), leaf(tape, "w", 4, 4, 2));
        tg_check_report *r = tg_check(tg_mean(y), (tg_check_options){0});
        tg_suspect = TG_SUSPECT_NONE;
        assert_int_equal(r->verdict, TG_VERDICT_FAIL);
        assert_int_equal(r->counts[TG_VERDICT_FAIL], 0);
        assert_says(r, "a replay (execution plan, threads) gives another gradient than op by op");
        tg_check_free(r);
        tg_tape_free(tape);
    }
}

/* Infinity times zero: the deviation of equal numbers. */
static void a_gradient_that_is_not_finite_says_where_to_look(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_input(tape, "x", TG_F64, 1, (int64_t[]){2});
    tg_set_f64(x, (double[]){3, 3});
    tg_require_grad(x, true);
    tg_check_report *r = tg_check(tg_sqrt(tg_variance(x)), (tg_check_options){0});
    assert_int_equal(r->verdict, TG_VERDICT_FAIL);
    assert_says(r, "tg_anomaly names the first that is not");
    tg_check_free(r);
    tg_tape_free(tape);
}

/* Whoever reads the report must see that something was not looked at. */
static void what_was_left_out_is_said(void **state) {
    (void)state;
    network n = build(TG_F32, &tg_op_suspect);
    const char *const words[] = {
        "left out: ops one by one (.no_blame)\n", "left out: f32 and the execution plan (.no_drift)\n",
        "left out: ops one by one (.no_blame) f32 and the execution plan (.no_drift)\n", "drift of f32"};
    for (int i = 0; i < 4; i++) {
        tg_check_report *r =
            tg_check(n.loss, (tg_check_options){.no_blame = i == 0 || i == 2, .no_drift = i == 1 || i == 2});
        assert_says(r, words[i]);
        if (i == 3) assert_silent(r, "left out");
        tg_check_free(r);
    }
    tg_tape_free(n.tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_in_f32_only_is_blamed),
        cmocka_unit_test(what_is_read_without_being_declared_is_blamed),
        cmocka_unit_test(who_declares_assigns_and_adds_is_blamed_for_that),
        cmocka_unit_test(who_is_not_elementwise_though_he_says_so_is_blamed),
        cmocka_unit_test(a_gradient_that_depends_on_which_are_wanted_is_blamed),
        cmocka_unit_test(who_writes_where_he_may_only_read_is_blamed_for_that),
        cmocka_unit_test(one_element_of_a_million_is_blamed),
        cmocka_unit_test(a_wrong_element_that_hides_behind_large_ones_is_followed),
        cmocka_unit_test(rounding_is_never_blamed),
        cmocka_unit_test(an_undeclared_kink_is_seen_though_its_mean_slope_is_the_gradient),
        cmocka_unit_test(a_point_on_an_undeclared_kink_blames_nobody),
        cmocka_unit_test(nothing_smooth_is_said_to_jump),
        cmocka_unit_test(an_infinite_gradient_is_blamed),
        cmocka_unit_test(what_forward_mode_leaves_out_too_fails),
        cmocka_unit_test(what_two_nodes_keep_in_one_place_fails),
        cmocka_unit_test(what_is_wrong_in_a_replay_only_fails_in_both_precisions),
        cmocka_unit_test(a_gradient_that_is_not_finite_says_where_to_look),
        cmocka_unit_test(what_was_left_out_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
