/* The execution plan: whatever it fuses, shares or drops, every number is that of the op-by-op way. */
#include "core/plan.h"
#include "support/own_ops.h"
#include "support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 7
#define COLS 40

/* A random program over (ROWS,COLS) tensors: elementwise ops of the registry, broadcasts, products. */
typedef struct program {
    tg_tape *tape;
    tg_node *x, *bias, *column, *weight, *loss;
} program;

static tg_node *leaf(tg_tape *tape, const char *name, int64_t rows, int64_t cols) {
    tg_node *node = tg_input(tape, name, tg_tape_dtype(tape), 2, (int64_t[]){rows, cols});
    tg_require_grad(node, true);
    return node;
}

static bool usable(const tg_op *op) {
    return op->elementwise && op->arity <= 2 && !op->int_args && strcmp(op->name, "pow") &&
           strcmp(op->name, "add_bias") && strcmp(op->name, "log") && strcmp(op->name, "sqrt") &&
           strcmp(op->name, "div") && strcmp(op->name, "exp") && strcmp(op->name, "reciprocal") &&
           strcmp(op->name, "clamp") && strcmp(op->name, "square");
}

static tg_node *random_op(program *p, tg_rng *rng, tg_node **pool, int count) {
    tg_node *a = pool[tg_rng_below(rng, 3) ? (uint64_t)count - 1 : tg_rng_below(rng, (uint64_t)count)];
    tg_node *others[] = {p->bias, p->column, pool[tg_rng_below(rng, (uint64_t)count)], a};
    if (tg_rng_below(rng, 6) == 0) return tg_matmul(a, p->weight);
    for (;;) {
        const tg_op *op = tg_op_get((int)tg_rng_below(rng, (uint64_t)tg_op_count()));
        if (usable(op)) return tg_apply(op, NULL, op->arity, (tg_node *[]){a, others[tg_rng_below(rng, 4)]});
    }
}

static program record(tg_tape_spec spec, uint64_t seed, int ops) {
    program p = {.tape = tg_tape_new_spec(spec)};
    tg_rng rng = {seed, 1, 0};
    tg_node *pool[64];
    p.x = leaf(p.tape, "x", ROWS, COLS);
    p.bias = leaf(p.tape, "bias", 1, COLS);
    p.column = leaf(p.tape, "column", ROWS, 1);
    p.weight = leaf(p.tape, "weight", COLS, COLS);
    pool[0] = p.x;
    for (int i = 1; i <= ops; i++) pool[i] = random_op(&p, &rng, pool, i);
    tg_node *ones = tg_input(p.tape, NULL, spec.dtype, 2, (int64_t[]){1, ROWS});
    tg_set_f64(ones, (double[]){1, -2, 3, -4, 5, -6, 7});
    p.loss = tg_matmul_with(tg_matmul(ones, pool[ops]), p.bias, (tg_matmul_options){.transpose_b = true});
    assert_tape_ok(p.tape);
    return p;
}

static void set_random(tg_node *node, uint64_t seed) {
    double values[COLS * COLS];
    tg_rng rng = {seed, (uint64_t)tg_id(node) + 2, 0};
    for (int64_t i = 0; i < tg_size(node); i++) values[i] = 0.4 * tg_rng_normal(&rng);
    tg_set_f64(node, values);
}

static void step(program *p, uint64_t seed) {
    tg_node *leaves[] = {p->x, p->bias, p->column, p->weight};
    for (int i = 0; i < 4; i++) set_random(leaves[i], seed);
    tg_replay(p->tape);
    tg_backward(p->loss);
    assert_tape_ok(p->tape);
}

static void same_bits(const tg_node *a, const tg_node *b, const void *x, const void *y, const char *what) {
    size_t size = tg_dtype_size(tg_dtype_of(a));
    for (int64_t i = 0; i < tg_size(a); i++)
        if (memcmp((const char *)x + (size_t)i * size, (const char *)y + (size_t)i * size, size) != 0)
            fail_msg("node %d, %s[%lld]: %.17g and %.17g differ", tg_id(a), what, (long long)i,
                     what[0] == 'v' ? tg_value_at(a, i) : tg_grad_at(a, i),
                     what[0] == 'v' ? tg_value_at(b, i) : tg_grad_at(b, i));
}

