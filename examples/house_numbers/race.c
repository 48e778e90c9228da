#include "race.h"

#include <math.h>

enum { RUNNERS = 4, STARTS = 3, EPOCHS = 15 };

/* In the order in which they are expected to arrive. */
static const struct runner {
    const char *name;
    tg_optim_kind kind;
    double lr;
} runners[RUNNERS] = {{"momentum", TG_MOMENTUM, 1e-2}, /* 0.9 */
                      {"Adam", TG_ADAM, 5e-4},
                      {"RMSProp", TG_RMSPROP, 5e-4},
                      {"SGD", TG_SGD, 1e-2}};

static const tg_layer layers[] = {{"flatten", TG_LAYER_FLATTEN},
                                  {"fc1", TG_LAYER_LINEAR, .in = 3072, .out = 256},
                                  {"act1", TG_LAYER_ACTIVATION, .activation = TG_LEAKY_RELU},
                                  {"fc2", TG_LAYER_LINEAR, .out = 128},
                                  {"act2", TG_LAYER_ACTIVATION, .activation = TG_LEAKY_RELU},
                                  {"fc3", TG_LAYER_LINEAR, .out = 64},
                                  {"act3", TG_LAYER_ACTIVATION, .activation = TG_LEAKY_RELU},
                                  {"fc4", TG_LAYER_LINEAR, .out = 10},
                                  {0}};

/* The seed chooses the first weights and the order of the examples. */
static tg_history *train(lesson *l, const struct runner *r, uint64_t seed, const tg_split *sets) {
    tg_sequential *net =
        tg_sequential_new((tg_sequential_spec){.layers = layers, .seed = seed, .status = &l->status});
    /* Every 50 steps for an epoch of 50000 images; ours has 8000, so that 8 steps are as large a part of it. */
    const tg_schedule decay = {TG_SCHEDULE_STEP, .factor = 0.99, .every = 8};
    tg_optim *opt = tg_optim_new(tg_sequential_params(net), r->kind,
                                 (tg_optim_spec){.lr = r->lr, .schedule = decay, .status = &l->status});
    lesson_need(l, opt, "");
    tg_history *history = tg_fit((tg_fit_spec){.model = tg_sequential_model(net),
                                               .optim = opt,
                                               .train = sets->train,
                                               .validation = sets->validation,
                                               .batch = 32,
                                               .epochs = l->quick ? 2 : EPOCHS,
                                               .seed = seed,
                                               .status = &l->status});
    lesson_need(l, history && history->ending != TG_ENDED_ERROR, "training failed");
    tg_optim_free(opt);
    tg_sequential_free(net);
    return history;
}

static double at_the_end(const tg_history *history) {
    return history->epochs[history->count - 1].validation_accuracy;
}

static double median(double a, double b, double c) {
    return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

void race(lesson *l, const tg_split *sets) {
    tg_history *history[RUNNERS][STARTS];
    tg_run runs[RUNNERS];
    double accuracy[RUNNERS], places = 0;
    for (int i = 0; i < RUNNERS; i++) {
        char what[64];
        for (int k = 0; k < STARTS; k++) history[i][k] = train(l, &runners[i], (uint64_t)k + 1, sets);
        runs[i] = (tg_run){runners[i].name, history[i][0]};
        accuracy[i] = median(at_the_end(history[i][0]), at_the_end(history[i][1]), at_the_end(history[i][2]));
        snprintf(what, sizeof what, "%s: validation accuracy after %d epochs (median of %d)", runners[i].name,
                 history[i][0]->count, STARTS);
        lesson_number(l, what, accuracy[i]);
    }
    for (int i = 0; i < RUNNERS; i++) {
        int place = 1;
        for (int k = 0; k < RUNNERS; k++)
            place += accuracy[k] > accuracy[i] || (k < i && accuracy[k] == accuracy[i]);
        places = 10 * places + place;
    }
    lesson_number(l, "places of momentum; Adam; RMSProp; SGD", places);
    lesson_number(l, "SGD is behind the last of the others by",
                  fmin(fmin(accuracy[0], accuracy[1]), accuracy[2]) - accuracy[3]);
    tg_curves_save((tg_curves_spec){.title = "four optimisers (solid: training, dashed: validation)",
                                    .runs = runs,
                                    .count = RUNNERS},
                   lesson_path(l, "optimisers"), NULL, &l->status);
    for (int i = 0; i < RUNNERS * STARTS; i++) tg_history_free(history[i / STARTS][i % STARTS]);
}
