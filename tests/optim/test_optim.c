/* The contract that every optimiser keeps, and the update rules against golden numbers. */
#include "support/golden.h"
#include "support/test.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two parameters of f64 or f32 whose gradients are set by hand. */
static tg_params *two(tg_dtype dtype) {
    tg_params *params = tg_params_new(dtype, 0);
    tg_param *a = tg_params_add(params, "a", &TG_SHAPE(3, 7), NULL);
    tg_param *b = tg_params_add(params, "b", &TG_SHAPE(5), NULL);
    for (int64_t i = 0; i < a->size; i++) tg_param_set_at(a, i, 0.1 * (double)i - 1);
    for (int64_t i = 0; i < b->size; i++) tg_param_set_at(b, i, 0.5 - 0.2 * (double)i);
    return params;
}

static void set_grad(tg_param *param, const double *grad) {
    for (int64_t i = 0; i < param->size; i++)
        if (param->dtype == TG_F32)
            ((float *)param->grad)[i] = (float)grad[i];
        else
            ((double *)param->grad)[i] = grad[i];
    param->has_grad = true;
}

/* The gradient of the bowl (p^2 + c p)/2, for every parameter. */
static void bowl(tg_params *params) {
    double grad[64];
    for (int k = 0; k < tg_params_count(params); k++) {
        tg_param *p = tg_params_get(params, k);
        for (int64_t i = 0; i < p->size; i++) grad[i] = tg_param_at(p, i) + 0.5 * (double)(i % 3 - 1);
        set_grad(p, grad);
    }
}

static double distance(const tg_params *params) {
    double sum = 0;
    for (int k = 0; k < tg_params_count(params); k++) {
        tg_param *p = tg_params_get(params, k);
        for (int64_t i = 0; i < p->size; i++) sum += pow(tg_param_at(p, i) + 0.5 * (double)(i % 3 - 1), 2);
    }
    return sqrt(sum);
}

static void steps_descend_and_consume_the_gradients(tg_optim_kind kind, tg_dtype dtype) {
    tg_params *params = two(dtype);
    tg_optim *opt = tg_optim_new(params, kind, (tg_optim_spec){.lr = 0.02});
    double start = distance(params);
    for (int i = 0; i < 300; i++) {
        bowl(params);
        assert_true(tg_optim_step(opt));
        assert_false(tg_params_get(params, 0)->has_grad);
    }
    assert_int_equal(tg_optim_steps(opt), 300);
    assert_true(distance(params) < (kind == TG_ADAGRAD ? 0.6 : 0.2) * start);
    assert_false(tg_optim_step(opt));
    assert_non_null(strstr(tg_optim_error(opt), "call tg_backward"));
    tg_optim_free(opt);
    tg_params_free(params);
}

static void frozen_and_untouched_parameters_stay(tg_optim_kind kind) {
    tg_params *params = two(TG_F64);
    tg_param *a = tg_params_get(params, 0), *b = tg_params_get(params, 1);
    tg_optim *opt = tg_optim_new(params, kind, (tg_optim_spec){0});
    bowl(params);
    b->has_grad = false;
    assert_true(tg_optim_step(opt));
    assert_true(tg_param_at(a, 1) != 0.1 - 1 && tg_param_at(b, 1) == 0.5 - 0.2);
    bowl(params);
    double before = tg_param_at(a, 1);
    assert_int_equal(tg_params_freeze(params, "a", true), 1);
    assert_true(tg_optim_step(opt));
    assert_true(tg_param_at(a, 1) == before && tg_param_at(b, 1) != 0.5 - 0.2);
    assert_false(a->has_grad); /* what came while it was frozen is not added to what comes later */
    bowl(params);
    b->has_grad = false;
    assert_false(tg_optim_step(opt));
    assert_non_null(strstr(tg_optim_error(opt), "every parameter that has a gradient is frozen"));
    tg_optim_free(opt);
    tg_params_free(params);
}

