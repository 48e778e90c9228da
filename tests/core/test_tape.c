/* The tape: recording, replay, backward, clear, rewind, errors. */
#include "support/test.h"

#include <string.h>

static tg_node *column(tg_tape *tape, const char *name, const double *values, int64_t n) {
    tg_node *x = tg_input(tape, name, tg_tape_dtype(tape), 1, &n);
    tg_set_f64(x, values);
    tg_require_grad(x, true);
    return x;
}

static void leaf_gradients_add_up_over_backward_calls(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = column(tape, "x", (double[]){3}, 1);
    tg_node *y = tg_add(x, x);
    tg_backward(y);
    tg_backward(y);
    assert_tape_ok(tape);
    assert_close(tg_grad_at(x, 0), 4, 0);
    tg_zero_grad(tape);
    tg_backward(y);
    assert_close(tg_grad_at(x, 0), 2, 0);
    tg_tape_free(tape);
}

static void the_first_error_wins_and_names_shapes_and_line(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = tg_input(tape, "x", TG_F32, 2, (int64_t[]){100, 784});
    tg_node *w = tg_input(tape, "w", TG_F32, 2, (int64_t[]){64, 10});
    assert_null(tg_relu(tg_matmul(x, w)));
    assert_non_null(strstr(tg_error(tape), "matmul: (100,784) x (64,10): inner sizes 784 and 64 differ ("));
    assert_non_null(strstr(tg_error(tape), "test_tape.c:"));
    assert_null(tg_relu(x));
    tg_error_clear(tape);
    assert_non_null(tg_relu(x));
    tg_tape_free(tape);
}

static void rewind_keeps_what_stood_before_the_mark(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = column(tape, "x", (double[]){1, -2}, 2);
    tg_param *param = tg_param_new("weight", TG_F64, &TG_SHAPE(2));
    tg_node *w = tg_use(tape, param);
    tg_mark mark = tg_tape_mark(tape);
    for (int i = 0; i < 100; i++) {
        tg_node *y = tg_name(tg_add(tg_relu(x), w), "y");
        tg_backward_from(y, NULL);
        tg_tape_rewind(tape, mark);
    }
    assert_tape_ok(tape);
    assert_int_equal(tg_tape_size(tape), 2);
    assert_ptr_equal(tg_find(tape, "x"), x);
    assert_ptr_equal(tg_find(tape, "weight"), w);
    assert_close(tg_grad_at(x, 0), 100, 0);
    assert_close(tg_grad_at(x, 1), 0, 0);
    assert_close(tg_grad_at(w, 1), 100, 0);
    assert_null(tg_add(x, tg_input(tape, "three", TG_F64, 1, (int64_t[]){3})));
    assert_string_equal(tg_name_of(w), "weight"); /* a call that fails rewinds, too */
    tg_tape_free(tape);
    tg_param_free(param);
}

/* What a lazy tape computed for the nodes that stay stood behind the mark: it is not there any more. */
static void rewind_forgets_values_of_a_lazy_tape(void **state) {
    (void)state;
    for (int no_plan = 0; no_plan < 2; no_plan++) {
        tg_tape *tape = tg_tape_new_spec((tg_tape_spec){.dtype = TG_F64, .lazy = true, .no_plan = no_plan});
        tg_node *x = column(tape, "x", (double[]){1, -2, 3}, 3);
        tg_node *y = tg_square(x), *view = tg_reshape(y, TG_SHAPE(3, 1));
        const tg_mark mark = tg_tape_mark(tape);
        for (int i = 1; i < 5; i++) {
            tg_node *loss = tg_sum(tg_mul(view, tg_scalar(tape, i)));
            tg_zero_grad(tape);
            assert_true(tg_replay(tape));
            assert_true(tg_backward(loss));
            assert_close(tg_item(loss), 14 * i, 0);
            assert_close(tg_value_at(view, 1), 4, 0);
            assert_close(tg_grad_at(x, 1), -4 * i, 0);
            tg_tape_rewind(tape, mark);
            assert_null(tg_value(y));
            assert_null(tg_value(view));
        }
        assert_tape_ok(tape);
        tg_tape_free(tape);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaf_gradients_add_up_over_backward_calls),
        cmocka_unit_test(the_first_error_wins_and_names_shapes_and_line),
        cmocka_unit_test(rewind_keeps_what_stood_before_the_mark),
        cmocka_unit_test(rewind_forgets_values_of_a_lazy_tape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
