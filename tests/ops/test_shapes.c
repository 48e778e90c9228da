/* Ops that move elements: against a plain walk through all of them; errors; many arguments. */
#include "support/odometer.h"
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct world {
    tg_rng rng;
    tg_tape *tape;
    tg_shape shape;
    tg_node *x;
} world;

static world world_new(uint64_t seed, int lowest, int highest) {
    world w = {.rng = {.seed = seed}, .tape = tg_tape_new(seed % 2 ? TG_F64 : TG_F32)};
    w.shape = random_shape(&w.rng, lowest, highest, 5);
    w.x = random_input(w.tape, &w.rng, &w.shape, -2, 2);
    return w;
}

static int below(world *w, int64_t n) {
    return (int)tg_rng_below(&w->rng, (uint64_t)n);
}

/* y[i] is x[from[i]], and backward adds the cotangents there. */
static void expect_taken(world *w, tg_node *x, tg_node *y, const int64_t *from) {
    double *gradient = calloc((size_t)tg_size(x) + 1, sizeof *gradient);
    const int64_t n = tg_size(y);
    double *seed = calloc((size_t)n + 1, sizeof *seed);
    assert_tape_ok(w->tape);
    for (int64_t i = 0; i < n; i++) {
        double c = (double)(i % 7 + 1);
        if (tg_tape_dtype(w->tape) == TG_F32)
            ((float *)seed)[i] = (float)c;
        else
            seed[i] = c;
        if (from[i] < 0) {
            assert_true(isnan(tg_value_at(y, i)));
            continue;
        }
        assert_true(tg_value_at(y, i) == tg_value_at(x, from[i]));
        gradient[from[i]] += c;
    }
    tg_zero_grad(w->tape);
    assert_true(tg_backward_from(y, seed));
    for (int64_t i = 0; i < tg_size(x); i++) assert_close(tg_grad_at(x, i), gradient[i], 1e-6);
    free(gradient);
    free(seed);
}

static int64_t *places(int64_t n) {
    return calloc((size_t)n + 1, sizeof(int64_t));
}

static void permuted_axes(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        world w = world_new(seed, 1, 5);
        int64_t order[TG_MAX_RANK], index[TG_MAX_RANK], source[TG_MAX_RANK], *from = places(tg_size(w.x));
        tg_axes axes = {.count = w.shape.rank};
        tg_rng_permutation(&w.rng, w.shape.rank, order);
        for (int a = 0; a < w.shape.rank; a++)
            axes.axis[a] = (int)order[a] - (below(&w, 2) ? w.shape.rank : 0);
        tg_node *y = tg_permute(w.x, axes);
        assert_tape_ok(w.tape);
        for (int64_t i = 0; i < tg_size(y); i++) {
            indices_of(tg_shape_of(y), i, index);
            for (int a = 0; a < w.shape.rank; a++) source[order[a]] = index[a];
            from[i] = position_of(&w.shape, source);
        }
        expect_taken(&w, w.x, y, from);
        free(from);
        tg_tape_free(w.tape);
    }
}

static void transpose_reverses_the_axes(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *y = tg_transpose(tg_input(tape, NULL, TG_F32, 3, (int64_t[]){2, 3, 4}));
    assert_true(tg_shape_equal(tg_shape_of(y), &TG_SHAPE(4, 3, 2)));
    tg_tape_free(tape);
}

static void broadcast_repeats(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        world w = world_new(seed, 0, 3);
        tg_shape to = {.rank = w.shape.rank + below(&w, 3)};
        int extra = to.rank - w.shape.rank;
        for (int a = 0; a < to.rank; a++)
            to.dim[a] = a < extra || w.shape.dim[a - extra] == 1 ? 1 + below(&w, 4) : w.shape.dim[a - extra];
        tg_node *y = tg_broadcast_to(w.x, to);
        assert_tape_ok(w.tape);
        assert_true(tg_shape_equal(tg_shape_of(y), &to));
        int64_t index[TG_MAX_RANK], *from = places(tg_size(y));
        for (int64_t i = 0; i < tg_size(y); i++) {
            indices_of(&to, i, index);
            for (int a = 0; a < w.shape.rank; a++) index[a] = w.shape.dim[a] == 1 ? 0 : index[a + extra];
            from[i] = position_of(&w.shape, index);
        }
        expect_taken(&w, w.x, y, from);
        free(from);
        tg_tape_free(w.tape);
    }
}

