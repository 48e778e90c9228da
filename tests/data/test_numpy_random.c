/* NumPy's legacy generator (data/numpy_random.h) against numbers that NumPy 1.24 and others published. */
#include "support/test.h"

static tg_numpy_random seeded(uint32_t seed) {
    tg_numpy_random r;
    tg_numpy_seed(&r, seed);
    return r;
}

static void assert_same(double a, double b) {
    assert_close(a, b, 0);
}

static void normal_numbers_are_those_of_numpy(void **state) {
    (void)state;
    tg_numpy_random r = seeded(0);
    const double first[] = {1.764052345967664, 0.4001572083672233, 0.9787379841057392, 2.240893199201458,
                            1.8675579901499675};
    for (int i = 0; i < 5; i++) assert_same(tg_numpy_normal(&r, 0, 1), first[i]);
    r = seeded(1);
    double sum = 0, last = 0;
    for (int i = 0; i < 10001; i++) sum += last = tg_numpy_normal(&r, 0, 1);
    assert_same(last, -0.12247390649231404);
    assert_close(sum, 97.60409308455738, 1e-12);
}

/* 5489 is the seed of the generator's authors and of MATLAB, whose first rand is known to many. */
static void uniform_numbers_are_those_of_numpy(void **state) {
    (void)state;
    tg_numpy_random r = seeded(5489);
    const double first[] = {0.8147236863931789, 0.9057919370756192, 0.12698681629350606};
    for (int i = 0; i < 3; i++) assert_same(tg_numpy_random_sample(&r), first[i]);
    r = seeded(1);
    const double between[] = {-0.18723349647306953, 0.0402433700816186, -0.49991421888699134};
    for (int i = 0; i < 3; i++) assert_same(tg_numpy_uniform(&r, -0.5, 0.25), between[i]);
    r = seeded(UINT32_MAX);
    double last = 0;
    for (int i = 0; i < 1000; i++) last = tg_numpy_random_sample(&r);
    assert_same(last, 0.556626859384112);
    assert_same(tg_numpy_normal(&r, 0, 1), 1.120748814628201);
}

static void integers_are_those_of_numpy(void **state) {
    (void)state;
    tg_numpy_random r = seeded(42);
    const int64_t small[] = {6, 3, 7, 4, 6, 9, 2, 6, 7, 4};
    const int64_t large[] = {425815370594, 651335606397, 640192412975};
    for (int i = 0; i < 10; i++) assert_int_equal(tg_numpy_randint(&r, 0, 10), small[i]);
    for (int i = 0; i < 3; i++) assert_int_equal(tg_numpy_randint(&r, -5, INT64_C(1) << 40), large[i]);
    for (int i = 0; i < 2; i++) assert_int_equal(tg_numpy_randint(&r, 3, 4), 3);
    assert_int_equal(tg_numpy_randint(&r, 0, INT64_C(1) << 32), 4165731073);
    assert_int_equal(tg_numpy_randint(&r, 0, INT64_C(1) << 32), 3100961111);
}

static void orders_are_those_of_numpy(void **state) {
    (void)state;
    tg_numpy_random r = seeded(7);
    const int64_t permuted[] = {8, 5, 0, 2, 1, 9, 7, 3, 6, 4}, shuffled[] = {10, 30, 40, 0, 50, 20};
    int64_t order[10], items[] = {0, 10, 20, 30, 40, 50};
    tg_numpy_permutation(&r, 10, order);
    assert_memory_equal(order, permuted, sizeof order);
    tg_numpy_shuffle(&r, 6, items);
    assert_memory_equal(items, shuffled, sizeof items);
    assert_same(tg_numpy_normal(&r, 3, 2), 2.237825709819332);
    assert_same(tg_numpy_normal(&r, 0, 1), 0.8308398625169492);
    assert_same(tg_numpy_random_sample(&r), 0.39294230987084167);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_numbers_are_those_of_numpy),
        cmocka_unit_test(uniform_numbers_are_those_of_numpy),
        cmocka_unit_test(integers_are_those_of_numpy),
        cmocka_unit_test(orders_are_those_of_numpy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
