/* dropout: the share of kept elements, the mean, replay, evaluation, and that its mask is tg_rng_block's. */
#include "core/internal.h"
#include "support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N 200003

static tg_node *ones(tg_tape *tape, int64_t n) {
    tg_node *x = tg_input(tape, "x", tg_tape_dtype(tape), 1, &n);
    double *values = malloc((size_t)n * sizeof *values);
    for (int64_t i = 0; i < n; i++) values[i] = 1;
    tg_set_f64(x, values);
    free(values);
    tg_require_grad(x, true);
    return x;
}

static tg_tape *new_tape(tg_dtype dtype, uint64_t seed, int threads) {
    return tg_tape_new_spec((tg_tape_spec){.dtype = dtype, .seed = seed, .threads = threads});
}

static double mean(const tg_node *y) {
    double sum = 0;
    for (int64_t i = 0; i < tg_size(y); i++) sum += tg_value_at(y, i);
    return sum / (double)tg_size(y);
}

/* The mean of N variables that are 1/keep with probability keep has the standard deviation
   sqrt((1-keep)/(keep N)); four of them are exceeded once in 16000 trials. */
static void the_mean_is_preserved(void **state) {
    (void)state;
    const double keeps[] = {0.25, 0.5, 0.75};
    for (int k = 0; k < 3; k++)
        for (uint64_t seed = 1; seed <= 4; seed++) {
            tg_tape *tape = new_tape(TG_F64, seed, 1);
            tg_node *y = tg_dropout(ones(tape, N), (tg_dropout_options){.keep = keeps[k]});
            assert_tape_ok(tape);
            double error = 4 * sqrt((1 - keeps[k]) / (keeps[k] * N));
            if (fabs(mean(y) - 1) > error)
                fail_msg("keep %g: the mean is %.6f, more than %.6f off", keeps[k], mean(y), error);
            for (int64_t i = 0; i < N; i++)
                assert_true(tg_value_at(y, i) == 0 || tg_value_at(y, i) == 1 / keeps[k]);
            tg_tape_free(tape);
        }
}

/* Neighbours must be independent: pairs of kept ones are keep^2 of all. */
static void neighbours_are_independent(void **state) {
    (void)state;
    tg_tape *tape = new_tape(TG_F64, 9, 1);
    tg_node *y = tg_dropout(ones(tape, N), (tg_dropout_options){.keep = 0.5});
    for (int distance = 1; distance <= 64; distance *= 2) {
        int64_t both = 0;
        for (int64_t i = 0; i + distance < N; i++)
            both += tg_value_at(y, i) > 0 && tg_value_at(y, i + distance) > 0;
        assert_true(fabs((double)both / N - 0.25) < 5 * sqrt(0.25 * 0.75 / N));
    }
    tg_tape_free(tape);
}

static void keep_0_and_1_and_evaluation_change_nothing(void **state) {
    (void)state;
    for (int way = 0; way < 3; way++) {
        tg_tape *tape = new_tape(TG_F64, 1, 1);
        tg_set_training(tape, way < 2);
        tg_node *x = ones(tape, 1000), *y = tg_dropout(x, (tg_dropout_options){.keep = way == 0   ? 0
                                                                                       : way == 1 ? 1
                                                                                                  : 0.5});
        tg_backward_from(y, NULL);
        assert_tape_ok(tape);
        for (int64_t i = 0; i < 1000; i++) assert_true(tg_value_at(y, i) == 1 && tg_grad_at(x, i) == 1);
        tg_tape_free(tape);
    }
}

static void copy_mask(const tg_node *y, bool *mask) {
    for (int64_t i = 0; i < tg_size(y); i++) mask[i] = tg_value_at(y, i) != 0;
}

static void replay_draws_anew_unless_the_mask_has_a_seed(void **state) {
    (void)state;
    bool first[1000], second[1000];
    for (int own = 0; own < 2; own++) {
        tg_tape *tape = new_tape(TG_F64, 1, 1);
        tg_node *y = tg_dropout(ones(tape, 1000), (tg_dropout_options){.keep = 0.5, .seed = own ? 77 : 0});
        uint64_t step = tg_step(tape);
        copy_mask(y, first);
        assert_true(tg_replay(tape));
        copy_mask(y, second);
        assert_int_equal(memcmp(first, second, sizeof first) == 0, own);
        tg_set_step(tape, step - 1);
        assert_true(tg_replay(tape));
        copy_mask(y, second);
        assert_memory_equal(first, second, sizeof first);
        tg_tape_free(tape);
    }
}