/* The positions that x[begin:end:step] takes of n, by the words of NumPy's manual: negative numbers count
   from the end; from begin by step while before end. Their number. */
static int64_t taken(int64_t begin, int64_t end, int64_t step, int64_t n, int64_t *at) {
    int64_t count = 0;
    if (begin < 0) begin += n;
    if (end < 0) end += n;
    if (step > 0)
        for (int64_t i = 0; i < n; i++) {
            if (i >= begin && i < end && (i - (begin < 0 ? 0 : begin)) % step == 0) at[count++] = i;
        }
    else
        for (int64_t i = n - 1; i >= 0; i--)
            if (i <= begin && i > end && ((begin >= n ? n - 1 : begin) - i) % -step == 0) at[count++] = i;
    return count;
}

static void sliced_ranges(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        world w = world_new(seed, 1, 3);
        int64_t at[3][8], index[TG_MAX_RANK];
        tg_slice_options o = {{w.shape.rank}, {w.shape.rank}, {w.shape.rank}};
        tg_shape expected = w.shape;
        for (int a = 0; a < w.shape.rank; a++) {
            o.begin.dim[a] = below(&w, 15) - 7;
            o.end.dim[a] = below(&w, 15) - 7;
            o.step.dim[a] = below(&w, 6) - 3;
            int64_t step = o.step.dim[a] ? o.step.dim[a] : 1;
            expected.dim[a] = taken(o.begin.dim[a], o.end.dim[a], step, w.shape.dim[a], at[a]);
        }
        tg_node *y = tg_slice(w.x, o);
        assert_tape_ok(w.tape);
        assert_true(tg_shape_equal(tg_shape_of(y), &expected));
        int64_t *from = places(tg_size(y));
        for (int64_t i = 0; i < tg_size(y); i++) {
            indices_of(&expected, i, index);
            for (int a = 0; a < w.shape.rank; a++) index[a] = at[a][index[a]];
            from[i] = position_of(&w.shape, index);
        }
        expect_taken(&w, w.x, y, from);
        free(from);
        tg_tape_free(w.tape);
    }
}

static void slices_without_entries_take_all(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_input(tape, NULL, TG_F64, 2, (int64_t[]){3, 2});
    tg_set_f64(x, (double[]){0, 1, 2, 3, 4, 5});
    tg_node *tail = tg_slice(x, (tg_slice_options){.begin = TG_SHAPE(1)});
    tg_node *left =
        tg_slice(x, (tg_slice_options){.begin = TG_SHAPE(0, 0), .end = TG_SHAPE(TG_SLICE_END, -1)});
    tg_node *turned = tg_slice(x, (tg_slice_options){.step = TG_SHAPE(-1)});
    tg_node *far = tg_slice(x, (tg_slice_options){.begin = TG_SHAPE(INT64_MIN), .step = TG_SHAPE(INT64_MAX)});
    assert_tape_ok(tape);
    assert_true(tg_size(tail) == 4 && tg_value_at(tail, 0) == 2);
    assert_true(tg_size(left) == 3 && tg_value_at(left, 2) == 4);
    assert_true(tg_size(turned) == 6 && tg_value_at(turned, 0) == 4 && tg_value_at(turned, 5) == 1);
    assert_true(tg_size(far) == 2 && tg_value_at(far, 1) == 1);
    assert_int_equal(tg_size(tg_slice(x, (tg_slice_options){.step = TG_SHAPE(INT64_MIN)})), 2);
    tg_tape_free(tape);
}