/* All numbers that a step could change: parameters and state. */
static int snapshot(tg_optim *opt, double *to) {
    int n = 0;
    tg_params *params = tg_optim_params(opt);
    for (int k = 0; k < tg_params_count(params); k++) {
        tg_param *p = tg_params_get(params, k);
        for (int64_t i = 0; i < p->size; i++) to[n++] = tg_param_at(p, i);
        for (int s = 0; s < tg_optim_state_count(opt); s++)
            for (int64_t i = 0; i < p->size; i++)
                to[n++] = ((double *)tg_optim_state(opt, p->name, tg_optim_state_name(opt, s)))[i];
    }
    return n;
}

static void gradients_that_are_not_finite_change_nothing(tg_optim_kind kind) {
    const double bad[] = {NAN, INFINITY, -INFINITY};
    tg_params *params = two(TG_F64);
    tg_optim *opt = tg_optim_new(params, kind, (tg_optim_spec){0});
    double before[128], after[128];
    bowl(params);
    assert_true(tg_optim_step(opt));
    for (int i = 0; i < 3; i++) {
        bowl(params);
        ((double *)tg_params_get(params, 1)->grad)[4] = bad[i];
        int n = snapshot(opt, before);
        assert_false(tg_optim_step(opt));
        assert_true(tg_optim_failed(opt));
        assert_non_null(strstr(tg_optim_error(opt), "gradient of b is "));
        assert_non_null(strstr(tg_optim_error(opt), "element 4"));
        bowl(params);
        assert_false(tg_optim_step(opt));
        snapshot(opt, after);
        assert_memory_equal(before, after, (size_t)n * sizeof *before);
        assert_int_equal(tg_optim_steps(opt), 1 + i);
        tg_optim_recover(opt);
        bowl(params);
        assert_true(tg_optim_step(opt));
    }
    tg_optim_free(opt);
    tg_params_free(params);
}

static void state_moved_by_name_continues_bit_for_bit(tg_optim_kind kind) {
    tg_optim_spec spec = {.schedule = {TG_SCHEDULE_EXPONENTIAL, .factor = 0.9}};
    tg_params *p = two(TG_F64), *q = two(TG_F64);
    tg_optim *a = tg_optim_new(p, kind, spec), *b = tg_optim_new(q, kind, spec);
    for (int i = 0; i < 5; i++) {
        bowl(p);
        assert_true(tg_optim_step(a));
    }
    for (int k = 0; k < 2; k++) {
        tg_param *from = tg_params_get(p, k), *to = tg_params_get(q, k);
        memcpy(to->value, from->value, (size_t)from->size * 8);
        for (int s = 0; s < tg_optim_state_count(a); s++)
            memcpy(tg_optim_state(b, to->name, tg_optim_state_name(b, s)),
                   tg_optim_state(a, from->name, tg_optim_state_name(a, s)), (size_t)from->size * 8);
    }
    tg_optim_set_steps(b, tg_optim_steps(a));
    for (int i = 0; i < 5; i++) {
        bowl(p);
        bowl(q);
        assert_true(tg_optim_step(a) && tg_optim_step(b));
    }
    for (int k = 0; k < 2; k++)
        assert_memory_equal(tg_params_get(p, k)->value, tg_params_get(q, k)->value,
                            (size_t)tg_params_get(p, k)->size * 8);
    assert_null(tg_optim_state(a, "c", "m"));
    assert_null(tg_optim_state(a, "a", "nonsense"));
    tg_optim_free(a);
    tg_optim_free(b);
    tg_params_free(p);
    tg_params_free(q);
}

