/* Checkpoints: a resumed run goes on bit for bit; crashes, damage and foreign files. */
#include "support/command.h"
#include "support/test.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[1024], path[1100], previous[1200];

static int setup(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "%s", test_new_folder());
    snprintf(path, sizeof path, "%s/run", folder);
    snprintf(previous, sizeof previous, "%s.previous", path);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    char aside[1200];
    snprintf(aside, sizeof aside, "%s.tmp", path);
    unlink(path);
    unlink(previous);
    unlink(aside);
    return rmdir(folder);
}

/* ---- runs of fit ---- */

typedef struct setting {
    tg_dataset *train, *test;
    tg_mlp *net;
    tg_optim *optim;
    tg_status status;
} setting;

static tg_dataset *rings(int64_t count, uint64_t seed) {
    tg_dataset *set = tg_dataset_new(count, &TG_SHAPE(2), TG_F32, 2, NULL);
    tg_rng rng = {.seed = seed};
    for (int64_t i = 0; i < count; i++) {
        double radius = 1 + (double)(i % 2), angle = 6.28318 * tg_rng_uniform(&rng);
        set->labels[i] = (int32_t)(i % 2);
        tg_dataset_set_at(set, i, 0, radius * cos(angle) + 0.1 * tg_rng_normal(&rng));
        tg_dataset_set_at(set, i, 1, radius * sin(angle) + 0.1 * tg_rng_normal(&rng));
    }
    return set;
}

/* Dropout, a decaying rate, shuffling and early stopping: everything that a resumed run must find again. */
static tg_fit_spec prepare(setting *s, tg_optim_kind kind, tg_dtype dtype) {
    *s = (setting){.train = rings(96, 1), .test = rings(50, 2)};
    s->net = tg_mlp_new((tg_mlp_spec){
        .sizes = {2, 12, 2}, .depth = 2, .activation = TG_TANH, .keep = 0.8, .seed = 3, .dtype = dtype});
    tg_schedule schedule = {TG_SCHEDULE_STEP, .factor = 0.97, .every = 7, .warmup = 5};
    s->optim = tg_optim_new(tg_mlp_params(s->net), kind, (tg_optim_spec){.lr = 0.01, .schedule = schedule});
    return (tg_fit_spec){.model = tg_mlp_model(s->net),
                         .optim = s->optim,
                         .train = s->train,
                         .validation = s->test,
                         .batch = 10,
                         .epochs = 6,
                         .seed = 9,
                         .keep_best = true,
                         .patience = 50,
                         .grad_norms = true,
                         .status = &s->status};
}

static void done(setting *s) {
    tg_optim_free(s->optim);
    tg_mlp_free(s->net);
    tg_dataset_free(s->train);
    tg_dataset_free(s->test);
}

static tg_history *must_fit(setting *s, tg_fit_spec spec) {
    tg_history *h = tg_fit(spec);
    if (!h || h->ending == TG_ENDED_ERROR) fail_msg("%s", s->status.message);
    return h;
}

static void assert_same_run(setting *a, setting *b, const tg_history *h, const tg_history *g) {
    tg_params *p = tg_mlp_params(a->net), *q = tg_mlp_params(b->net);
    for (int k = 0; k < tg_params_count(p); k++) {
        tg_param *x = tg_params_get(p, k), *y = tg_params_get(q, k);
        size_t bytes = (size_t)x->size * tg_dtype_size(x->dtype);
        assert_memory_equal(x->value, y->value, bytes);
        for (int i = 0; i < tg_optim_state_count(a->optim); i++) {
            const char *name = tg_optim_state_name(a->optim, i);
            assert_memory_equal(tg_optim_state(a->optim, x->name, name),
                                tg_optim_state(b->optim, x->name, name), bytes);
        }
    }
    assert_true(tg_optim_lr(a->optim) == tg_optim_lr(b->optim));
    assert_true(h->count == g->count && h->best == g->best);
    for (int i = 0; i < h->count; i++) {
        assert_true(h->epochs[i].loss == g->epochs[i].loss && h->epochs[i].steps == g->epochs[i].steps);
        assert_true(h->epochs[i].validation_loss == g->epochs[i].validation_loss);
        assert_true(h->epochs[i].grad_norms[2] == g->epochs[i].grad_norms[2]);
    }
}