static void compare(const program *plain, const program *planned) {
    const tg_node *a[] = {plain->x, plain->bias, plain->column, plain->weight};
    const tg_node *b[] = {planned->x, planned->bias, planned->column, planned->weight};
    for (int i = 0; i < 4; i++) {
        if (!tg_grad(a[i]))
            assert_null(tg_grad(b[i]));
        else
            same_bits(a[i], b[i], tg_grad(a[i]), tg_grad(b[i]), "gradient");
    }
    for (int i = 0; i < tg_tape_size(plain->tape); i++) {
        tg_node *x = tg_tape_node(plain->tape, i), *y = tg_tape_node(planned->tape, i);
        same_bits(x, y, tg_value(x), tg_value(y), "value");
    }
}

static void run(tg_tape_spec spec, uint64_t seed, int retain) {
    tg_tape_spec plain_spec = spec;
    plain_spec.no_plan = true;
    plain_spec.lazy = false;
    program plain = record(plain_spec, seed, 12), planned = record(spec, seed, 12);
    if (retain > 0) tg_retain_grad(tg_tape_node(planned.tape, 4 + retain));
    for (uint64_t i = 0; i < 3; i++) {
        step(&plain, seed + i);
        step(&planned, seed + i);
    }
    if (retain > 0) {
        tg_node *x = tg_tape_node(plain.tape, 4 + retain), *y = tg_tape_node(planned.tape, 4 + retain);
        if (tg_grad(x))
            same_bits(x, y, tg_grad(x), tg_grad(y), "gradient");
        else
            assert_null(tg_grad(y));
    }
    compare(&plain, &planned);
    tg_tape_free(plain.tape);
    tg_tape_free(planned.tape);
}

static void random_programs_give_the_same_bits(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= (uint64_t)test_rounds(150); seed++) {
        run((tg_tape_spec){.dtype = seed & 1 ? TG_F32 : TG_F64, .seed = 5, .threads = 1}, seed, 0);
        run((tg_tape_spec){.dtype = TG_F64, .lazy = true, .threads = 1}, seed, 0);
        run((tg_tape_spec){.dtype = TG_F64, .threads = 1}, seed, 1 + (int)(seed % 11));
    }
}

static void recording_after_a_replay_goes_on(void **state) {
    (void)state;
    program p = record((tg_tape_spec){.dtype = TG_F64}, 3, 6);
    step(&p, 1);
    tg_node *more = tg_relu(tg_tape_node(p.tape, tg_tape_size(p.tape) - 3));
    assert_non_null(more);
    double before = tg_value_at(more, 5);
    assert_true(tg_replay(p.tape));
    assert_close(tg_value_at(more, 5), before, 0);
    tg_tape_free(p.tape);
}

static void a_layer_is_one_product_and_one_sweep(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = leaf(tape, "x", 40, 8), *w = leaf(tape, "w", 8, 3), *b = leaf(tape, "b", 1, 3);
    tg_node *h = tg_relu(tg_add(tg_matmul(x, w), b));
    tg_replay(tape);
    tg_backward_from(h, NULL);
    tg_plan_summary s = tg_plan_summarize(tape);
    assert_int_equal(s.nodes, 3);
    assert_int_equal(s.forward_steps, 2);
    assert_int_equal(s.backward_steps, 2);
    assert_int_equal(s.chains, 1);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    tg_plan_print(tape, out);
    fclose(out);
    assert_non_null(strstr(text, "add, relu"));
    free(text);
    tg_tape_free(tape);
}

#define MANY 32768 /* elements of a cotangent that is large enough to be read in place */

/* dx = dy * exp(x), which is dy itself, x being 0. */
static void large_cotangents_are_read_where_they_are(void **state) {
    (void)state;
    char *memory = aligned_alloc(64, MANY * sizeof(float) + 64);
    assert_non_null(memory);
    for (int shift = 0; shift <= 4; shift += 4) { /* aligned, and not: then copied */
        tg_tape *tape = tg_tape_new(TG_F32);
        tg_node *x = leaf(tape, "x", 2, MANY / 2), *y = tg_exp(x);
        float *dy = (float *)(void *)(memory + shift);
        for (int i = 0; i < MANY; i++) dy[i] = (float)(i % 17);
        assert_true(tg_replay(tape) && tg_backward_from(y, dy));
        for (int i = 0; i < MANY; i++) assert_true(tg_grad_at(x, i) == i % 17 && dy[i] == (float)(i % 17));
        assert_true(tg_backward_from(y, NULL)); /* the ones are not those of the caller */
        for (int i = 0; i < MANY; i++) assert_true(tg_grad_at(x, i) == i % 17 + 1);
        const void *own = tg_grad(x); /* what the pass writes to is read before */
        tg_zero_grad(tape);
        assert_true(tg_backward_from(y, own));
        for (int i = 0; i < MANY; i++) assert_true(tg_grad_at(x, i) == i % 17 + 1);
        tg_tape_free(tape);
    }
    free(memory);
}