static void impossible_options_are_refused(tg_optim_kind kind) {
    const struct {
        tg_optim_spec spec;
        const char *reason;
    } rows[] = {
        {{.lr = NAN}, "lr is nan"},
        {{.lr = -0.1}, "lr is -0.1; it must be above 0"},
        {{.lr = INFINITY}, "lr is inf"},
        {{.momentum = 1}, "momentum"},
        {{.momentum = NAN}, "momentum"},
        {{.decay = 1.5}, "decay"},
        {{.beta2 = -1}, "beta2"},
        {{.epsilon = -1e-8}, "epsilon"},
        {{.weight_decay = -1}, "weight_decay is -1"},
        {{.clip_norm = NAN}, "clip_norm is nan"},
        {{.clip_value = -2}, "clip_value is -2"},
        {{.threads = -2}, "threads is -2; it must be at least 0"},
        {{.schedule = {TG_SCHEDULE_STEP}}, "factor is 0"},
        {{.schedule = {TG_SCHEDULE_COSINE}}, "total is 0"},
    };
    tg_params *params = two(TG_F64);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tg_status status = {0};
        tg_optim_spec spec = rows[i].spec;
        spec.status = &status;
        assert_null(tg_optim_new(params, kind, spec));
        if (!strstr(status.message, rows[i].reason))
            fail_msg("\"%s\" lacks \"%s\"", status.message, rows[i].reason);
    }
    tg_optim *opt = tg_optim_new(params, kind, (tg_optim_spec){0});
    double lr = tg_optim_lr(opt);
    assert_false(tg_optim_set_lr(opt, NAN) || tg_optim_set_lr(opt, -1) || tg_optim_set_lr(opt, 0));
    assert_true(tg_optim_lr(opt) == lr && tg_optim_set_lr(opt, 0.5) && tg_optim_lr(opt) == 0.5);
    tg_optim_free(opt);
    tg_params_free(params);
}

/* Clipping: gradients ten times too long give the step of gradients clipped by hand. */
static void clipped_steps_are_those_of_clipped_gradients(tg_optim_kind kind) {
    tg_params *p = two(TG_F64), *q = two(TG_F64);
    tg_optim *a = tg_optim_new(p, kind, (tg_optim_spec){.clip_norm = 0.5, .clip_value = 0.9});
    tg_optim *b = tg_optim_new(q, kind, (tg_optim_spec){0});
    bowl(p);
    bowl(q);
    double norm = 0;
    for (int k = 0; k < 2; k++) {
        tg_param *param = tg_params_get(q, k);
        double *g = param->grad;
        for (int64_t i = 0; i < param->size; i++) norm += pow(g[i] = fmin(0.9, fmax(-0.9, g[i])), 2);
    }
    norm = sqrt(norm);
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; i < tg_params_get(q, k)->size; i++)
            ((double *)tg_params_get(q, k)->grad)[i] *= 0.5 / norm;
    assert_true(tg_optim_step(a) && tg_optim_step(b));
    assert_close(tg_optim_grad_norm(a), norm, 1e-14);
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; i < tg_params_get(q, k)->size; i++)
            assert_close(tg_param_at(tg_params_get(p, k), i), tg_param_at(tg_params_get(q, k), i), 1e-14);
    tg_optim_free(a);
    tg_optim_free(b);
    tg_params_free(p);
    tg_params_free(q);
}

static void weight_decay_is_coupled_or_decoupled(tg_optim_kind kind) {
    tg_params *p = two(TG_F64), *q = two(TG_F64);
    bool decoupled = kind == TG_ADAMW;
    tg_optim *a =
        tg_optim_new(p, kind, (tg_optim_spec){.lr = 0.1, .weight_decay = 0.3, .decoupled = decoupled});
    tg_optim *b = tg_optim_new(q, kind == TG_ADAMW ? TG_ADAM : kind, (tg_optim_spec){.lr = 0.1});
    bowl(p);
    bowl(q);
    for (int k = 0; k < 2; k++) {
        tg_param *param = tg_params_get(q, k);
        for (int64_t i = 0; i < param->size; i++)
            if (!decoupled)
                ((double *)param->grad)[i] += 0.3 * tg_param_at(param, i);
            else
                tg_param_set_at(param, i, (1 - 0.1 * 0.3) * tg_param_at(param, i));
    }
    assert_true(tg_optim_step(a) && tg_optim_step(b));
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; i < tg_params_get(q, k)->size; i++)
            assert_close(tg_param_at(tg_params_get(p, k), i), tg_param_at(tg_params_get(q, k), i), 1e-13);
    tg_optim_free(a);
    tg_optim_free(b);
    tg_params_free(p);
    tg_params_free(q);
}

static void every_optimiser_keeps_the_contract(void **state) {
    (void)state;
    for (int kind = 0; kind < TG_NOPTIMS; kind++) {
        assert_int_equal(tg_optim_from_name(tg_optim_name(kind)), kind);
        steps_descend_and_consume_the_gradients(kind, TG_F64);
        steps_descend_and_consume_the_gradients(kind, TG_F32);
        frozen_and_untouched_parameters_stay(kind);
        gradients_that_are_not_finite_change_nothing(kind);
        state_moved_by_name_continues_bit_for_bit(kind);
        impossible_options_are_refused(kind);
        clipped_steps_are_those_of_clipped_gradients(kind);
        weight_decay_is_coupled_or_decoupled(kind);
    }
}

