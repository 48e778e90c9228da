/* Once warm, a training step takes no memory from the heap, and a long run neither grows nor slows down.
   malloc and its relatives are interposed in this program, for the library and for all that it calls. */
#include "support/own_malloc.h"
#include "support/test.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#ifndef TG_OWN_MALLOC
int main(void) {
    return skip_own_malloc();
}
#else
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t align, size_t size);

static atomic_long allocations;

TG_API void *malloc(size_t size) {
    allocations++;
    return __libc_malloc(size);
}
TG_API void *calloc(size_t n, size_t size) {
    allocations++;
    return __libc_calloc(n, size);
}
TG_API void *realloc(void *memory, size_t size) {
    allocations++;
    return __libc_realloc(memory, size);
}
TG_API void *aligned_alloc(size_t align, size_t size) {
    allocations++;
    return __libc_memalign(align, size);
}
TG_API int posix_memalign(void **memory, size_t align, size_t size) {
    allocations++;
    *memory = __libc_memalign(align, size);
    return *memory ? 0 : 12; /* ENOMEM */
}

typedef struct training {
    tg_dataset *set;
    tg_batches *batches;
    tg_mlp *net;
    tg_optim *optim;
    tg_tape *tape;
    tg_node *x, *label, *loss;
} training;

/* A network with one hidden layer on random examples. */
static training training_new(int64_t in, int64_t hidden, int64_t out, int64_t batch, tg_optim_kind kind) {
    training t = {.set = tg_dataset_new(3 * batch, &(tg_shape){1, {in}}, TG_F32, (int)out, NULL)};
    assert_non_null(t.set);
    tg_rng rng = {.seed = 7};
    for (int64_t i = 0; i < t.set->count * in; i++) ((float *)t.set->x)[i] = (float)tg_rng_normal(&rng);
    for (int64_t i = 0; i < t.set->count; i++) t.set->labels[i] = (int32_t)tg_rng_below(&rng, (uint64_t)out);
    t.batches = tg_batches_new(t.set, (tg_batches_spec){.batch = batch, .shuffle = true}, NULL);
    t.net =
        tg_mlp_new((tg_mlp_spec){.sizes = {in, hidden, out}, .depth = 2, .activation = TG_RELU, .seed = 1});
    t.optim = tg_optim_new(tg_mlp_params(t.net), kind, (tg_optim_spec){.lr = 1e-4});
    t.tape = tg_tape_new(TG_F32);
    t.x = tg_input(t.tape, "x", TG_F32, 2, (int64_t[]){batch, in});
    t.label = tg_input(t.tape, "label", TG_I32, 1, &batch);
    t.loss = tg_cross_entropy(tg_mlp_apply(t.net, t.x), t.label);
    assert_tape_ok(t.tape);
    return t;
}

static void steps(training *t, int n) {
    for (int i = 0; i < n; i++) {
        if (!tg_batches_next(t->batches, t->x, t->label)) tg_batches_next(t->batches, t->x, t->label);
        tg_replay(t->tape);
        tg_backward(t->loss);
        tg_optim_step(t->optim);
    }
}

static void training_free(training *t) {
    assert_tape_ok(t->tape);
    assert_false(tg_optim_failed(t->optim));
    tg_tape_free(t->tape);
    tg_optim_free(t->optim);
    tg_mlp_free(t->net);
    tg_batches_free(t->batches);
    tg_dataset_free(t->set);
}

static void a_warm_training_step_allocates_nothing(void **state) {
    (void)state;
    for (int kind = 0; kind < TG_NOPTIMS; kind++) {
        training t = training_new(784, 64, 10, 100, (tg_optim_kind)kind);
        steps(&t, 10);
        long before = allocations;
        steps(&t, 50);
        assert_int_equal(allocations - before, 0);
        training_free(&t);
    }
    free(malloc(1));
    assert_true(allocations > 0);
}

static void a_warm_recorded_step_allocates_nothing(void **state) {
    (void)state;
    training t = training_new(20, 8, 3, 10, TG_SGD);
    long before = 0;
    for (int i = 0; i < 40; i++) {
        if (i == 20) before = allocations;
        tg_tape_clear(t.tape);
        t.x = tg_input(t.tape, "x", TG_F32, 2, (int64_t[]){10, 20});
        t.label = tg_input(t.tape, "label", TG_I32, 1, (int64_t[]){10});
        if (!tg_batches_next(t.batches, t.x, t.label)) tg_batches_next(t.batches, t.x, t.label);
        tg_backward(tg_cross_entropy(tg_mlp_apply(t.net, t.x), t.label));
        tg_optim_step(t.optim);
    }
    assert_int_equal(allocations - before, 0);
    training_free(&t);
}

static long resident_pages(void) {
    long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file) return 0;
    if (fscanf(file, "%ld %ld", &total, &resident) != 2) resident = 0;
    fclose(file);
    return resident;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void a_hundred_thousand_steps_leave_the_memory_flat(void **state) {
    (void)state;
    training t = training_new(2, 50, 2, 10, TG_ADAM);
    long before = 0;
    for (int i = 0; i < 10; i++) {
        double begin = seconds();
        steps(&t, 10000);
        printf("steps %6d: %.2f us per step, %ld kB resident\n", 10000 * (i + 1), 100 * (seconds() - begin),
               resident_pages() * sysconf(_SC_PAGESIZE) / 1024);
        if (i == 0) before = resident_pages();
    }
    assert_in_range(resident_pages(), 0, before + 16);
    training_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_warm_training_step_allocates_nothing),
        cmocka_unit_test(a_warm_recorded_step_allocates_nothing),
        cmocka_unit_test(a_hundred_thousand_steps_leave_the_memory_flat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
