/* Who is to blame: the report names the op, its shapes, its attributes and the caller's line. */
#include "support/own_ops.h"
#include "support/test.h"

#include <stdio.h>
#include <string.h>

static tg_node *leaf(tg_tape *tape, const char *name, uint64_t seed) {
    double values[16];
    tg_rng rng = {.seed = seed, .stream = 7};
    for (int i = 0; i < 16; i++) values[i] = 0.7 * tg_rng_normal(&rng);
    tg_node *x = tg_input(tape, name, tg_tape_dtype(tape), 2, (int64_t[]){4, 4});
    tg_set_f64(x, values);
    tg_require_grad(x, true);
    return x;
}

static void one_wrong_op_is_named_with_its_line(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = leaf(tape, "x", 1), *w = leaf(tape, "w", 2);
    tg_node *h = tg_matmul(x, w);
    tg_node *bad = tg_apply(&tg_op_wrong_swish, NULL, 1, &h);
    const int line = __LINE__ - 1;
    tg_check_report *r = tg_check(tg_sigmoid(tg_matmul(bad, w)), (tg_check_options){0});
    assert_int_equal(r->verdict, TG_VERDICT_FAIL);
    assert_int_equal(r->nculprits, 1);
    assert_string_equal(r->culprits[0].op, "wrong_swish");
    assert_int_equal(r->culprits[0].node, tg_id(bad));
    assert_int_equal(r->culprits[0].where.line, line);
    assert_non_null(strstr(r->culprits[0].where.file, "test_check_blame.c"));
    assert_string_equal(r->culprits[0].shapes, "(4,4) -> (4,4)");
    assert_non_null(strstr(r->culprits[0].fault, "confirmed by differences"));
    tg_check_free(r);
    tg_tape_free(tape);
}

static void attributes_are_shown(void **state) {
    (void)state;
    tg_mutation *mutation = tg_mutation_new(&tg_op_swish, TG_CORRUPT_SCALE, 0);
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = leaf(tape, "x", 1);
    tg_node *y = tg_mutation_apply(mutation, &(tg_swish_options){.beta = 2.5}, 1, &x);
    tg_check_report *r = tg_check(y, (tg_check_options){0});
    assert_int_equal(r->nculprits, 1);
    assert_string_equal(r->culprits[0].op, "swish");
    assert_string_equal(r->culprits[0].attributes, "beta=2.5");
    tg_check_free(r);
    tg_tape_free(tape);
    tg_mutation_free(mutation);
}

static void an_op_that_writes_into_its_argument_is_found_though_it_is_right(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = leaf(tape, "x", 1), *s = tg_sigmoid(x);
    tg_node *y = tg_apply(&tg_op_vandal, NULL, 1, &s);
    tg_check_report *r = tg_check(y, (tg_check_options){0});
    assert_int_equal(r->verdict, TG_VERDICT_FAIL);
    assert_int_equal(r->nculprits, 1);
    assert_string_equal(r->culprits[0].op, "vandal");
    assert_non_null(strstr(r->culprits[0].fault, "forward kernel changes the value of argument 1"));
    tg_check_free(r);
    tg_tape_free(tape);
}

static void what_is_no_function_is_said_to_be_none(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = leaf(tape, "x", 1);
    tg_check_report *r = tg_check(tg_apply(&tg_op_moody, NULL, 1, &x), (tg_check_options){0});
    assert_false(r->deterministic);
    assert_int_equal(r->verdict, TG_VERDICT_FAIL);
    assert_non_null(strstr(r->message, "not a function"));
    tg_check_free(r);
    tg_tape_free(tape);
}

/* A mask that is drawn anew is none either, but the check replays the numbers that were drawn. */
static void random_ops_are_replayed(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = leaf(tape, "x", 1), *w = leaf(tape, "w", 2);
    tg_node *y = tg_sum(tg_square(tg_matmul(tg_dropout(x, (tg_dropout_options){.keep = 0.5}), w)));
    for (int step = 0; step < 3; step++) {
        assert_true(tg_replay(tape));
        double before = tg_item(y);
        tg_check_report *r = tg_check(y, (tg_check_options){0});
        if (!tg_check_ok(r)) tg_check_print(r, stderr);
        assert_true(tg_check_ok(r));
        assert_true(r->value_drift < 1e-6); /* the very same mask */
        assert_true(tg_item(y) == before);
        tg_check_free(r);
    }
    tg_tape_free(tape);
}

static void a_forward_that_leaves_real_is_told_from_a_wrong_backward(void **state) {
    (void)state;
    tg_op_report r = tg_check_op(&tg_op_flat, (tg_check_options){0});
    assert_int_equal(r.verdict, TG_VERDICT_FAIL);
    assert_non_null(strstr(r.message, "loses the derivative in dual numbers"));
}