/* Of an op that writes first gradients, one node given twice: the second share is added to the first. */
static void the_same_node_twice_gets_both_shares(void **state) {
    (void)state;
    for (int form = 0; form < 8; form++) {
        const int64_t n = form & 1 ? 9000 : 5; /* by blocks, and in one call */
        const bool inner = form & 2;           /* the node is a link of the chain, and not a leaf */
        tg_tape *tape = tg_tape_new_spec((tg_tape_spec){.dtype = TG_F64, .no_plan = form & 4});
        tg_node *x = tg_input(tape, "x", TG_F64, 1, &n);
        tg_require_grad(x, true);
        for (int64_t i = 0; i < n; i++) ((double *)tg_value(x))[i] = 0.001 * (double)i;
        tg_node *a = inner ? tg_scale(x, 3) : x;
        tg_node *loss = tg_sum(tg_apply(&tg_op_product, NULL, 2, (tg_node *[]){a, a}));
        for (int pass = 0; pass < 2; pass++) {
            assert_true(tg_replay(tape));
            tg_zero_grad(tape);
            assert_true(tg_backward(loss));
            for (int64_t i = 0; i < n; i++)
                assert_true(fabs(tg_grad_at(x, i) - 0.002 * (double)i * (inner ? 9 : 1)) < 1e-12);
        }
        tg_tape_free(tape);
    }
}

/* tg_zero_grad forgets what leaves have gathered; an inner gradient that is kept is that of the last pass. */
static void kept_gradients_outlive_zero_grad(void **state) {
    (void)state;
    for (int no_plan = 0; no_plan < 2; no_plan++) {
        tg_tape *tape = tg_tape_new_spec((tg_tape_spec){.dtype = TG_F64, .no_plan = no_plan});
        tg_node *x = tg_input(tape, "x", TG_F64, 1, (int64_t[]){3});
        tg_require_grad(x, true);
        tg_set_f64(x, (double[]){0.5, -1, 2});
        tg_node *y = tg_tanh(x), *loss = tg_sum(tg_square(y));
        tg_retain_grad(y);
        for (int pass = 0; pass < 3; pass++) {
            assert_true(tg_replay(tape));
            tg_zero_grad(tape);
            assert_true(tg_backward(loss));
            assert_non_null(tg_grad(y));
            for (int i = 0; i < 3; i++) assert_close(tg_grad_at(y, i), 2 * tg_value_at(y, i), 0);
        }
        tg_tape_free(tape);
    }
}

/* -0 comes through a view as -0, with the plan and without. */
static void a_view_keeps_the_sign_of_zero(void **state) {
    (void)state;
    for (int no_plan = 0; no_plan < 2; no_plan++) {
        tg_tape *tape = tg_tape_new_spec((tg_tape_spec){.dtype = TG_F64, .no_plan = no_plan});
        tg_node *x = tg_input(tape, "x", TG_F64, 1, (int64_t[]){2});
        tg_require_grad(x, true);
        tg_set_f64(x, (double[]){0.5, -1});
        tg_node *y = tg_tanh(x), *z = tg_reshape(y, TG_SHAPE(2, 1));
        tg_retain_grad(y);
        assert_true(tg_replay(tape));
        assert_true(tg_backward_from(z, (double[]){-0.0, 1}));
        assert_true(signbit(tg_grad_at(y, 0)) && signbit(tg_grad_at(x, 0)));
        tg_tape_free(tape);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_gradients_outlive_zero_grad),
        cmocka_unit_test(a_view_keeps_the_sign_of_zero),
        cmocka_unit_test(the_same_node_twice_gets_both_shares),
        cmocka_unit_test(random_programs_give_the_same_bits),
        cmocka_unit_test(recording_after_a_replay_goes_on),
        cmocka_unit_test(a_layer_is_one_product_and_one_sweep),
        cmocka_unit_test(large_cotangents_are_read_where_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
