/* one_example_at_a_time: stochastic gradient descent in its purest form, two hidden layers and a step after
   every single digit; and what a learning rate may be, on a bowl. */
#include "bowl.h"

#include <stdlib.h>

/* ---- digits ---- */

enum { EPOCHS = 3, SEEDS = 5, EVERY = 1000 };

/* The loss of single examples jumps; its mean over EVERY steps can be seen. */
typedef struct progress {
    double sum, mean[EPOCHS * 60];
    int count;
} progress;

static bool on_step(void *context, const tg_fit_step *step) {
    progress *p = context;
    p->sum += step->loss;
    if (step->step % EVERY == 0) {
        p->mean[p->count++] = p->sum / EVERY;
        p->sum = 0;
    }
    return true;
}

static tg_history *train(lesson *l, uint64_t seed, const tg_dataset *train, const tg_dataset *test,
                         progress *p) {
    tg_mlp *net = tg_mlp_new((tg_mlp_spec){.sizes = {784, 32, 32, 10},
                                           .depth = 3,
                                           .activation = TG_SIGMOID,
                                           .init = {TG_INIT_FAN_MAX}, /* variance 1/max(in, out) */
                                           .seed = seed,
                                           .status = &l->status});
    tg_optim *opt = tg_sgd(tg_mlp_params(net), (tg_sgd_spec){.lr = 0.003, .unchecked = true});
    tg_history *history = tg_fit((tg_fit_spec){.model = tg_mlp_model(net),
                                               .optim = opt,
                                               .train = train,
                                               .test = test,
                                               .batch = 1,
                                               .epochs = l->quick ? 1 : EPOCHS,
                                               .seed = seed,
                                               .on_step = on_step,
                                               .context = p,
                                               .status = &l->status});
    lesson_need(l, history && history->ending != TG_ENDED_ERROR, "training failed");
    tg_optim_free(opt);
    tg_mlp_free(net);
    return history;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void read_digits(lesson *l) {
    static const char *const names[SEEDS] = {"seed 1", "seed 2", "seed 3", "seed 4", "seed 5"};
    tg_dataset *train_set = lesson_mnist(l, true, TG_F32), *test_set = lesson_mnist(l, false, TG_F32);
    const int seeds = l->quick ? 1 : SEEDS;
    tg_history *history[SEEDS];
    tg_run runs[SEEDS];
    static progress p[SEEDS];
    char what[64];
    tg_dataset_scale(train_set, 1.0 / 255);
    tg_dataset_scale(test_set, 1.0 / 255);
    for (int s = 0; s < seeds; s++) {
        history[s] = train(l, (uint64_t)s + 1, train_set, test_set, &p[s]);
        runs[s] = (tg_run){names[s], history[s]};
    }
    for (int e = 0; e < history[0]->count; e++) {
        double accuracy[SEEDS];
        for (int s = 0; s < seeds; s++) accuracy[s] = history[s]->epochs[e].test_accuracy;
        qsort(accuracy, (size_t)seeds, sizeof *accuracy, ascending);
        snprintf(what, sizeof what, "test accuracy after epoch %d (median of %d)", e + 1, seeds);
        lesson_number(l, what, accuracy[seeds / 2]);
    }
    tg_series series[SEEDS];
    for (int s = 0; s < seeds; s++)
        series[s] = (tg_series){.title = names[s], .y = p[s].mean, .n = p[s].count};
    tg_panel panel = {
        .title = "mean loss of 1000 examples", .x_label = "thousand steps", .series = series, .count = seeds};
    tg_figure_save((tg_figure){.panels = &panel, .count = 1}, lesson_path(l, "loss"), NULL, &l->status);
    tg_curves_save((tg_curves_spec){.runs = runs, .count = seeds}, lesson_path(l, "curves"), NULL,
                   &l->status);
    for (int s = 0; s < seeds; s++) tg_history_free(history[s]);
    tg_dataset_free(train_set);
    tg_dataset_free(test_set);
}

int main(int argc, char **argv) {
    lesson l = lesson_begin("one_example_at_a_time", argc, argv);
    roll_into_the_bowl(&l);
    read_digits(&l);
    return lesson_end(&l);
}
