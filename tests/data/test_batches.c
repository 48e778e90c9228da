/* Batches: what arrives in the input nodes, epoch after epoch. */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

/* Example i is (i, -i), of class i mod 5. */
static tg_dataset *numbered(int64_t count, tg_dtype dtype) {
    tg_dataset *set = tg_dataset_new(count, &TG_SHAPE(1, 2), dtype, 5, NULL);
    for (int64_t i = 0; i < count; i++) {
        tg_dataset_set_at(set, i, 0, (double)i);
        tg_dataset_set_at(set, i, 1, (double)-i);
        set->labels[i] = (int32_t)(i % 5);
    }
    return set;
}

/* Plays one epoch and notes the examples in the order of their arrival. */
static int epoch(tg_batches *batches, tg_node *x, tg_node *label, int64_t *seen) {
    int n = 0;
    while (tg_batches_next(batches, x, label))
        for (int64_t i = 0; i < tg_batches_fresh(batches); i++) {
            int64_t number = (int64_t)tg_value_at(x, 2 * i);
            assert_int_equal(tg_value_at(x, 2 * i + 1), -number);
            assert_int_equal(tg_value_at(label, i), number % 5);
            assert_int_equal(tg_batches_positions(batches)[i], number);
            seen[n++] = number;
        }
    assert_tape_ok(tg_tape_of(x));
    return n;
}

static void every_dtype_of_set_and_tape_goes_together(void **state) {
    (void)state;
    for (int from = TG_F32; from <= TG_F64; from++)
        for (int to = TG_F32; to <= TG_DUAL; to++) {
            int64_t seen[10];
            tg_dataset *set = numbered(10, (tg_dtype)from);
            tg_batches *batches = tg_batches_new(set, (tg_batches_spec){.batch = 4}, NULL);
            tg_tape *tape = tg_tape_new((tg_dtype)to);
            tg_node *x = tg_input(tape, "x", (tg_dtype)to, 2, (int64_t[]){4, 2});
            tg_node *label = tg_input(tape, "label", TG_I32, 1, (int64_t[]){4});
            assert_int_equal(tg_batches_count(batches), 2);
            assert_int_equal(tg_batches_left_out(batches), 2);
            for (int e = 0; e < 2; e++) {
                assert_int_equal(epoch(batches, x, label, seen), 8);
                for (int i = 0; i < 8; i++) assert_int_equal(seen[i], i);
            }
            tg_tape_free(tape);
            tg_batches_free(batches);
            tg_dataset_free(set);
        }
}

static int ascending(const void *a, const void *b) {
    return (int)(*(const int64_t *)a - *(const int64_t *)b);
}

static void shuffled_epochs_show_every_example_in_new_orders_and_resume(void **state) {
    (void)state;
    enum { N = 103 };
    int64_t first[N], second[N], again[N];
    tg_batches_spec spec = {.batch = 10, .shuffle = true, .seed = 5, .fill_last = true};
    tg_dataset *set = numbered(N, TG_F32);
    tg_batches *batches = tg_batches_new(set, spec, NULL), *other = tg_batches_new(set, spec, NULL);
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = tg_input(tape, "x", TG_F32, 3, (int64_t[]){10, 1, 2});
    tg_node *label = tg_input(tape, "label", TG_I32, 2, (int64_t[]){10, 1});
    assert_int_equal(tg_batches_count(batches), 11);
    assert_int_equal(tg_batches_left_out(batches), 0);
    assert_int_equal(epoch(batches, x, label, first), N);
    assert_int_equal(epoch(batches, x, label, second), N);
    assert_true(tg_batches_seek(other, (tg_batches_state){.epoch = 1, .position = 3}));
    assert_int_equal(epoch(other, x, label, again), N - 30);
    assert_memory_equal(again, second + 30, (N - 30) * sizeof *again);
    assert_memory_not_equal(first, second, sizeof first);
    qsort(first, N, sizeof *first, ascending);
    qsort(second, N, sizeof *second, ascending);
    for (int i = 0; i < N; i++) assert_true(first[i] == i && second[i] == i);
    tg_batches_state told = tg_batches_tell(batches);
    assert_int_equal(told.epoch, 2);
    assert_int_equal(told.position, 0);
    assert_false(tg_batches_seek(other, (tg_batches_state){.position = 12}));
    assert_false(tg_batches_seek(other, (tg_batches_state){.position = -1}));
    tg_tape_free(tape);
    tg_batches_free(batches);
    tg_batches_free(other);
    tg_dataset_free(set);
}

