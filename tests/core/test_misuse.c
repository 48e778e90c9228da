/* Wrong use: whatever is called with whatever, there is an error or a result, never a crash. */
#include "support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POOL 40

static const int64_t sizes[] = {
    -1,        0,          1,         2,         3,        7, INT32_MAX, (int64_t)INT32_MAX + 1,
    INT32_MIN, 4294967296, INT64_MAX, INT64_MIN, 1LL << 62};
#define SIZES ((int)(sizeof sizes / sizeof *sizes))

static int64_t any_size(tg_rng *rng) {
    return tg_rng_below(rng, 60) ? 1 + (int64_t)tg_rng_below(rng, 2) : sizes[tg_rng_below(rng, SIZES)];
}

static tg_node *any_leaf(tg_tape *tape, tg_rng *rng) {
    int64_t dims[TG_MAX_RANK + 2];
    for (int i = 0; i < TG_MAX_RANK + 2; i++) dims[i] = any_size(rng);
    tg_dtype dtype = (tg_dtype)(tg_rng_below(rng, 15) ? tg_tape_dtype(tape) : tg_rng_below(rng, 7) - 1);
    tg_node *leaf =
        tg_input(tape, tg_rng_below(rng, 2) ? "x" : NULL, dtype,
                 tg_rng_below(rng, 20) ? (int)tg_rng_below(rng, 4) : (int)tg_rng_below(rng, 12) - 1,
                 tg_rng_below(rng, 20) ? dims : NULL);
    if (leaf && tg_rng_below(rng, 2)) tg_require_grad(leaf, true);
    return leaf;
}

/* Options of random bytes: NaN, huge axes, negative sizes. Booleans must be 0 or 1 to be C at all. */
static void any_options(const tg_op *op, tg_rng *rng, char *options) {
    memset(options, 0, 1024);
    if (tg_rng_below(rng, 2) == 0) return;
    for (const tg_attr *a = op->attrs; a && a->name; a++) {
        char *at = options + a->offset;
        double numbers[] = {0, 1, -1, 0.5, NAN, INFINITY, 1e300, 3};
        int ints[] = {0, 1, -1, 2, INT32_MAX, INT32_MIN, 9, -9};
        uint64_t k = tg_rng_below(rng, 8);
        switch (a->type) {
        case TG_ATTR_DOUBLE:
            memcpy(at, &numbers[k], sizeof(double));
            break;
        case TG_ATTR_INT:
            memcpy(at, &ints[k], sizeof(int));
            break;
        case TG_ATTR_BOOL:
            *(bool *)at = k & 1;
            break;
        case TG_ATTR_SEED:
            memcpy(at, &k, sizeof k);
            break;
        case TG_ATTR_AXES:
            for (int i = 0; i < TG_MAX_RANK; i++)
                ((tg_axes *)(void *)at)->axis[i] = ints[tg_rng_below(rng, 8)];
            ((tg_axes *)(void *)at)->count = ints[k];
            break;
        case TG_ATTR_DIMS:
            for (int i = 0; i < TG_MAX_RANK; i++) ((tg_shape *)(void *)at)->dim[i] = any_size(rng);
            ((tg_shape *)(void *)at)->rank = ints[k];
            break;
        }
    }
}

static tg_node *any_op(tg_rng *rng, tg_node **pool, int count) {
    const tg_op *op = tg_op_get((int)tg_rng_below(rng, (uint64_t)tg_op_count() + 1));
    _Alignas(16) char options[1024];
    tg_node *args[12];
    for (int k = 0; k < 12; k++)
        args[k] = tg_rng_below(rng, 30) ? pool[tg_rng_below(rng, (uint64_t)count)] : NULL;
    if (!op) return tg_apply(NULL, NULL, 1, args);
    any_options(op, rng, options);
    int nargs = op->arity > 0 && tg_rng_below(rng, 10) ? op->arity : (int)tg_rng_below(rng, 13) - 1;
    return tg_apply(op, options, nargs, args);
}