static void nodes_and_seeds_have_masks_of_their_own(void **state) {
    (void)state;
    bool mask[3][1000];
    for (uint64_t seed = 1; seed <= 2; seed++) {
        tg_tape *tape = new_tape(TG_F64, seed, 1);
        tg_node *x = ones(tape, 1000);
        copy_mask(tg_dropout(x, (tg_dropout_options){.keep = 0.5}), mask[seed - 1]);
        copy_mask(tg_dropout(x, (tg_dropout_options){.keep = 0.5}), mask[2]);
        assert_memory_not_equal(mask[seed - 1], mask[2], sizeof mask[2]);
        tg_tape_free(tape);
    }
    assert_memory_not_equal(mask[0], mask[1], sizeof mask[0]);
}

static void backward_uses_the_mask_of_forward(void **state) {
    (void)state;
    tg_tape *tape = new_tape(TG_F32, 3, 2);
    tg_node *x = ones(tape, N), *y = tg_dropout(x, (tg_dropout_options){.keep = 0.75});
    for (int step = 0; step < 3; step++) {
        tg_zero_grad(tape);
        tg_backward_from(y, NULL);
        assert_tape_ok(tape);
        for (int64_t i = 0; i < N; i++) assert_true(tg_grad_at(x, i) == tg_value_at(y, i));
        assert_true(tg_replay(tape));
    }
    tg_tape_free(tape);
}

/* Word i%4 of block i/4 decides on element i, in every number type and with any number of threads. */
static void the_mask_is_that_of_the_generator(void **state) {
    (void)state;
    const uint64_t seed = 0x123456789abcdef0;
    for (tg_dtype dtype = TG_F32; dtype <= TG_DUAL; dtype++)
        for (int threads = 1; threads <= 2; threads++) {
            tg_tape *tape = new_tape(dtype, 1, threads);
            tg_node *y = tg_dropout(ones(tape, N), (tg_dropout_options){.keep = 0.3, .seed = seed});
            for (int64_t i = 0; i < N; i++) {
                uint32_t word[4];
                tg_rng_block(seed, 0, (uint64_t)i / 4, word);
                assert_int_equal(tg_value_at(y, i) != 0, word[i % 4] < 0.3 * 0x1p32);
            }
            tg_tape_free(tape);
        }
}

/* The executor may cut the elements anywhere. */
static void a_cut_anywhere_gives_the_same_mask(void **state) {
    (void)state;
    const tg_kernel *kernel = tg_kernel_of(tg_op_find("dropout"), TG_F64);
    const tg_dropout_options keep = {.keep = 0.5};
    double x[512], whole[512], part[512];
    uint8_t saved[512 + 64];
    for (int i = 0; i < 512; i++) x[i] = 1;
    const void *args[] = {x};
    tg_eval e = {.n = 512,
                 .nargs = 1,
                 .x = args,
                 .y = whole,
                 .options = &keep,
                 .saved = saved,
                 .seed = 4,
                 .training = true};
    kernel->forward(&e);
    for (int start = 0; start < 200; start += 7) {
        e.offset = start;
        e.n = 150;
        e.y = part;
        kernel->forward(&e);
        assert_memory_equal(part, whole + start, 150 * sizeof *part);
    }
}

/* Whether the tape trains may change between forward and backward: backward is that of the forward that was. */
static void backward_follows_the_forward_that_was(void **state) {
    (void)state;
    for (int form = 0; form < 8; form++) {
        const bool trained = form & 1;
        const int64_t n = form & 2 ? 9001 : 5;
        tg_tape *tape = tg_tape_new_spec((tg_tape_spec){.dtype = TG_F32, .seed = 3, .no_plan = form & 4});
        tg_node *x = ones(tape, n);
        tg_set_training(tape, !trained);
        tg_node *y = tg_dropout(x, (tg_dropout_options){.keep = 0.5}), *loss = tg_sum(y);
        for (int pass = 0; pass < 2; pass++) {
            tg_set_training(tape, trained);
            assert_true(tg_replay(tape));
            tg_set_training(tape, !trained);
            tg_zero_grad(tape);
            assert_true(tg_backward(loss));
            for (int64_t i = 0; i < n; i++) assert_close(tg_grad_at(x, i), tg_value_at(y, i), 0);
        }
        tg_tape_free(tape);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backward_follows_the_forward_that_was),
        cmocka_unit_test(the_mean_is_preserved),
        cmocka_unit_test(neighbours_are_independent),
        cmocka_unit_test(keep_0_and_1_and_evaluation_change_nothing),
        cmocka_unit_test(replay_draws_anew_unless_the_mask_has_a_seed),
        cmocka_unit_test(nodes_and_seeds_have_masks_of_their_own),
        cmocka_unit_test(backward_uses_the_mask_of_forward),
        cmocka_unit_test(the_mask_is_that_of_the_generator),
        cmocka_unit_test(a_cut_anywhere_gives_the_same_mask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