static void nodes_that_do_not_fit_fail_their_tape(void **state) {
    (void)state;
    tg_dataset *set = numbered(10, TG_F32);
    tg_batches *batches = tg_batches_new(set, (tg_batches_spec){.batch = 5}, NULL);
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *good = tg_input(tape, "x", TG_F32, 2, (int64_t[]){5, 2});
    tg_node *wide = tg_input(tape, "wide", TG_F32, 2, (int64_t[]){5, 3});
    tg_node *flat = tg_input(tape, "flat", TG_F32, 1, (int64_t[]){10});
    tg_node *computed = tg_relu(good);
    assert_false(tg_batches_next(batches, wide, NULL));
    assert_non_null(
        strstr(tg_error(tape), "batches: examples of \"data\", 5 x 2, into \"wide\" (5,3) of f32"));
    assert_false(tg_batches_next(batches, good, NULL)); /* the error is sticky */
    tg_node *bad[] = {flat, computed};
    for (int i = 0; i < 2; i++) {
        tg_error_clear(tape);
        assert_false(tg_batches_next(batches, bad[i], NULL));
        assert_true(tg_failed(tape));
    }
    tg_error_clear(tape);
    assert_false(tg_batches_next(batches, NULL, good)); /* labels need an i32 input */
    tg_error_clear(tape);
    tg_dataset *bare = tg_dataset_new(5, &TG_SHAPE(2), TG_F32, 0, NULL);
    tg_batches *unlabelled = tg_batches_new(bare, (tg_batches_spec){.batch = 5}, NULL);
    tg_node *label = tg_input(tape, "label", TG_I32, 1, (int64_t[]){5});
    assert_false(tg_batches_next(unlabelled, good, label));
    assert_non_null(strstr(tg_error(tape), "batches: \"data\" has no labels"));
    tg_batches_free(unlabelled);
    tg_dataset_free(bare);
    tg_error_clear(tape);
    assert_true(tg_batches_next(batches, good, NULL));
    assert_int_equal(tg_batches_tell(batches).position, 1);
    tg_tape_free(tape);
    tg_batches_free(batches);
    tg_dataset_free(set);
}

static void an_epoch_without_a_batch_is_refused(void **state) {
    (void)state;
    tg_status status = {0};
    tg_dataset *set = numbered(3, TG_F32);
    assert_null(tg_batches_new(set, (tg_batches_spec){.batch = 4}, &status));
    assert_string_equal(status.message, "batches: no batch of 4 in the 3 examples of \"data\"");
    assert_null(tg_batches_new(set, (tg_batches_spec){.batch = -1}, NULL));
    assert_null(tg_batches_new(set, (tg_batches_spec){.batch = INT64_MAX, .fill_last = true}, NULL));
    assert_null(tg_batches_new(NULL, (tg_batches_spec){.batch = 1}, NULL));
    tg_batches *padded = tg_batches_new(set, (tg_batches_spec){.batch = 8, .fill_last = true}, NULL);
    assert_int_equal(tg_batches_count(padded), 1);
    assert_true(tg_batches_next(padded, NULL, NULL));
    assert_int_equal(tg_batches_fresh(padded), 3);
    assert_int_equal(tg_batches_positions(padded)[7], 1);
    tg_batches_free(padded);
    tg_dataset_free(set);
}

static size_t allocations;
static void *counted(void *context, size_t size) {
    (void)context;
    allocations++;
    return calloc(1, size);
}
static void released(void *context, void *memory) {
    (void)context;
    free(memory);
}

static void a_step_allocates_nothing(void **state) {
    (void)state;
    tg_set_allocator((tg_allocator){counted, released, NULL});
    tg_dataset *set = numbered(10, TG_F64);
    tg_batches *batches = tg_batches_new(set, (tg_batches_spec){.batch = 3, .shuffle = true}, NULL);
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = tg_input(tape, "x", TG_F32, 2, (int64_t[]){3, 2});
    size_t before = allocations;
    assert_true(before > 0);
    for (int i = 0; i < 20; i++) (void)tg_batches_next(batches, x, NULL);
    assert_int_equal(allocations, before);
    tg_tape_free(tape);
    tg_batches_free(batches);
    tg_dataset_free(set);
    tg_set_allocator((tg_allocator){0});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dtype_of_set_and_tape_goes_together),
        cmocka_unit_test(shuffled_epochs_show_every_example_in_new_orders_and_resume),
        cmocka_unit_test(nodes_that_do_not_fit_fail_their_tape),
        cmocka_unit_test(an_epoch_without_a_batch_is_refused),
        cmocka_unit_test(a_step_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