static void any_use(tg_rng *rng, tg_tape *tape, tg_node *node) {
    switch (tg_rng_below(rng, 12)) {
    case 0:
        tg_backward(node);
        break;
    case 1:
        tg_backward_from(node, NULL);
        break;
    case 2:
        tg_replay(tape);
        break;
    case 3:
        tg_retain_grad(node);
        break;
    case 4:
        tg_set(node, NULL);
        break;
    case 5:
        tg_require_grad(node, tg_rng_below(rng, 2));
        break;
    case 6:
        tg_backward_one(node);
        break;
    case 7:
        tg_forward_one(node);
        break;
    case 8:
        tg_zero_grad(tape);
        break;
    case 9:
        tg_use(tape, NULL);
        break;
    case 10:
        tg_scope_pop(tape);
        break;
    default:
        tg_scope_push(tape, "s");
    }
    (void)tg_value_at(node, (int64_t)tg_rng_below(rng, 10) - 1);
    (void)tg_grad_at(node, (int64_t)tg_rng_below(rng, 10) - 1);
}

static void random_calls_never_crash(void **state) {
    (void)state;
    int made = 0;
    for (uint64_t seed = 0; seed < 300; seed++) {
        tg_rng rng = {seed, 3, 0};
        tg_tape_spec spec = {.dtype = seed & 1 ? TG_F32 : TG_F64,
                             .lazy = seed % 7 == 0,
                             .inference = seed % 11 == 0,
                             .threads = 1};
        tg_tape *tapes[] = {tg_tape_new_spec(spec), tg_tape_new(TG_F64)};
        tg_node *pool[POOL];
        for (int i = 0; i < POOL; i++) {
            tg_tape *tape = tapes[tg_rng_below(&rng, 25) == 0];
            pool[i] = i < 6 || tg_rng_below(&rng, 6) == 0 ? any_leaf(tape, &rng) : any_op(&rng, pool, i);
            if (tg_rng_below(&rng, 4) == 0) any_use(&rng, tape, pool[tg_rng_below(&rng, (uint64_t)i + 1)]);
            made += pool[i] != NULL;
            for (int t = 0; t < 2; t++)
                if (tg_failed(tapes[t])) {
                    assert_true(strlen(tg_error(tapes[t])) > 10);
                    tg_error_clear(tapes[t]);
                }
        }
        tg_tape_free(tapes[0]);
        tg_tape_free(tapes[1]);
    }
    assert_true(made > 2000); /* most of it is not refused at the door */
}

static void null_is_refused_everywhere(void **state) {
    (void)state;
    assert_true(tg_failed(NULL));
    assert_true(strlen(tg_error(NULL)) > 0);
    tg_tape_free(NULL);
    tg_tape_clear(NULL);
    tg_error_clear(NULL);
    tg_scope_push(NULL, "x");
    tg_scope_pop(NULL);
    tg_zero_grad(NULL);
    tg_retain_grad(NULL);
    tg_set_seed(NULL, 1);
    assert_null(tg_input(NULL, "x", TG_F32, 0, NULL));
    assert_null(tg_scalar(NULL, 1));
    assert_null(tg_use(NULL, NULL));
    assert_null(tg_find(NULL, "x"));
    assert_null(tg_shadow(NULL, TG_F64));
    assert_null(tg_value(NULL));
    assert_null(tg_grad(NULL));
    assert_false(tg_replay(NULL));
    assert_false(tg_backward(NULL));
    assert_true(isnan(tg_item(NULL)));
    assert_int_equal(tg_id(NULL), -1);
    assert_null(tg_tape_new((tg_dtype)99));
    assert_null(tg_tape_new(TG_I32));
    assert_string_equal(tg_dtype_name((tg_dtype)99), "?");
}

/* A machine of 16 MB: what asks for more gets nothing. */
static void *small_alloc(void *context, size_t size) {
    (void)context;
    return size > 16u << 20 ? NULL : calloc(1, size);
}