static void ones_own_ops_get_the_whole_sweep(void **state) {
    (void)state;
    const tg_op *const right[] = {&tg_op_swish, &tg_op_hard};
    for (int i = 0; i < 2; i++) {
        tg_op_report r = tg_check_op(right[i], (tg_check_options){0});
        if (r.verdict != TG_VERDICT_PASS) fail_msg("%s", r.message);
        assert_true(r.max_rel_error < 1e-8);
        tg_mutation_report m = tg_check_op_mutants(right[i], (tg_check_options){0});
        assert_int_equal(m.killed, m.mutants);
        assert_true(m.mutants >= 6);
    }
    tg_op_report r = tg_check_op(&tg_op_wrong_swish, (tg_check_options){0});
    assert_int_equal(r.verdict, TG_VERDICT_FAIL);
    assert_non_null(strstr(r.message, "wrong_swish, case \"matrix\""));
    assert_int_equal(tg_check_op(&tg_op_vandal, (tg_check_options){0}).verdict, TG_VERDICT_VACUOUS);
    assert_null(tg_op_register(&tg_op_swish));
    assert_ptr_equal(tg_op_find("swish"), &tg_op_swish);
}

/* ---- one wrong op among fifty ---- */

static const char *const unary[] = {"tanh",    "sin",        "softplus", "gelu", "elu",
                                    "sigmoid", "leaky_relu", "softmax",  "cos"};
static const char *const binary[] = {"add", "sub", "mul", "matmul", "maximum"};
#define COUNT(a) ((int)(sizeof a / sizeof *a))

/* A chain of 50 ops, every third of them fed with a leaf of its own; the victim's gradient is corrupted. */
static tg_node *fifty_ops(tg_tape *tape, uint64_t seed, int victim, tg_corruption kind,
                          tg_mutation **mutation, tg_node **wrong) {
    tg_rng rng = {.seed = seed, .stream = 1};
    tg_node *h = leaf(tape, "x", seed);
    for (int i = 0; i < 50; i++) {
        bool two = i % 3 == 2;
        const tg_op *op = two ? tg_op_find(binary[tg_rng_below(&rng, COUNT(binary))])
                              : tg_op_find(unary[tg_rng_below(&rng, COUNT(unary))]);
        tg_node *args[] = {h, two ? leaf(tape, NULL, seed + 1000 * (uint64_t)i) : NULL};
        if (i == victim) {
            *mutation = tg_mutation_new(op, kind, 0);
            h = *wrong = tg_mutation_apply(*mutation, NULL, op->arity, args);
        } else {
            h = tg_apply(op, NULL, op->arity, args);
        }
    }
    return h;
}

static void the_wrong_one_of_fifty_is_always_named(void **state) {
    (void)state;
    const tg_corruption kinds[] = {TG_CORRUPT_SIGN, TG_CORRUPT_SCALE, TG_CORRUPT_TERM, TG_CORRUPT_ZERO};
    int right = 0, seen = 0;
    for (uint64_t seed = 0; seed < 40; seed++) {
        tg_rng rng = {.seed = seed};
        tg_mutation *mutation = NULL;
        tg_node *wrong = NULL;
        tg_tape *tape = tg_tape_new(TG_F32);
        tg_node *y = fifty_ops(tape, seed, (int)tg_rng_below(&rng, 50), kinds[seed % 4], &mutation, &wrong);
        assert_tape_ok(tape);
        tg_check_report *r = tg_check(y, (tg_check_options){.seed = seed, .no_drift = true});
        seen += r->verdict == TG_VERDICT_FAIL;
        bool named = r->nculprits == 1 && r->culprits[0].node == tg_id(wrong);
        right += named;
        if (!named) {
            print_error("seed %d: %s of %s #%d\n", (int)seed, tg_corruption_name(kinds[seed % 4]),
                        tg_op_of(wrong)->name, tg_id(wrong));
            tg_check_print(r, stderr);
        }
        tg_check_free(r);
        tg_tape_free(tape);
        tg_mutation_free(mutation);
    }
    print_message("%d of 40 seen, %d of 40 named\n", seen, right);
    assert_int_equal(right, 40);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_wrong_op_is_named_with_its_line),
        cmocka_unit_test(attributes_are_shown),
        cmocka_unit_test(an_op_that_writes_into_its_argument_is_found_though_it_is_right),
        cmocka_unit_test(what_is_no_function_is_said_to_be_none),
        cmocka_unit_test(random_ops_are_replayed),
        cmocka_unit_test(a_forward_that_leaves_real_is_told_from_a_wrong_backward),
        cmocka_unit_test(ones_own_ops_get_the_whole_sweep),
        cmocka_unit_test(the_wrong_one_of_fifty_is_always_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
