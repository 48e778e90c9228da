/* Binary ops over random shapes against a naive loop, forward and backward; large sizes on one and two
 * threads. */
#include "support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ELEMENTS 256 /* of a result: sizes 1..4, rank 0..4 */

typedef struct triple {
    double y, da, db;
} triple;

static triple add(double a, double b) {
    return (triple){a + b, 1, 1};
}
static triple sub(double a, double b) {
    return (triple){a - b, 1, -1};
}
static triple mul(double a, double b) {
    return (triple){a * b, b, a};
}
static triple quotient(double a, double b) {
    return (triple){a / b, 1 / b, -a / (b * b)};
}
static triple power(double a, double b) {
    return (triple){pow(a, b), b * pow(a, b - 1), pow(a, b) * log(a)};
}
static triple larger(double a, double b) {
    return a > b ? (triple){a, 1, 0} : (triple){b, 0, 1};
}
static triple smaller(double a, double b) {
    return a < b ? (triple){a, 1, 0} : (triple){b, 0, 1};
}

static const struct {
    const char *op;
    triple (*at)(double a, double b);
} ops[] = {{"add", add},   {"sub", sub},        {"mul", mul},        {"div", quotient},
           {"pow", power}, {"maximum", larger}, {"minimum", smaller}};
#define OPS (sizeof ops / sizeof *ops)

/* Two shapes that broadcast to *y: each axis is kept, or 1, or (at the left) missing. */
static void draw_shapes(tg_rng *rng, tg_shape *a, tg_shape *b, tg_shape *y) {
    tg_shape *x[] = {a, b};
    *y = (tg_shape){.rank = (int)tg_rng_below(rng, 5)};
    for (int i = 0; i < y->rank; i++) y->dim[i] = 1 + (int64_t)tg_rng_below(rng, 4);
    int whole = (int)tg_rng_below(rng, 2); /* this one has every axis */
    for (int k = 0; k < 2; k++) {
        int missing = k == whole ? 0 : (int)tg_rng_below(rng, (uint64_t)y->rank + 1);
        *x[k] = (tg_shape){.rank = y->rank - missing};
        for (int i = 0; i < x[k]->rank; i++) x[k]->dim[i] = tg_rng_below(rng, 3) ? y->dim[i + missing] : 1;
    }
    assert_true(tg_shape_broadcast(a, b, y));
}

/* The element of x that stands at the position `at` of y, one axis after the other. */
static int64_t naive_index(const tg_shape *x, const tg_shape *y, int64_t at) {
    int64_t index[TG_MAX_RANK], result = 0;
    for (int i = y->rank; i-- > 0; at /= y->dim[i]) index[i] = at % y->dim[i];
    for (int i = 0; i < x->rank; i++)
        result = result * x->dim[i] + (x->dim[i] == 1 ? 0 : index[i + y->rank - x->rank]);
    return result;
}

static tg_node *leaf(tg_tape *tape, tg_rng *rng, const tg_shape *shape) {
    double values[MAX_ELEMENTS];
    tg_node *node = tg_input(tape, NULL, TG_F64, shape->rank, shape->dim);
    for (int64_t i = 0; i < tg_size(node); i++) values[i] = 0.5 + tg_rng_uniform(rng);
    tg_set_f64(node, values);
    tg_require_grad(node, true);
    return node;
}

static void compare_with_loop(const char *op, triple (*at)(double, double), tg_rng *rng) {
    tg_shape sa, sb, sy;
    draw_shapes(rng, &sa, &sb, &sy);
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *a = leaf(tape, rng, &sa), *b = leaf(tape, rng, &sb);
    tg_node *y = tg_apply(tg_op_find(op), NULL, 2, (tg_node *[]){a, b});
    assert_tape_ok(tape);
    assert_true(tg_shape_equal(tg_shape_of(y), &sy));
    double dy[MAX_ELEMENTS], da[MAX_ELEMENTS] = {0}, db[MAX_ELEMENTS] = {0};
    for (int64_t i = 0; i < tg_size(y); i++) {
        int64_t ia = naive_index(&sa, &sy, i), ib = naive_index(&sb, &sy, i);
        triple t = at(tg_value_at(a, ia), tg_value_at(b, ib));
        dy[i] = tg_rng_normal(rng);
        da[ia] += dy[i] * t.da;
        db[ib] += dy[i] * t.db;
        assert_close(tg_value_at(y, i), t.y, 1e-14);
    }
    assert_true(tg_backward_from(y, dy));
    for (int64_t i = 0; i < tg_size(a); i++) assert_close(tg_grad_at(a, i), da[i], 1e-12);
    for (int64_t i = 0; i < tg_size(b); i++) assert_close(tg_grad_at(b, i), db[i], 1e-12);
    tg_tape_free(tape);
}