/* ---- rules ---- */

typedef struct golden_case {
    tg_optim_kind kind;
    tg_optim_spec spec;
    uint64_t steps;
    const char *section;
    struct {
        const char *name, *golden;
        double low, high;
    } states[2];
} golden_case;

static const golden_case golden_cases[] = {
    {TG_SGD,
     {.lr = 1e-3, .momentum = 0.9},
     0,
     "sgd_momentum_step",
     {{"velocity", "velocity_after", 0.6, 0.9}}},
    {TG_MOMENTUM, {.lr = 1e-3}, 0, "sgd_momentum_step", {{"velocity", "velocity_after", 0.6, 0.9}}},
    {TG_RMSPROP, {.lr = 1e-2}, 0, "rmsprop_step", {{"square_average", "cache_after", 0.6, 0.9}}},
    {TG_ADAM, {.lr = 1e-2}, 5, "adam_step", {{"m", "m_after", 0.6, 0.9}, {"v", "v_after", 0.7, 0.5}}},
};

static void compare(const double *ours, const char *section, const char *entry) {
    char path[128];
    int64_t n;
    snprintf(path, sizeof path, "%s/%s", section, entry);
    double *golden = golden_numbers("layers.json", path, &n);
    assert_int_equal(n, 20);
    for (int i = 0; i < 20; i++) assert_close(ours[i], golden[i], 1e-14);
    free(golden);
}

static void rules_match_the_golden_numbers(void **state) {
    (void)state;
    for (size_t c = 0; c < sizeof golden_cases / sizeof *golden_cases; c++) {
        const golden_case *row = &golden_cases[c];
        double grad[20];
        tg_params *params = tg_params_new(TG_F64, 0);
        tg_param *p = tg_params_add(params, "p", &TG_SHAPE(4, 5), NULL);
        linspace(-0.4, 0.6, 20, p->value);
        linspace(-0.6, 0.4, 20, grad);
        set_grad(p, grad);
        tg_optim *opt = tg_optim_new(params, row->kind, row->spec);
        for (int s = 0; s < tg_optim_state_count(opt); s++)
            linspace(row->states[s].low, row->states[s].high, 20,
                     tg_optim_state(opt, "p", row->states[s].name));
        tg_optim_set_steps(opt, row->steps);
        assert_true(tg_optim_step(opt));
        compare(p->value, row->section, "param_after");
        for (int s = 0; s < tg_optim_state_count(opt); s++)
            compare(tg_optim_state(opt, "p", row->states[s].name), row->section, row->states[s].golden);
        tg_optim_free(opt);
        tg_params_free(params);
    }
}

/* Two steps on one element with gradients 0.5 and -2, from p = 1. */
static double two_steps(tg_optim_kind kind, tg_optim_spec spec) {
    tg_params *params = tg_params_new(TG_F64, 0);
    tg_param *p = tg_params_add(params, "p", &TG_SHAPE(1), NULL);
    tg_param_set_at(p, 0, 1);
    tg_optim *opt = tg_optim_new(params, kind, spec);
    set_grad(p, (double[]){0.5});
    assert_true(tg_optim_step(opt));
    set_grad(p, (double[]){-2});
    assert_true(tg_optim_step(opt));
    double result = tg_param_at(p, 0);
    tg_optim_free(opt);
    tg_params_free(params);
    return result;
}

