/* Datasets: subsets, splits, scaling. */
#include "support/loader.h"

#include <math.h>
#include <string.h>

/* Example i is (10i, 10i+1), of class i mod 3. */
static tg_dataset *numbered(int64_t count) {
    tg_dataset *set = tg_dataset_new(count, &TG_SHAPE(2), TG_F32, 3, NULL);
    assert_non_null(set);
    for (int64_t i = 0; i < count; i++) {
        for (int64_t j = 0; j < 2; j++) tg_dataset_set_at(set, i, j, (double)(10 * i + j));
        set->labels[i] = (int32_t)(i % 3);
    }
    tg_dataset_name(set, "numbers");
    return set;
}

/* Which numbered example stands at a position; its label must have come along. */
static int64_t number_at(const tg_dataset *set, int64_t position) {
    int64_t i = (int64_t)(tg_dataset_at(set, position, 0) / 10);
    assert_int_equal(tg_dataset_label(set, position), i % 3);
    assert_close(tg_dataset_at(set, position, 1), (double)(10 * i + 1), 0);
    return i;
}

static void subsets_copy_the_examples_asked_for(void **state) {
    (void)state;
    tg_dataset *set = numbered(7);
    tg_dataset *some = tg_dataset_take(set, (int64_t[]){4, 0, 4}, 3, NULL);
    assert_int_equal(number_at(some, 0), 4);
    assert_int_equal(number_at(some, 1), 0);
    assert_int_equal(number_at(some, 2), 4);
    tg_dataset *range = tg_dataset_range(set, 2, 5, NULL);
    assert_int_equal(range->count, 5);
    assert_int_equal(number_at(range, 4), 6);
    tg_dataset *picked = tg_dataset_pick(set, (int[]){2, 0}, 2, NULL);
    assert_int_equal(picked->count, 5);
    assert_int_equal(picked->classes, 2);
    assert_int_equal(tg_dataset_label(picked, 0), 1); /* was example 0, class 0 */
    assert_int_equal(tg_dataset_label(picked, 1), 0); /* was example 2, class 2 */
    assert_close(tg_dataset_at(picked, 1, 0), 20, 0);
    tg_dataset *wide = tg_dataset_convert(range, TG_F64, NULL);
    assert_int_equal(wide->dtype, TG_F64);
    assert_int_equal(number_at(wide, 4), 6);
    assert_string_equal(wide->name, "numbers");
    tg_dataset_free(set);
    tg_dataset_free(some);
    tg_dataset_free(range);
    tg_dataset_free(picked);
    tg_dataset_free(wide);
}

static void the_first_of_each_class_come_class_by_class(void **state) {
    (void)state;
    tg_dataset *set = numbered(7); /* labels 0 1 2 0 1 2 0 */
    tg_dataset *two = tg_dataset_first_of_each(set, 2, NULL), *all = tg_dataset_first_of_each(set, 9, NULL);
    const int examples[] = {0, 3, 1, 4, 2, 5}, every[] = {0, 3, 6, 1, 4, 2, 5};
    assert_int_equal(two->count, 6);
    assert_int_equal(two->classes, 3);
    for (int i = 0; i < 6; i++) assert_int_equal(number_at(two, i), examples[i]);
    for (int i = 0; i < 6; i++) assert_int_equal(tg_dataset_label(two, i), i / 2);
    assert_int_equal(all->count, 7);
    for (int i = 0; i < 7; i++) assert_int_equal(number_at(all, i), every[i]);
    assert_string_equal(all->name, "numbers");
    tg_status status = {0};
    assert_null(tg_dataset_first_of_each(set, -1, &status));
    assert_string_equal(status.message,
                        "dataset: the first -1 of each class of \"numbers\", which has 3 classes");
    tg_dataset_free(set);
    tg_dataset_free(two);
    tg_dataset_free(all);
}