static void gathered_slices(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        world w = world_new(seed, 1, 3);
        tg_shape picks = random_shape(&w.rng, 0, 2, 4);
        const int axis = below(&w, w.shape.rank), signed_axis = below(&w, 2) ? axis : axis - w.shape.rank;
        const int64_t size = w.shape.dim[axis];
        tg_node *k = tg_input(w.tape, NULL, TG_I32, picks.rank, picks.dim);
        int32_t *values = tg_value(k);
        for (int64_t i = 0; i < tg_size(k); i++) values[i] = below(&w, 2 * size + 2) - (int32_t)size - 1;
        tg_node *y = tg_gather(w.x, k, (tg_gather_options){.axis = signed_axis});
        assert_tape_ok(w.tape);
        int64_t index[TG_MAX_RANK], source[TG_MAX_RANK], *from = places(tg_size(y));
        for (int64_t i = 0; i < tg_size(y); i++) {
            indices_of(tg_shape_of(y), i, index);
            int64_t pick = values[position_of(&picks, index + axis)];
            for (int a = 0; a < w.shape.rank; a++)
                if (a != axis) source[a] = a < axis ? index[a] : index[a - 1 + picks.rank];
            source[axis] = pick < 0 ? pick + size : pick;
            from[i] = source[axis] < 0 || source[axis] >= size ? -1 : position_of(&w.shape, source);
        }
        expect_taken(&w, w.x, y, from);
        free(from);
        tg_tape_free(w.tape);
    }
}

static void gathered_along(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        world w = world_new(seed, 1, 3);
        const int axis = below(&w, w.shape.rank);
        const int64_t size = w.shape.dim[axis];
        tg_shape picks = w.shape;
        picks.dim[axis] = 1 + below(&w, 3);
        tg_node *k = tg_input(w.tape, NULL, TG_I32, picks.rank, picks.dim);
        for (int64_t i = 0; i < tg_size(k); i++)
            ((int32_t *)tg_value(k))[i] = below(&w, 2 * size + 2) - (int)size - 1;
        tg_node *y = tg_gather(w.x, k, (tg_gather_options){.axis = axis, .along = true});
        int64_t index[TG_MAX_RANK], *from = places(tg_size(y));
        for (int64_t i = 0; i < tg_size(y); i++) {
            indices_of(&picks, i, index);
            int64_t pick = ((int32_t *)tg_value(k))[i];
            index[axis] = pick < 0 ? pick + size : pick;
            from[i] = index[axis] < 0 || index[axis] >= size ? -1 : position_of(&w.shape, index);
        }
        expect_taken(&w, w.x, y, from);
        free(from);
        tg_tape_free(w.tape);
    }
}

/* ---- concat ---- */

static int allocations;
static void *counted(void *context, size_t size) {
    (void)context;
    allocations++;
    return calloc(1, size);
}
static void released(void *context, void *memory) {
    (void)context;
    free(memory);
}

/* Twenty parts are more than a call keeps on its stack. */
static void many_parts_are_joined_without_allocating_anew(void **state) {
    (void)state;
    for (int axis = 0; axis < 2; axis++) {
        tg_rng rng = {.seed = 3};
        tg_tape *tape = tg_tape_new(TG_F64);
        tg_node *parts[20];
        for (int k = 0; k < 20; k++) {
            tg_shape shape = TG_SHAPE(3, 3);
            shape.dim[axis] = k % 4;
            parts[k] = random_input(tape, &rng, &shape, -1, 1);
        }
        tg_node *y = tg_concat(20, parts, (tg_concat_options){axis ? -1 : 0}), *loss = tg_sum(tg_square(y));
        tg_replay(tape);
        tg_backward(loss);
        tg_set_allocator((tg_allocator){counted, released, NULL});
        allocations = 0;
        tg_replay(tape);
        tg_zero_grad(tape);
        tg_backward(loss);
        tg_set_allocator((tg_allocator){0});
        assert_tape_ok(tape);
        assert_int_equal(allocations, 0);
        int64_t before = 0;
        for (int k = 0; k < 20; before += k % 4, k++)
            for (int64_t i = 0; i < tg_size(parts[k]); i++) {
                int64_t index[2];
                indices_of(tg_shape_of(parts[k]), i, index);
                index[axis] += before;
                assert_true(tg_value_at(y, position_of(tg_shape_of(y), index)) == tg_value_at(parts[k], i));
                assert_true(tg_grad_at(parts[k], i) == 2 * tg_value_at(parts[k], i));
            }
        tg_tape_free(tape);
    }
}

/* ---- reshape ---- */

static void reshape_is_the_same_memory(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_input(tape, NULL, TG_F64, 3, (int64_t[]){2, 3, 4});
    tg_require_grad(x, true);
    tg_node *y = tg_reshape(x, TG_SHAPE(4, -1)), *z = tg_reshape(y, TG_SHAPE(-1));
    tg_backward(tg_add(tg_sum(tg_square(z)), tg_sum(y)));
    assert_tape_ok(tape);
    assert_true(tg_shape_equal(tg_shape_of(y), &TG_SHAPE(4, 6)) && tg_shape_of(z)->dim[0] == 24);
    assert_ptr_equal(tg_value(x), tg_value(z));
    assert_true(tg_grad_at(x, 23) == 1);
    tg_tape_free(tape);
}