static void conventions_that_the_field_has_twice(void **state) {
    (void)state;
    const double m = 0.9, lr = 0.1;
    assert_close(two_steps(TG_SGD, (tg_optim_spec){.lr = lr}), 1 - lr * (0.5 - 2), 1e-15);
    double v1 = -lr * 0.5, v2 = m * v1 + lr * 2, n1 = 1 + m * v1 - lr * 0.5;
    assert_close(two_steps(TG_MOMENTUM, (tg_optim_spec){.lr = lr}), 1 + v1 + v2, 1e-15);
    assert_close(two_steps(TG_NESTEROV, (tg_optim_spec){.lr = lr}), n1 + m * v2 + lr * 2, 1e-15);
    /* With a constant rate PyTorch's form walks the same way; with a halved one it does not. */
    tg_optim_spec torch = {.lr = lr, .torch_momentum = true};
    assert_close(two_steps(TG_MOMENTUM, torch), 1 + v1 + v2, 1e-15);
    assert_close(two_steps(TG_NESTEROV, torch), n1 + m * v2 + lr * 2, 1e-15);
    torch.schedule = (tg_schedule){TG_SCHEDULE_STEP, .factor = 0.5};
    assert_close(two_steps(TG_MOMENTUM, torch), 1 - lr * 0.5 - lr / 2 * (m * 0.5 - 2), 1e-15);

    const double c1 = 0.01 * 0.25, c2 = 0.99 * c1 + 0.01 * 4, e = 0.1;
    tg_optim_spec rms = {.lr = lr, .epsilon = e};
    assert_close(two_steps(TG_RMSPROP, rms), 1 - lr * 0.5 / sqrt(c1 + e) + lr * 2 / sqrt(c2 + e), 1e-15);
    rms.epsilon_at = TG_EPSILON_OUTSIDE;
    assert_close(two_steps(TG_RMSPROP, rms), 1 - lr * 0.5 / (sqrt(c1) + e) + lr * 2 / (sqrt(c2) + e), 1e-15);
    assert_close(two_steps(TG_ADAGRAD, rms), 1 - lr * 0.5 / (0.5 + e) + lr * 2 / (sqrt(4.25) + e), 1e-15);
    /* Adam's first step is lr * sign(g) when epsilon is nothing beside |g|. */
    double m2 = (0.9 * 0.05 - 0.2) / (1 - 0.81), v = (0.999 * 0.00025 + 0.004) / (1 - 0.999 * 0.999);
    assert_close(two_steps(TG_ADAM, (tg_optim_spec){.lr = lr, .epsilon = 1e-300}), 1 - lr - lr * m2 / sqrt(v),
                 1e-13);
}

static void schedules_are_functions_of_the_step(void **state) {
    (void)state;
    tg_schedule step = {TG_SCHEDULE_STEP, .factor = 0.5, .every = 10, .warmup = 4};
    assert_close(tg_schedule_at((tg_schedule){0}, 1000), 1, 0);
    assert_close(tg_schedule_at(step, 0), 0.25, 0);
    assert_close(tg_schedule_at(step, 3), 1, 0);
    assert_close(tg_schedule_at(step, 13), 1, 0);
    assert_close(tg_schedule_at(step, 14), 0.5, 0);
    assert_close(tg_schedule_at(step, 24), 0.25, 0);
    tg_schedule smooth = {TG_SCHEDULE_EXPONENTIAL, .factor = 0.25, .every = 10};
    assert_close(tg_schedule_at(smooth, 5), 0.5, 1e-15);
    tg_schedule cosine = {TG_SCHEDULE_COSINE, .total = 100, .floor = 0.2};
    assert_close(tg_schedule_at(cosine, 0), 1, 0);
    assert_close(tg_schedule_at(cosine, 50), 0.6, 1e-15);
    assert_close(tg_schedule_at(cosine, 100), 0.2, 1e-15);
    assert_close(tg_schedule_at(cosine, 100000), 0.2, 1e-15);
    for (int i = 0; i < TG_NSCHEDULES; i++) assert_int_equal(tg_schedule_from_name(tg_schedule_name(i)), i);
}

/* A step of 350,000 elements; a large one. */
static void large_step(tg_optim_spec spec, float *result) {
    tg_params *params = tg_params_new(TG_F32, 0);
    tg_param *p = tg_params_add(params, "p", &TG_SHAPE(700, 500), NULL);
    tg_init_param(p, (tg_init){TG_INIT_NORMAL}, 1, 0, NULL);
    tg_optim *opt = tg_optim_new(params, TG_ADAM, spec);
    for (int i = 0; i < 3; i++) {
        memcpy(p->grad, p->value, (size_t)p->size * sizeof(float));
        p->has_grad = true;
        assert_true(tg_optim_step(opt));
    }
    memcpy(result, p->value, (size_t)p->size * sizeof(float));
    tg_optim_free(opt);
    tg_params_free(params);
}