static void a_resumed_run_goes_on_bit_for_bit(void **state) {
    (void)state;
    for (int kind = 0; kind < TG_NOPTIMS; kind++) {
        setting whole, first, second;
        tg_dtype dtype = kind % 2 ? TG_F64 : TG_F32;
        tg_history *h = must_fit(&whole, prepare(&whole, kind, dtype));
        tg_fit_spec spec = prepare(&first, kind, dtype);
        spec.epochs = 3;
        spec.checkpoint = path;
        tg_history_free(must_fit(&first, spec));
        spec = prepare(&second, kind, dtype);
        tg_optim_set_lr(second.optim, 0.5); /* the saved one is put back */
        spec.checkpoint = path;
        spec.resume = true;
        tg_history *g = must_fit(&second, spec);
        assert_same_run(&whole, &second, h, g);
        tg_history_free(g);
        g = must_fit(&second, spec); /* nothing is left to do */
        assert_true(g->count == 6 && g->ending == TG_ENDED_EPOCHS);
        tg_history_free(g);
        tg_history_free(h);
        done(&whole);
        done(&first);
        done(&second);
        unlink(path);
        unlink(previous);
    }
}

/* ---- files ---- */

typedef struct small {
    tg_params *params;
    tg_param *p;
    tg_optim *optim;
} small;

static small new_small(tg_optim_kind kind, int64_t size) {
    small s = {.params = tg_params_new(TG_F64, 0)};
    s.p = tg_params_add(s.params, "p", &TG_SHAPE(size), NULL);
    s.optim = tg_optim_new(s.params, kind, (tg_optim_spec){0});
    return s;
}

static void free_small(small *s) {
    tg_optim_free(s->optim);
    tg_params_free(s->params);
}

/* The n'th state of a run: parameters, state and steps all tell n. */
static void set_version(small *s, int n) {
    double *v = tg_optim_state(s->optim, "p", "velocity");
    for (int64_t i = 0; i < s->p->size; i++) ((double *)s->p->value)[i] = v[i] = n;
    tg_optim_set_steps(s->optim, (uint64_t)n);
}

static int version(small *s) {
    double *v = tg_optim_state(s->optim, "p", "velocity");
    int n = (int)tg_optim_steps(s->optim);
    for (int64_t i = 0; i < s->p->size; i++) assert_true(tg_param_at(s->p, i) == n && v[i] == n);
    return n;
}

static void save(small *s, int n) {
    tg_status status = {0};
    set_version(s, n);
    if (!tg_checkpoint_save(path, (tg_checkpoint){.optim = s->optim}, &status))
        fail_msg("%s", status.message);
}

static void a_damaged_checkpoint_falls_back_to_the_one_before(void **state) {
    (void)state;
    small s = new_small(TG_MOMENTUM, 50);
    tg_checkpoint run = {.optim = s.optim};
    save(&s, 1);
    save(&s, 2);
    assert_true(tg_checkpoint_exists(path));
    assert_true(tg_checkpoint_load(path, run, NULL) && version(&s) == 2);
    FILE *file = fopen(path, "r+b");
    fseek(file, -20, SEEK_END);
    fputc('x', file);
    fclose(file);
    assert_true(tg_checkpoint_load(path, run, NULL) && version(&s) == 1);
    unlink(path);
    set_version(&s, 7);
    assert_true(tg_checkpoint_exists(path));
    assert_true(tg_checkpoint_load(path, run, NULL) && version(&s) == 1);
    unlink(previous);
    tg_status status = {0};
    assert_false(tg_checkpoint_exists(path));
    assert_false(tg_checkpoint_load(path, run, &status));
    assert_non_null(strstr(status.message, path));
    assert_int_equal(version(&s), 1);
    free_small(&s);
}

static int left; /* allocations that succeed before the one that does not; below 0: all do */

static void *scarce(void *context, size_t size) {
    (void)context;
    return left-- == 0 ? NULL : calloc(1, size);
}
static void release(void *context, void *memory) {
    (void)context;
    free(memory);
}

/* The file is whole, so the older one is not what was asked for. */
static void without_memory_the_one_before_is_not_taken(void **state) {
    (void)state;
    int failures = 0;
    bool loaded = false;
    tg_set_allocator((tg_allocator){scarce, release, NULL});
    left = -1;
    small s = new_small(TG_MOMENTUM, 50);
    save(&s, 1);
    save(&s, 2);
    for (; !loaded; failures += !loaded) {
        tg_status status = {0};
        set_version(&s, 7);
        left = failures;
        loaded = tg_checkpoint_load(path, (tg_checkpoint){.optim = s.optim}, &status);
        left = -1;
        assert_int_equal(version(&s), loaded ? 2 : 7);
        if (!loaded && !strstr(status.message, "out of memory")) fail_msg("%s", status.message);
    }
    assert_true(failures >= 4);
    free_small(&s);
    tg_set_allocator((tg_allocator){0});
}

/* What the file holds is not known: it is neither missing nor damaged. */
static void a_checkpoint_that_cannot_be_opened_is_not_passed_over(void **state) {
    (void)state;
    tg_status status = {0};
    small s = new_small(TG_MOMENTUM, 50);
    save(&s, 1);
    save(&s, 2);
    unlink(path);
    assert_int_equal(symlink(path, path), 0); /* a name that leads in a circle */
    set_version(&s, 7);
    assert_false(tg_checkpoint_load(path, (tg_checkpoint){.optim = s.optim}, &status));
    assert_non_null(strstr(status.message, path));
    assert_int_equal(version(&s), 7);
    free_small(&s);
}

