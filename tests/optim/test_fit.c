/* Penalties, early stopping, evaluation, and the training loop. */
#include "support/clouds.h"
#include "support/golden.h"
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- penalties ---- */

static void load_toy(tg_mlp *net) {
    int64_t n;
    const char *names[2][2] = {{"w1", "hidden.weight"}, {"w2", "output.weight"}};
    for (int i = 0; i < 2; i++) {
        double *w = golden_numbers("toy_two_layer.json", names[i][0], &n);
        assert_true(tg_params_assign(tg_mlp_params(net), names[i][1], w, n, NULL));
        free(w);
    }
}

static void compare_gradient(const tg_mlp *net, const char *param, const char *activation,
                             const char *golden) {
    char path[64];
    int64_t n;
    snprintf(path, sizeof path, "%s/%s", activation, golden);
    double *wanted = golden_numbers("toy_two_layer.json", path, &n);
    const tg_param *p = tg_params_find(tg_mlp_params(net), param);
    assert_int_equal(p->size, n);
    for (int64_t i = 0; i < n; i++) assert_close(tg_param_grad_at(p, i), wanted[i], 1e-12);
    free(wanted);
}

static void the_regularised_toy_network_matches_to_the_digit(void **state) {
    (void)state;
    const tg_activation activations[] = {TG_SIGMOID, TG_RELU};
    const int32_t labels[] = {0, 1, 2, 2, 1};
    for (int a = 0; a < 2; a++) {
        tg_mlp *net = tg_mlp_new(
            (tg_mlp_spec){.sizes = {4, 10, 3}, .depth = 2, .activation = activations[a], .dtype = TG_F64});
        load_toy(net);
        tg_tape *tape = tg_tape_new(TG_F64);
        tg_node *x = tg_input(tape, "x", TG_F64, 2, (int64_t[]){5, 4});
        tg_node *label = tg_input(tape, "label", TG_I32, 1, (int64_t[]){5});
        double *data = golden_numbers("toy_two_layer.json", "x", NULL);
        tg_set_f64(x, data);
        tg_set(label, labels);
        const tg_penalty penalty = {"*.weight", .l2 = 0.1 / 2};
        tg_node *loss =
            tg_penalise(tg_cross_entropy(tg_mlp_apply(net, x), label), tg_mlp_params(net), &penalty, 1);
        assert_true(tg_replay(tape) && tg_backward(loss));
        const char *name = tg_activation_name(activations[a]);
        char path[64];
        snprintf(path, sizeof path, "%s/loss", name);
        assert_close(tg_item(loss), golden_number("toy_two_layer.json", path), 1e-12);
        compare_gradient(net, "hidden.weight", name, "dw1");
        compare_gradient(net, "hidden.bias", name, "db1");
        compare_gradient(net, "output.weight", name, "dw2");
        compare_gradient(net, "output.bias", name, "db2");
        free(data);
        tg_tape_free(tape);
        tg_mlp_free(net);
    }
}

static void elastic_nets_have_a_coefficient_per_parameter_and_norm(void **state) {
    (void)state;
    tg_params *params = tg_params_new(TG_F64, 0);
    tg_params_add(params, "w1", &TG_SHAPE(2), NULL);
    tg_params_add(params, "w2", &TG_SHAPE(2), NULL);
    tg_params_assign(params, "w1", (double[]){1, -2}, 2, NULL);
    tg_params_assign(params, "w2", (double[]){-3, 0}, 2, NULL);
    tg_tape *tape = tg_tape_new(TG_F64);
    const tg_penalty list[] = {{"w1", 0.1, 0.01}, {"w2", 0.2, 0.02}};
    tg_node *loss = tg_penalise(tg_scalar(tape, 1), params, list, 2);
    assert_true(tg_backward(loss));
    assert_close(tg_item(loss), 1 + 0.1 * 3 + 0.01 * 5 + 0.2 * 3 + 0.02 * 9, 1e-15);
    assert_close(tg_param_grad_at(tg_params_get(params, 0), 1), -0.1 - 0.04, 1e-15);
    assert_close(tg_param_grad_at(tg_params_get(params, 1), 0), -0.2 - 0.12, 1e-15);
    assert_string_equal(tg_scope_of(loss), "penalty");
    const tg_penalty wrong[] = {{"w3", 1, 1}, {"w1", -1, 0}, {"w1", 0, NAN}, {NULL, 1, 1}};
    const char *reasons[] = {"w3: matches no parameter", "l1 is -1", "l2 is nan", "without parameters"};
    for (int i = 0; i < 4; i++) {
        assert_null(tg_penalise(tg_scalar(tape, 1), params, &wrong[i], 1));
        assert_non_null(strstr(tg_error(tape), reasons[i]));
        tg_error_clear(tape);
    }
    tg_tape_free(tape);
    tg_params_free(params);
}