static int threads_of_the_process(void) {
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks) return -1;
    for (struct dirent *entry; (entry = readdir(tasks));) count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

/* Before any other test has started workers. */
static void one_thread_means_one_thread(void **state) {
    (void)state;
    float *result = malloc(350000 * sizeof *result);
    const int before = threads_of_the_process();
    if (before < 0) {
        print_message("skipped: there is no /proc/self/task to count threads in\n");
        free(result);
        skip();
    }
    tg_set_threads(3);
    large_step((tg_optim_spec){.threads = 1}, result);
    assert_int_equal(threads_of_the_process(), before);
    large_step((tg_optim_spec){.threads = 0}, result);
    assert_true(threads_of_the_process() >= before + 2); /* a sanitizer may have one of its own */
    tg_set_threads(0);
    free(result);
}

static void threads_do_not_change_a_bit(void **state) {
    (void)state;
    const size_t bytes = 350000 * sizeof(float);
    float *one = malloc(bytes), *four = malloc(bytes);
    large_step((tg_optim_spec){.clip_norm = 1, .threads = 1}, one);
    large_step((tg_optim_spec){.clip_norm = 1, .threads = 4}, four);
    assert_memory_equal(one, four, bytes);
    free(one);
    free(four);
}

static void nothing_crashes_on_null(void **state) {
    (void)state;
    tg_status status = {0};
    assert_null(tg_sgd(NULL, (tg_sgd_spec){.status = &status}));
    assert_non_null(strstr(status.message, "NULL"));
    assert_false(tg_optim_step(NULL));
    assert_true(tg_optim_failed(NULL));
    assert_true(strlen(tg_optim_error(NULL)) > 0);
    assert_true(isnan(tg_optim_lr(NULL)) && isnan(tg_param_grad_norm(NULL)));
    tg_optim_recover(NULL);
    tg_optim_free(NULL);
    tg_params *params = two(TG_F32);
    assert_null(tg_sgd(params, (tg_sgd_spec){.beta1 = 0.5, .status = NULL}));
    assert_null(tg_optim_new(params, (tg_optim_kind)55, (tg_optim_spec){0}));
    tg_params_free(params);
}

/* A tape, a model, an optimiser: the loop of every program. */
static void a_network_learns_xor(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_mlp *net = tg_mlp_new(
        (tg_mlp_spec){.sizes = {2, 8, 1}, .depth = 2, .activation = TG_SIGMOID, .seed = 3, .dtype = TG_F64});
    tg_optim *opt = tg_adam(tg_mlp_params(net), (tg_adam_spec){.lr = 0.05});
    tg_node *x = tg_input(tape, "x", TG_F64, 2, (int64_t[]){4, 2});
    tg_node *minus = tg_input(tape, "-target", TG_F64, 2, (int64_t[]){4, 1});
    tg_set_f64(x, (double[]){0, 0, 0, 1, 1, 0, 1, 1});
    tg_set_f64(minus, (double[]){0, -1, -1, 0});
    tg_node *error = tg_add(tg_mlp_apply(net, x), minus);
    tg_node *loss = tg_matmul_with(error, error, (tg_matmul_options){.transpose_a = true});
    for (int i = 0; i < 600; i++) {
        assert_true(tg_replay(tape));
        assert_true(tg_backward(loss));
        assert_true(tg_optim_step(opt));
    }
    tg_replay(tape);
    assert_tape_ok(tape);
    assert_true(tg_item(loss) < 1e-3);
    tg_tape_free(tape);
    tg_optim_free(opt);
    tg_mlp_free(net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_means_one_thread),
        cmocka_unit_test(every_optimiser_keeps_the_contract),
        cmocka_unit_test(rules_match_the_golden_numbers),
        cmocka_unit_test(conventions_that_the_field_has_twice),
        cmocka_unit_test(schedules_are_functions_of_the_step),
        cmocka_unit_test(threads_do_not_change_a_bit),
        cmocka_unit_test(nothing_crashes_on_null),
        cmocka_unit_test(a_network_learns_xor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