static void foreign_checkpoints_change_nothing(void **state) {
    (void)state;
    small s = new_small(TG_MOMENTUM, 50), adam = new_small(TG_ADAM, 50), longer = new_small(TG_MOMENTUM, 51);
    save(&s, 3);
    tg_tape *tape = tg_tape_new(TG_F64);
    double room[2];
    tg_checkpoint_part part = {"history", room, 0, 2};
    const struct {
        tg_checkpoint run;
        const char *reason;
    } rows[] = {
        {{.optim = adam.optim}, "was saved with the optimiser momentum; this one is adam"},
        {{.optim = longer.optim}, "param/p is F64 (50) and should be f64 (51)"},
        {{.optim = s.optim, .tape = tape}, "has no number tape.seed"},
        {{.optim = s.optim, .parts = &part, .part_count = 1}, "part/history is missing"},
        {{0}, "no optimiser"},
    };
    set_version(&longer, 4);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tg_status status = {0};
        assert_false(tg_checkpoint_load(path, rows[i].run, &status));
        if (!strstr(status.message, rows[i].reason))
            fail_msg("\"%s\" lacks \"%s\"", status.message, rows[i].reason);
    }
    assert_int_equal(version(&longer), 4);
    assert_true(tg_params_save(s.params, path, NULL));
    tg_status status = {0};
    assert_false(tg_checkpoint_load(path, (tg_checkpoint){.optim = s.optim}, &status));
    tg_tape_free(tape);
    free_small(&s);
    free_small(&adam);
    free_small(&longer);
}

static void parts_and_random_state_come_back(void **state) {
    (void)state;
    small s = new_small(TG_SGD, 5);
    tg_tape *tape = tg_tape_new(TG_F64);
    double numbers[4] = {1, NAN, -INFINITY, 0.1};
    tg_checkpoint_part part = {"curve", numbers, 3, 4};
    tg_checkpoint run = {.optim = s.optim, .tape = tape, .parts = &part, .part_count = 1};
    tg_set_seed(tape, UINT64_MAX);
    tg_set_step(tape, 12345678901234567890u);
    assert_true(tg_checkpoint_save(path, run, NULL));
    tg_set_seed(tape, 0);
    tg_set_step(tape, 0);
    part.count = 0;
    memset(numbers, 0, sizeof numbers);
    assert_true(tg_checkpoint_load(path, run, NULL));
    assert_true(tg_seed(tape) == UINT64_MAX && tg_step(tape) == 12345678901234567890u);
    assert_true(part.count == 3 && numbers[0] == 1 && isnan(numbers[1]) && numbers[2] == -INFINITY);
    part.capacity = 2;
    tg_status status = {0};
    assert_false(tg_checkpoint_load(path, run, &status));
    assert_non_null(strstr(status.message, "room for 2 numbers"));
    tg_tape_free(tape);
    free_small(&s);
}

/* A child saves one version after the other until it is killed; what is found afterwards is whole, and no
   older than the last version that the child had reported as saved. */
static void kill_at_random(int kills) {
    small s = new_small(TG_MOMENTUM, 3000);
    srand(1);
    save(&s, 1);
    for (int k = 0; k < kills; k++) {
        int ends[2], reported = 0, said;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            for (int n = version(&s) + 1;; n++) {
                set_version(&s, n);
                if (!tg_checkpoint_save(path, (tg_checkpoint){.optim = s.optim}, NULL)) _exit(1);
                if (write(ends[1], &n, sizeof n) != sizeof n) _exit(1);
            }
        }
        usleep((useconds_t)(rand() % 6000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        close(ends[1]);
        while (read(ends[0], &said, sizeof said) == sizeof said) reported = said;
        close(ends[0]);
        tg_status status = {0};
        if (!tg_checkpoint_load(path, (tg_checkpoint){.optim = s.optim}, &status))
            fail_msg("%s", status.message);
        assert_true(version(&s) >= reported);
    }
    assert_true(version(&s) > 1); /* how many is a matter of the machine */
    free_small(&s);
}

static void kills_leave_the_old_state_or_the_new(void **state) {
    (void)state;
    kill_at_random(getenv("TG_KILLS") ? atoi(getenv("TG_KILLS")) : 100);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_resumed_run_goes_on_bit_for_bit),
        TEST(a_damaged_checkpoint_falls_back_to_the_one_before),
        TEST(without_memory_the_one_before_is_not_taken),
        TEST(a_checkpoint_that_cannot_be_opened_is_not_passed_over),
        TEST(foreign_checkpoints_change_nothing),
        TEST(parts_and_random_state_come_back),
        TEST(kills_leave_the_old_state_or_the_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