static void what_is_not_there_is_refused_with_a_message(void **state) {
    (void)state;
    tg_dataset *set = numbered(3);
    tg_status status = {0};
    assert_null(tg_dataset_take(set, (int64_t[]){0, 3}, 2, &status));
    assert_string_equal(status.message, "dataset: example 3 of \"numbers\", which has 3");
    assert_null(tg_dataset_take(set, (int64_t[]){-1}, 1, NULL));
    assert_null(tg_dataset_range(set, 2, 2, NULL));
    assert_null(tg_dataset_range(set, INT64_MAX, INT64_MAX, NULL));
    assert_null(tg_dataset_take(NULL, NULL, 1, NULL));
    assert_null(tg_dataset_new(INT64_MAX / 2, &TG_SHAPE(28, 28), TG_F32, 0, NULL));
    assert_null(tg_dataset_new(-1, &TG_SHAPE(28, 28), TG_F32, 0, NULL));
    assert_null(tg_dataset_new(1, &TG_SHAPE(28, -28), TG_F32, 0, NULL));
    assert_null(tg_dataset_new(1, &TG_SHAPE(28), TG_I32, 0, NULL));
    tg_dataset *bare = tg_dataset_new(3, &TG_SHAPE(2), TG_F32, 0, NULL);
    assert_null(tg_dataset_pick(bare, (int[]){1}, 1, NULL));
    tg_dataset_free(bare);
    tg_split split;
    status = (tg_status){0};
    assert_false(tg_dataset_split(set, (tg_split_spec){.validation = 2, .test = 2}, &split, &status));
    assert_non_null(strstr(status.message, "which has 3"));
    assert_false(
        tg_dataset_split(set, (tg_split_spec){.validation = INT64_MAX, .test = INT64_MAX}, &split, NULL));
    assert_true(isnan(tg_dataset_at(set, 3, 0)) && isnan(tg_dataset_at(set, 0, 2)));
    assert_int_equal(tg_dataset_label(set, 3), -1);
    tg_dataset_free(set);
}

static void a_split_deals_every_example_once(void **state) {
    (void)state;
    enum { N = 1100 };
    tg_dataset *set = numbered(N);
    tg_split split, again, other;
    assert_true(
        tg_dataset_split(set, (tg_split_spec){.validation = 200, .test = 200, .seed = 7}, &split, NULL));
    assert_true(
        tg_dataset_split(set, (tg_split_spec){.validation = 200, .test = 200, .seed = 7}, &again, NULL));
    assert_true(
        tg_dataset_split(set, (tg_split_spec){.validation = 200, .test = 200, .seed = 8}, &other, NULL));
    assert_int_equal(split.train->count, 700);
    int seen[N] = {0}, moved = 0;
    tg_dataset *parts[] = {split.train, split.validation, split.test};
    for (int p = 0; p < 3; p++)
        for (int64_t i = 0; i < parts[p]->count; i++) seen[number_at(parts[p], i)]++;
    for (int i = 0; i < N; i++) assert_int_equal(seen[i], 1);
    assert_memory_equal(split.train->x, again.train->x, 700 * 2 * sizeof(float));
    for (int64_t i = 0; i < 200; i++) moved += number_at(split.test, i) != number_at(other.test, i);
    assert_true(moved > 150);
    tg_split_free(&split);
    tg_split_free(&again);
    tg_split_free(&other);
    assert_true(
        tg_dataset_split(set, (tg_split_spec){.train = 5, .test = 2, .in_order = true}, &split, NULL));
    assert_int_equal(number_at(split.train, 4), 4);
    assert_int_equal(number_at(split.test, 0), 5);
    assert_null(split.validation);
    tg_split_free(&split);
    tg_dataset_free(set);
}

static void shuffling_is_a_permutation_by_seed(void **state) {
    (void)state;
    enum { N = 100 };
    tg_dataset *set = numbered(N), *same = numbered(N);
    int seen[N] = {0}, moved = 0;
    assert_true(tg_dataset_shuffle(set, 3, NULL));
    assert_true(tg_dataset_shuffle(same, 3, NULL));
    for (int64_t i = 0; i < N; i++) {
        seen[number_at(set, i)]++;
        moved += number_at(set, i) != i;
        assert_int_equal(number_at(set, i), number_at(same, i));
    }
    for (int i = 0; i < N; i++) assert_int_equal(seen[i], 1);
    assert_true(moved > 80);
    tg_dataset_free(set);
    tg_dataset_free(same);
}