/* ---- early stopping ---- */

static void the_keeper_keeps_the_best_and_loses_patience(void **state) {
    (void)state;
    tg_params *params = tg_params_new(TG_F32, 0);
    tg_param *p = tg_params_add(params, "p", &TG_SHAPE(1), NULL);
    tg_keeper *keeper = tg_keeper_new(params, (tg_keeper_spec){.patience = 2, .min_delta = 0.1}, NULL);
    const double scores[] = {5, 4, NAN, 3.95, 3, 2.95, 2.92};
    const bool more[] = {true, true, true, false, true, true, false};
    for (int i = 0; i < 7; i++) {
        tg_param_set_at(p, 0, i);
        assert_true(tg_keeper_offer(keeper, scores[i]) == more[i]);
    }
    tg_keeper_restore(keeper);
    assert_true(tg_param_at(p, 0) == 4 && tg_keeper_tell(keeper).best == 3 &&
                tg_keeper_tell(keeper).best_at == 5);
    tg_keeper_free(keeper);
    keeper = tg_keeper_new(params, (tg_keeper_spec){.higher = true}, NULL);
    assert_true(tg_keeper_offer(keeper, 0.5) && tg_keeper_offer(keeper, 0.4));
    assert_true(tg_keeper_tell(keeper).best == 0.5);
    tg_keeper_free(keeper);
    tg_status status = {0};
    assert_null(tg_keeper_new(params, (tg_keeper_spec){.min_delta = NAN}, &status));
    assert_non_null(strstr(status.message, "min_delta nan"));
    assert_null(tg_keeper_new(params, (tg_keeper_spec){.patience = -1}, NULL));
    assert_false(tg_keeper_offer(NULL, 1));
    tg_keeper_restore(NULL);
    tg_params_free(params);
}

/* ---- evaluation ---- */

/* Batches that divide the set, that leave some over, and one larger than the set give one score. */
static void scores_do_not_depend_on_the_batch(void **state) {
    (void)state;
    tg_dataset *set = clouds(30, 1);
    tg_mlp *net = net_of(1, TG_F64);
    tg_score first = {0};
    const int64_t batches[] = {30, 10, 7, 1, 100, 0};
    for (int i = 0; i < 6; i++) {
        tg_score score;
        tg_status status = {0};
        tg_evaluator_spec spec = {.model = tg_mlp_model(net), .set = set, .batch = batches[i]};
        if (!tg_evaluate(spec, &score, &status)) fail_msg("%s", status.message);
        if (i == 0) first = score;
        assert_int_equal(score.count, 30);
        assert_close(score.loss, first.loss, 1e-14);
        assert_true(score.accuracy == first.accuracy);
    }
    assert_true(first.accuracy > 0 && first.accuracy < 1 && first.loss > 0.1);
    tg_status status = {0};
    assert_false(tg_evaluate((tg_evaluator_spec){.model = tg_mlp_model(net)}, &first, &status));
    assert_non_null(strstr(status.message, "no dataset"));
    tg_mlp_free(net);
    tg_dataset_free(set);
}

/* ---- fit ---- */

typedef struct watch {
    int steps, epochs, stop_at_step, stop_at_epoch;
} watch;

static bool on_step(void *context, const tg_fit_step *step) {
    watch *w = context;
    w->steps++;
    assert_true(step->loss > 0 && step->steps > 0 && step->lr > 0);
    return w->steps != w->stop_at_step;
}

static bool on_epoch(void *context, const tg_history *history) {
    watch *w = context;
    assert_int_equal(history->count, ++w->epochs);
    return w->epochs != w->stop_at_epoch;
}

