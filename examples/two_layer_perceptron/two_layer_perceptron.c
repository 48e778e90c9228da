/* two_layer_perceptron: one hidden layer with weight decay: five points with known gradients (toy.c), then
   MNIST. Why does sigmoid learn slowly, and what has the first layer learned? */
#include "toy.h"

#include <math.h>
#include <stdlib.h>

enum { EPOCHS = 20, STEPS = 500, BATCH = 100 };

typedef struct experiment {
    const char *name;
    tg_activation activation;
    bool scaled; /* pixels 0..1 instead of 0..255 */
} experiment;

static const experiment experiments[] = {{"sigmoid", TG_SIGMOID, false},
                                         {"relu", TG_RELU, false},
                                         {"sigmoid with pixels 0..1", TG_SIGMOID, true},
                                         {"relu with pixels 0..1", TG_RELU, true}};
enum { RUNS = sizeof experiments / sizeof *experiments };

/* |dL/dW1| at every step, and the mean of each ten of them for the eye. */
typedef struct norms {
    const tg_param *weight;
    double sum, mean[EPOCHS * STEPS / 10], step[EPOCHS * STEPS / 10];
    int count, seen;
} norms;

static bool on_step(void *context, const tg_fit_step *step) {
    norms *n = context;
    (void)step;
    n->sum += tg_param_grad_norm(n->weight);
    if (++n->seen % 10 == 0) {
        n->step[n->count] = n->seen;
        n->mean[n->count++] = n->sum / 10;
        n->sum = 0;
    }
    return true;
}

/* Training, validation and test images with the mean training image subtracted. */
static tg_split load(lesson *l, bool scaled) {
    tg_dataset *all = lesson_mnist(l, true, TG_F32), *test = lesson_mnist(l, false, TG_F32);
    tg_split sets = {0};
    tg_split_spec spec = {
        .train = l->quick ? 10000 : 50000, .validation = l->quick ? 1000 : 10000, .in_order = true};
    lesson_need(l, tg_dataset_split(all, spec, &sets, &l->status), "");
    sets.test = test;
    tg_dataset *parts[] = {sets.train, sets.validation, sets.test};
    for (int i = 0; i < 3 && scaled; i++) tg_dataset_scale(parts[i], 1.0 / 255);
    tg_scaler *mean = tg_scaler_fit(sets.train, TG_SUBTRACT_MEAN, &l->status);
    for (int i = 0; i < 3; i++) lesson_need(l, mean && tg_scaler_apply(mean, parts[i], &l->status), "");
    tg_scaler_free(mean);
    tg_dataset_free(all);
    return sets;
}

static tg_history *train(lesson *l, const experiment *e, const tg_split *sets, norms *n) {
    const tg_penalty decay = {"*.weight", 0, 0.25}; /* reg/2 |W|^2 with reg 0.5 */
    char what[96], file[32];
    tg_mlp *net = tg_mlp_new((tg_mlp_spec){.sizes = {784, 64, 10},
                                           .depth = 2,
                                           .activation = e->activation,
                                           .init = {TG_INIT_NORMAL, .scale = 0.1},
                                           .seed = 1});
    tg_params *params = tg_mlp_params(net);
    const uint64_t steps = (uint64_t)(sets->train->count / BATCH);
    tg_optim *opt = tg_sgd(
        params, (tg_sgd_spec){.lr = 1e-3, .schedule = {TG_SCHEDULE_STEP, .factor = 0.95, .every = steps}});
    n->weight = tg_params_find(params, "hidden.weight");
    tg_history *history = tg_fit((tg_fit_spec){.model = tg_mlp_model(net),
                                               .optim = opt,
                                               .train = sets->train,
                                               .validation = sets->validation,
                                               .test = sets->test,
                                               .batch = BATCH,
                                               .epochs = l->quick ? 1 : EPOCHS,
                                               .seed = 1,
                                               .penalties = &decay,
                                               .penalty_count = 1,
                                               .on_step = on_step,
                                               .context = n,
                                               .status = &l->status});
    lesson_need(l, history && history->ending != TG_ENDED_ERROR, "training failed");
    snprintf(what, sizeof what, "%s: test accuracy", e->name);
    lesson_number(l, what, history->epochs[history->count - 1].test_accuracy);
    snprintf(file, sizeof file, "weights_%.7s%s", e->name, e->scaled ? "_scaled" : "");
    tg_weights_save(n->weight, (tg_tiles_spec){.title = e->name, .shape = TG_SHAPE(28, 28), .columns = 16},
                    lesson_path(l, file), NULL, &l->status);
    tg_optim_free(opt);
    tg_mlp_free(net);
    return history;
}

int main(int argc, char **argv) {
    lesson l = lesson_begin("two_layer_perceptron", argc, argv);
    static norms n[RUNS];
    tg_history *history[RUNS];
    tg_run runs[RUNS];
    tg_series series[RUNS];
    const int count = l.quick ? 2 : RUNS;
    check_toy(&l);
    train_toy(&l);
    for (int k = 0; k < count; k++) {
        const experiment *e = &experiments[k];
        tg_split sets = load(&l, e->scaled);
        history[k] = train(&l, e, &sets, &n[k]);
        runs[k] = (tg_run){e->name, history[k]};
        series[k] = (tg_series){.title = e->name, .x = n[k].step, .y = n[k].mean, .n = n[k].count};
        tg_split_free(&sets);
    }
    tg_curves_save((tg_curves_spec){.title = "MNIST, 784-64-10, weight decay", .runs = runs, .count = 2},
                   lesson_path(&l, "curves"), NULL, &l.status);
    tg_panel panel = {.title = "norm of the gradient of W1",
                      .x_label = "step",
                      .log_y = true,
                      .series = series,
                      .count = 2};
    tg_figure_save((tg_figure){.panels = &panel, .count = 1, .width = 700}, lesson_path(&l, "gradient_norm"),
                   NULL, &l.status);
    for (int k = 0; k < count; k++) tg_history_free(history[k]);
    return lesson_end(&l);
}