static void random_shapes_agree_with_a_naive_loop(void **state) {
    (void)state;
    tg_rng rng = {.seed = 3};
    for (int round = 0; round < 1500; round++)
        compare_with_loop(ops[round % OPS].op, ops[round % OPS].at, &rng);
}

static void shapes_that_do_not_broadcast_are_refused(void **state) {
    (void)state;
    for (size_t k = 0; k < OPS; k++) {
        tg_tape *tape = tg_tape_new(TG_F32);
        tg_node *a = tg_input(tape, "a", TG_F32, 2, (int64_t[]){2, 3}),
                *b = tg_input(tape, "b", TG_F32, 1, (int64_t[]){2});
        assert_null(tg_apply(tg_op_find(ops[k].op), NULL, 2, (tg_node *[]){a, b}));
        assert_non_null(strstr(tg_error(tape), "shapes (2,3) and (2) do not broadcast"));
        tg_tape_free(tape);
    }
}

/* ---- large sizes ---- */

#define ROWS    401
#define COLUMNS 307 /* 123107 elements, no multiple of any block */

/* Value and gradients of one op on large arguments: x (ROWS, COLUMNS) and for a binary op a row. */
typedef struct outcome {
    size_t bytes[3];
    void *data[3];
} outcome;

static outcome run_large(const tg_op *op, const void *options, tg_dtype dtype, int threads) {
    tg_tape *tape = tg_tape_new_spec((tg_tape_spec){.dtype = dtype, .seed = 11, .threads = threads});
    tg_node *x[2] = {tg_input(tape, "x", dtype, 2, (int64_t[]){ROWS, COLUMNS}),
                     tg_input(tape, "row", dtype, 1, (int64_t[]){COLUMNS})};
    tg_rng rng = {.seed = 5};
    for (int k = 0; k < 2; k++) {
        double *values = malloc((size_t)tg_size(x[k]) * sizeof *values);
        for (int64_t i = 0; i < tg_size(x[k]); i++) values[i] = 0.1 + tg_rng_uniform(&rng);
        tg_set_f64(x[k], values);
        free(values);
        tg_require_grad(x[k], true);
    }
    tg_node *y = tg_apply(op, options, op->arity, x);
    tg_backward_from(y, tg_value(y));
    assert_tape_ok(tape);
    outcome o = {0};
    const void *from[] = {tg_value(y), tg_grad(x[0]), op->arity == 2 ? tg_grad(x[1]) : NULL};
    const tg_node *nodes[] = {y, x[0], x[1]};
    for (int k = 0; k < 1 + op->arity; k++) {
        o.bytes[k] = (size_t)tg_size(nodes[k]) * tg_dtype_size(dtype);
        o.data[k] = memcpy(malloc(o.bytes[k]), from[k], o.bytes[k]);
    }
    tg_tape_free(tape);
    return o;
}

static void the_number_of_threads_does_not_change_a_bit(void **state) {
    (void)state;
    const tg_dropout_options keep = {.keep = 0.75};
    const tg_clamp_options clamp = {.max = 0.5};
    for (int i = 0; i < tg_op_count(); i++) {
        const tg_op *op = tg_op_get(i);
        if (!op->elementwise || op->arity > 2 || op->int_args) continue;
        const void *options = !strcmp(op->name, "dropout") ? (const void *)&keep
                              : !strcmp(op->name, "clamp") ? &clamp
                                                           : NULL;
        for (tg_dtype dtype = TG_F32; dtype <= TG_F64; dtype++) {
            outcome one = run_large(op, options, dtype, 1), two = run_large(op, options, dtype, 2);
            for (int k = 0; k < 3; k++) {
                if (one.bytes[k] && memcmp(one.data[k], two.data[k], one.bytes[k]))
                    fail_msg("%s: result %d in %s differs between one and two threads", op->name, k,
                             tg_dtype_name(dtype));
                free(one.data[k]);
                free(two.data[k]);
            }
        }
    }
}

/* The gradient of a row that many rows share is a sum of ROWS terms: f32 must not add it up in f32. */
static void sums_over_broadcast_axes_are_accurate_in_f32(void **state) {
    (void)state;
    outcome narrow = run_large(tg_op_find("mul"), NULL, TG_F32, 1),
            wide = run_large(tg_op_find("mul"), NULL, TG_F64, 1);
    const float *a = narrow.data[2];
    const double *b = wide.data[2];
    for (int i = 0; i < COLUMNS; i++) assert_close((double)a[i], b[i], 3e-7);
    for (int k = 0; k < 3; k++) {
        free(narrow.data[k]);
        free(wide.data[k]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_shapes_agree_with_a_naive_loop),
        cmocka_unit_test(shapes_that_do_not_broadcast_are_refused),
        cmocka_unit_test(the_number_of_threads_does_not_change_a_bit),
        cmocka_unit_test(sums_over_broadcast_axes_are_accurate_in_f32),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