static void fit_learns_and_tells(void **state) {
    (void)state;
    for (int dtype = TG_F32; dtype <= TG_F64; dtype++) {
        setting s;
        watch w = {0};
        tg_fit_spec spec = prepare(&s, (tg_dtype)dtype);
        spec.validation = s.test;
        spec.test = s.test;
        spec.score_train = spec.grad_norms = true;
        spec.on_step = on_step;
        spec.on_epoch = on_epoch;
        spec.context = &w;
        tg_history *h = tg_fit(spec);
        if (!h) fail_msg("%s", s.status.message);
        assert_int_equal(h->ending, TG_ENDED_EPOCHS);
        assert_int_equal(h->count, 8);
        assert_int_equal(w.steps, 8 * 15);
        const tg_epoch *last = &h->epochs[7];
        assert_int_equal(last->epoch, 8);
        assert_int_equal(last->steps, 120);
        assert_true(last->loss < 0.5 * h->epochs[0].loss && last->train_accuracy > 0.93);
        assert_true(last->loss == last->objective);
        assert_true(last->test_accuracy == last->validation_accuracy && last->test_accuracy > 0.9);
        assert_true(last->grad_norms[0] > 0 && last->grad_norms[3] > 0 && h->params == 4);
        assert_true(h->steps_per_second > 0);
        tg_score score;
        assert_true(
            tg_evaluate((tg_evaluator_spec){.model = tg_mlp_model(s.net), .set = s.test}, &score, NULL));
        assert_close(score.loss, last->test_loss, 1e-14);
        tg_history_free(h);
        done(&s);
    }
}

/* The loss of an epoch of one full batch is the loss of the parameters before the step. */
static void the_epochs_loss_is_the_mean_over_examples(void **state) {
    (void)state;
    setting s;
    tg_score before;
    tg_fit_spec spec = prepare(&s, TG_F64);
    spec.batch = 150;
    spec.epochs = 1;
    assert_true(
        tg_evaluate((tg_evaluator_spec){.model = tg_mlp_model(s.net), .set = s.train}, &before, NULL));
    tg_history *h = tg_fit(spec);
    assert_close(h->epochs[0].loss, before.loss, 1e-13);
    assert_close(h->epochs[0].train_accuracy, before.accuracy, 1e-15);
    assert_true(isnan(h->epochs[0].test_loss));
    tg_history_free(h);
    done(&s);
}

static void equal_seeds_give_equal_bits(void **state) {
    (void)state;
    double values[3][8];
    for (int run = 0; run < 3; run++) {
        setting s;
        tg_fit_spec spec = prepare(&s, TG_F32);
        spec.seed = run < 2 ? 1 : 2;
        spec.no_plan = run == 1;
        tg_history_free(tg_fit(spec));
        for (int i = 0; i < 8; i++) values[run][i] = tg_param_at(tg_params_get(tg_mlp_params(s.net), 0), i);
        done(&s);
    }
    assert_memory_equal(values[0], values[1], sizeof values[0]);
    assert_memory_not_equal(values[0], values[2], sizeof values[0]);
}

static void runs_stop_early(void **state) {
    (void)state;
    setting s;
    watch w = {.stop_at_step = 20};
    tg_fit_spec spec = prepare(&s, TG_F64);
    spec.on_step = on_step;
    spec.on_epoch = on_epoch;
    spec.context = &w;
    tg_history *h = tg_fit(spec);
    assert_int_equal(h->ending, TG_ENDED_CALLBACK);
    assert_int_equal(h->epochs[1].steps, 20);
    tg_history_free(h);
    w = (watch){.stop_at_epoch = 3};
    h = tg_fit(spec);
    assert_true(h->ending == TG_ENDED_CALLBACK && h->count == 3);
    tg_history_free(h);
    done(&s);
    spec = prepare(&s, TG_F64);
    spec.epochs = 500;
    spec.validation = s.test;
    spec.patience = 4;
    spec.keep_best = true;
    h = tg_fit(spec);
    assert_int_equal(h->ending, TG_ENDED_PATIENCE);
    assert_int_equal(h->count, h->best + 1 + 4);
    tg_score score;
    assert_true(tg_evaluate((tg_evaluator_spec){.model = tg_mlp_model(s.net), .set = s.test}, &score, NULL));
    assert_true(score.accuracy == h->epochs[h->best].validation_accuracy);
    for (int i = 0; i < h->count; i++) assert_true(h->epochs[i].validation_accuracy <= score.accuracy);
    tg_history_free(h);
    done(&s);
}