static void forgotten_nodes_are_refused(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = tg_scalar(tape, 2);
    tg_require_grad(x, true);
    const tg_mark mark = tg_tape_mark(tape);
    tg_node *y = tg_square(x);
    tg_tape_rewind(tape, mark);
    assert_null(tg_add(x, y));
    assert_non_null(
        strstr(tg_error(tape), "argument 2 is a node that tg_tape_clear or tg_tape_rewind has forgotten"));
    tg_error_clear(tape);
    for (int i = 0; i < 6; i++) {
        if (i == 0) assert_false(tg_backward(y));
        if (i == 1) assert_false(tg_forward_one(y));
        if (i == 2) assert_false(tg_backward_one(y));
        if (i == 3) tg_name(y, "y");
        if (i == 4) assert_false(tg_set_f64(y, (double[]){0}));
        if (i == 5) tg_require_grad(y, true);
        const char *call[] = {"backward", "forward_one", "backward_one", "name", "set", "require_grad"};
        char start[64];
        snprintf(start, sizeof start, "%s: the node was forgotten", call[i]);
        assert_ptr_equal(strstr(tg_error(tape), start), tg_error(tape));
        tg_error_clear(tape);
    }
    tg_tape_clear(tape);
    assert_null(tg_exp(x));
    assert_non_null(strstr(tg_error(tape), "exp: argument 1 is a node that"));
    tg_tape_free(tape);
}

/* Rewinding to it would give memory of nodes that stay to the next ones. */
static void marks_that_do_not_fit_are_refused(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64), *other = tg_tape_new(TG_F64);
    for (int i = 0; i < 3; i++) assert_non_null(tg_scalar(other, i));
    tg_node *x = tg_scalar(tape, 1);
    assert_non_null(tg_add(x, x));
    const tg_mark early = tg_tape_mark(tape);
    tg_tape_clear(tape);
    x = tg_input(tape, "x", TG_F64, 1, (int64_t[]){1000});
    for (int i = 0; i < 4; i++) assert_non_null(tg_relu(x));
    const tg_mark wrong[] = {early,         tg_tape_mark(other), {.nodes = 6},       {.nodes = -1},
                             {.chunk = -1}, {.chunk = 1000},     {.used = SIZE_MAX}, {.nodes = 1}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        tg_tape_rewind(tape, wrong[i]);
        assert_non_null(strstr(tg_error(tape), "rewind: not a mark of this tape as it is now"));
        assert_int_equal(tg_tape_size(tape), 5);
        tg_error_clear(tape);
    }
    tg_tape_rewind(tape, tg_tape_mark(tape));
    tg_tape_rewind(tape, (tg_mark){0});
    assert_tape_ok(tape);
    assert_int_equal(tg_tape_size(tape), 0);
    tg_tape_free(tape);
    tg_tape_free(other);
}

static void no_forward(tg_eval *e) {
    (void)e;
    fail_msg("called");
}

static bool infer_more(tg_infer *in) {
    in->y = TG_SHAPE(in->x[0]->dim[0] + 1);
    return true;
}

static bool infer_one(tg_infer *in) {
    in->y = TG_SHAPE(1);
    return true;
}

static bool infer_nothing(tg_infer *in) {
    (void)in;
    return false;
}

/* Kernels are not even called. */
static void wrong_shapes_of_own_ops_are_refused(void **state) {
    (void)state;
    const tg_kernel kernel = {.forward = no_forward};
    const tg_kernel *const kernels[3] = {&kernel, &kernel, &kernel};
    const struct {
        tg_op op;
        const char *says;
    } cases[] = {
        {{.infer = infer_more, .view = true},
         "mine: its infer rule gives the shape (4); argument 1, (3), does not have that size, as for a view "
         "("},
        {{.infer = infer_one, .view = true},
         "mine: its infer rule gives the shape (1); argument 1, (3), does"},
        {{.infer = infer_more, .elementwise = true, .kernels = kernels},
         "mine: its infer rule gives the shape (4); argument 1, (3), does not broadcast to it, as for an "
         ".elem"},
        {{.infer = infer_one, .elementwise = true, .kernels = kernels},
         "mine: its infer rule gives the shape (1); argument 1, (3), does not broadcast to it, as for an "
         ".elem"},
        {{.infer = infer_nothing, .kernels = kernels}, "mine: its infer rule refused, and did not say why"},
    };
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = tg_input(tape, "x", TG_F32, 1, (int64_t[]){3});
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tg_op op = cases[i].op;
        op.name = "mine";
        op.arity = 1;
        assert_null(tg_apply(&op, NULL, 1, &x));
        if (strstr(tg_error(tape), cases[i].says) != tg_error(tape)) fail_msg("%s", tg_error(tape));
        tg_error_clear(tape);
    }
    tg_tape_free(tape);
}