/* ---- errors ---- */

static void expect_error(tg_tape *tape, tg_node *y, const char *message) {
    assert_null(y);
    if (!strstr(tg_error(tape), message)) fail_msg("'%s' has no '%s'", tg_error(tape), message);
    tg_error_clear(tape);
}

static void shapes_that_do_not_fit_are_refused(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = tg_input(tape, NULL, TG_F32, 2, (int64_t[]){3, 4}), *s = tg_scalar(tape, 1);
    tg_node *none = tg_input(tape, NULL, TG_F32, 2, (int64_t[]){0, 4});
    tg_node *k = tg_input(tape, NULL, TG_I32, 1, (int64_t[]){2});
    expect_error(tape, tg_reshape(x, TG_SHAPE(5, -1)),
                 "reshape: (3,4) to (5,-1): the numbers of elements differ");
    expect_error(tape, tg_reshape(x, TG_SHAPE(-1, -1)), "reshape: only one size can be -1");
    expect_error(tape, tg_reshape(x, TG_SHAPE(3, 5)), "reshape: (3,4) to (3,5)");
    expect_error(tape, tg_reshape(x, TG_SHAPE(-3, -4)), "reshape: (3,4) to (-3,-4)");
    expect_error(tape, tg_reshape(x, (tg_shape){9}), "reshape: rank 9; ranks 0 to 8 are possible");
    expect_error(tape, tg_reshape(none, TG_SHAPE(0, -1)), "reshape: (0,4) to (0,-1)");
    expect_error(tape, tg_permute(x, TG_AXES(0)), "transpose: 1 axes for a tensor of rank 2");
    expect_error(tape, tg_permute(x, TG_AXES(0, 0)), "transpose: axis 0 is given twice");
    expect_error(tape, tg_permute(x, TG_AXES(0, 2)), "transpose: axis 2 of a tensor of rank 2");
    expect_error(tape, tg_broadcast_to(x, TG_SHAPE(3, 5)), "broadcast_to: (3,4) does not broadcast to (3,5)");
    expect_error(tape, tg_broadcast_to(x, TG_SHAPE(4)), "broadcast_to: (3,4) does not broadcast to (4)");
    expect_error(tape, tg_broadcast_to(x, TG_SHAPE(-1, 3, 4)), "the impossible shape (-1,3,4)");
    expect_error(tape, tg_concat(2, (tg_node *[]){x, none}, (tg_concat_options){1}),
                 "concat: shapes (3,4) and (0,4) (argument 2) differ in more than axis 1");
    expect_error(tape, tg_concat(2, (tg_node *[]){x, s}, (tg_concat_options){0}),
                 "concat: shapes (3,4) and ()");
    expect_error(tape, tg_concat(1, &s, (tg_concat_options){0}), "concat: scalars have no axis");
    expect_error(tape, tg_concat(2, (tg_node *[]){x, NULL}, (tg_concat_options){0}),
                 "concat: an argument is NULL");
    expect_error(tape, tg_slice(x, (tg_slice_options){.end = TG_SHAPE(1, 2, 3)}), "slice: end has 3 entries");
    expect_error(tape, tg_gather(s, k, (tg_gather_options){0}), "gather: a scalar has no axis");
    expect_error(tape, tg_gather(x, k, (tg_gather_options){2}), "gather: axis 2 of a tensor of rank 2");
    expect_error(tape, tg_gather(x, k, (tg_gather_options){1, true}),
                 "gather: (3,4) along axis 1 by indices (2)");
    tg_tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(permuted_axes),
        cmocka_unit_test(transpose_reverses_the_axes),
        cmocka_unit_test(broadcast_repeats),
        cmocka_unit_test(sliced_ranges),
        cmocka_unit_test(slices_without_entries_take_all),
        cmocka_unit_test(gathered_slices),
        cmocka_unit_test(gathered_along),
        cmocka_unit_test(many_parts_are_joined_without_allocating_anew),
        cmocka_unit_test(reshape_is_the_same_memory),
        cmocka_unit_test(shapes_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