static void penalties_show_in_the_objective(void **state) {
    (void)state;
    setting s;
    const tg_penalty penalty = {"*.weight", .l1 = 0.01, .l2 = 0.01};
    tg_fit_spec spec = prepare(&s, TG_F64);
    spec.penalties = &penalty;
    spec.penalty_count = 1;
    tg_history *h = tg_fit(spec);
    assert_true(h->epochs[0].objective > h->epochs[0].loss + 0.01);
    tg_history_free(h);
    done(&s);
}

static void the_history_is_written_as_csv(void **state) {
    (void)state;
    setting s;
    char path[] = "/tmp/tg-history-XXXXXX", line[512];
    close(mkstemp(path));
    tg_fit_spec spec = prepare(&s, TG_F64);
    spec.test = s.test;
    spec.grad_norms = true;
    spec.csv = path;
    tg_history *h = tg_fit(spec);
    FILE *in = fopen(path, "r");
    assert_non_null(fgets(line, sizeof line, in));
    assert_string_equal(
        line, "epoch,steps,loss,objective,train_accuracy,train_error,test_loss,test_accuracy,test_error,"
              "lr,seconds,grad_norm:hidden.weight,grad_norm:hidden.bias,grad_norm:output.weight,"
              "grad_norm:output.bias\n");
    int lines = 0, epoch;
    double loss;
    while (fgets(line, sizeof line, in)) {
        assert_int_equal(sscanf(line, "%d,%*d,%lf", &epoch, &loss), 2);
        assert_true(epoch == ++lines && loss == h->epochs[epoch - 1].loss);
    }
    assert_int_equal(lines, 8);
    fclose(in);
    unlink(path);
    tg_history_free(h);
    spec.csv = "/nowhere/at/all.csv";
    h = tg_fit(spec);
    assert_true(h->ending == TG_ENDED_ERROR && h->count == 1);
    assert_non_null(strstr(s.status.message, "/nowhere/at/all.csv"));
    tg_history_free(h);
    done(&s);
}

static int allocations;
static void *counting(void *context, size_t size) {
    (void)context;
    allocations++;
    return calloc(1, size);
}
static void release(void *context, void *memory) {
    (void)context;
    free(memory);
}

/* What a run of so many epochs allocates, counting from the dataset on. */
static int allocations_of(int epochs) {
    setting s;
    allocations = 0;
    tg_fit_spec spec = prepare(&s, TG_F32);
    spec.validation = s.test;
    spec.keep_best = spec.grad_norms = true;
    spec.score_batch = 25;
    spec.epochs = epochs;
    tg_history_free(tg_fit(spec));
    done(&s);
    return allocations;
}

static void warm_epochs_allocate_nothing(void **state) {
    (void)state;
    tg_set_allocator((tg_allocator){counting, release, NULL});
    int two = allocations_of(2), twelve = allocations_of(12);
    tg_set_allocator((tg_allocator){0});
    assert_true(two > 5);
    assert_int_equal(twelve, two);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_regularised_toy_network_matches_to_the_digit),
        cmocka_unit_test(elastic_nets_have_a_coefficient_per_parameter_and_norm),
        cmocka_unit_test(the_keeper_keeps_the_best_and_loses_patience),
        cmocka_unit_test(scores_do_not_depend_on_the_batch),
        cmocka_unit_test(fit_learns_and_tells),
        cmocka_unit_test(the_epochs_loss_is_the_mean_over_examples),
        cmocka_unit_test(equal_seeds_give_equal_bits),
        cmocka_unit_test(runs_stop_early),
        cmocka_unit_test(penalties_show_in_the_objective),
        cmocka_unit_test(the_history_is_written_as_csv),
        cmocka_unit_test(warm_epochs_allocate_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