static void unfinished_ops_are_refused(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = tg_scalar(tape, 2);
    const tg_op no_rule = {.name = "mine", .arity = 1, .elementwise = true};
    assert_null(tg_apply(&no_rule, NULL, 1, &x));
    assert_non_null(strstr(tg_error(tape), "mine: the op has no infer rule"));
    tg_error_clear(tape);
    const tg_op no_kernels = {.name = "mine", .arity = 1, .elementwise = true, .infer = tg_infer_same};
    assert_null(tg_apply(&no_kernels, NULL, 1, &x));
    assert_non_null(strstr(tg_error(tape), "mine: kernels are needed"));
    assert_non_null(strstr(tg_error(tape), "test_misuse.c:"));
    tg_error_clear(tape);
    const tg_kernel kernel = {.forward = no_forward};
    const tg_kernel *const kernels[3] = {&kernel, &kernel, &kernel};
    const tg_op busy_view = {
        .name = "mine", .arity = 1, .view = true, .infer = tg_infer_same, .kernels = kernels};
    assert_null(tg_apply(&busy_view, NULL, 1, &x));
    assert_non_null(strstr(tg_error(tape), "mine: a view has no kernels"));
    tg_error_clear(tape);
    const tg_op no_name = {.arity = 1, .infer = tg_infer_same};
    assert_null(tg_apply(&no_name, NULL, 1, &x));
    assert_non_null(strstr(tg_error(tape), "the op has no name"));
    tg_tape_free(tape);
}

/* A lazy tape records what it cannot hold; the replay says which op at which line wanted too much. */
static void a_replay_without_memory_names_the_op(void **state) {
    (void)state;
    for (int no_plan = 0; no_plan < 2; no_plan++) {
        tg_tape *tape = tg_tape_new_spec((tg_tape_spec){.dtype = TG_F32, .lazy = true, .no_plan = no_plan});
        tg_node *x = tg_input(tape, "x", TG_F32, 0, NULL);
        assert_non_null(tg_softmax(tg_broadcast_to(x, TG_SHAPE(1 << 20, 1 << 20))));
        assert_false(tg_replay(tape));
        assert_non_null(strstr(tg_error(tape), "out of memory for a value of shape (1048576,1048576)"));
        assert_non_null(strstr(tg_error(tape), "test_misuse.c:"));
        tg_tape_free(tape);
    }
}

/* A rank beyond the sizes that there are: no size from behind them is read, or shown. */
static void shapes_of_impossible_rank_are_shown_as_far_as_they_go(void **state) {
    (void)state;
    struct {
        tg_shape shape;
        int64_t behind;
    } x = {{100, {1, 2, 3, 4, 5, 6, 7, 8}}, 99};
    char text[TG_SHAPE_TEXT];
    assert_string_equal(tg_shape_text(&x.shape, text, sizeof text), "(1,2,3,4,5,6,7,8)");
    tg_status status = {0};
    assert_null(tg_array_new(&x.shape, TG_F32, &status));
    assert_string_equal(status.message, "array: no array of f32 with shape (1,2,3,4,5,6,7,8)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replay_without_memory_names_the_op),
        cmocka_unit_test(forgotten_nodes_are_refused),
        cmocka_unit_test(unfinished_ops_are_refused),
        cmocka_unit_test(wrong_shapes_of_own_ops_are_refused),
        cmocka_unit_test(marks_that_do_not_fit_are_refused),
        cmocka_unit_test(random_calls_never_crash),
        cmocka_unit_test(null_is_refused_everywhere),
        cmocka_unit_test(shapes_of_impossible_rank_are_shown_as_far_as_they_go),
    };
    tg_set_allocator((tg_allocator){.alloc = small_alloc});
    return cmocka_run_group_tests(tests, NULL, NULL);
}