static void scalers_are_fitted_on_one_set_and_applied_to_others(void **state) {
    (void)state;
    tg_dataset *train = tg_dataset_new(4, &TG_SHAPE(2), TG_F64, 0, NULL), *test = numbered(2);
    for (int64_t i = 0; i < 4; i++) {
        tg_dataset_set_at(train, i, 0, (double[]){1, 3, 5, 7}[i]);
        tg_dataset_set_at(train, i, 1, 4); /* constant: only shifted */
    }
    tg_scaler *standard = tg_scaler_fit(train, TG_STANDARDISE, NULL);
    assert_close(standard->shift[0], 4, 0);
    assert_close(standard->factor[0], 1 / sqrt(5), 1e-15);
    assert_true(tg_scaler_apply(standard, test, NULL));
    assert_close(tg_dataset_at(test, 1, 0), (10 - 4) / sqrt(5), 1e-6);
    assert_close(tg_dataset_at(test, 1, 1), 11 - 4, 0);
    tg_scaler *whole = tg_scaler_fit(train, TG_STANDARDISE_WHOLE, NULL);
    for (int j = 0; j < 2; j++) { /* 1 3 5 7 and four times 4: mean 4, squares 9+1+1+9 over 8 elements */
        assert_close(whole->shift[j], 4, 0);
        assert_close(whole->factor[j], 1 / sqrt(2.5), 1e-15);
    }
    tg_scaler_free(whole);
    tg_scaler *mean = tg_scaler_fit(train, TG_SUBTRACT_MEAN, NULL);
    assert_close(mean->factor[0], 1, 0);
    tg_scaler *range = tg_scaler_fit(train, TG_UNIT_RANGE, NULL);
    assert_true(tg_scaler_apply(range, train, NULL));
    assert_close(tg_dataset_at(train, 0, 0), 0, 0);
    assert_close(tg_dataset_at(train, 3, 0), 1, 0);
    tg_dataset_scale(train, 3);
    assert_close(tg_dataset_at(train, 3, 0), 3, 0);
    tg_status status = {0};
    tg_dataset *narrow = tg_dataset_new(1, &TG_SHAPE(1), TG_F32, 0, NULL);
    assert_false(tg_scaler_apply(mean, narrow, &status));
    assert_string_equal(status.message, "scaler: fitted to 2 features, \"data\" has 1");
    tg_dataset *empty = tg_dataset_new(0, &TG_SHAPE(2), TG_F32, 0, NULL);
    assert_null(tg_scaler_fit(empty, TG_STANDARDISE, NULL));
    tg_scaler_free(standard);
    tg_scaler_free(mean);
    tg_scaler_free(range);
    tg_dataset_free(train);
    tg_dataset_free(test);
    tg_dataset_free(narrow);
    tg_dataset_free(empty);
}

static bool split_and_shuffle(const char *unused, tg_status *status) {
    (void)unused;
    tg_split split = {0};
    tg_dataset *set = tg_dataset_new(10, &TG_SHAPE(2), TG_F32, 3, status);
    tg_scaler *scaler = set ? tg_scaler_fit(set, TG_STANDARDISE, status) : NULL;
    tg_batches *batches = scaler ? tg_batches_new(set, (tg_batches_spec){.batch = 2}, status) : NULL;
    bool done = batches && tg_dataset_shuffle(set, 1, status) &&
                tg_dataset_split(set, (tg_split_spec){.validation = 2, .test = 2}, &split, status);
    tg_split_free(&split);
    tg_batches_free(batches);
    tg_scaler_free(scaler);
    tg_dataset_free(set);
    return done;
}

static void memory_may_run_out_anywhere(void **state) {
    (void)state;
    assert_survives_no_memory(split_and_shuffle, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subsets_copy_the_examples_asked_for),
        cmocka_unit_test(the_first_of_each_class_come_class_by_class),
        cmocka_unit_test(what_is_not_there_is_refused_with_a_message),
        cmocka_unit_test(a_split_deals_every_example_once),
        cmocka_unit_test(shuffling_is_a_permutation_by_seed),
        cmocka_unit_test(memory_may_run_out_anywhere),
        cmocka_unit_test(scalers_are_fitted_on_one_set_and_applied_to_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
