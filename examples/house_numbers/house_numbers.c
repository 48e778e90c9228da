/* house_numbers: a modular network reads digits off photographs of houses (generated ones, in the format of
   the Street View House Numbers set); race.c lets four optimisers race. */
#include "activations.h"
#include "race.h"

#include <math.h>
#include <stdlib.h>

/* Through a MATLAB file and back, as the real set comes. */
static tg_dataset *through_mat(lesson *l, const tg_dataset *set) {
    const char *path = lesson_path(l, "houses.mat");
    tg_dataset *back = NULL;
    double worst = 0;
    lesson_need(l,
                tg_svhn_save(path, set, 255, &l->status) &&
                    (back = tg_svhn_load(path, (tg_load_spec){0}, &l->status)),
                "");
    int64_t wrong = llabs(back->count - set->count);
    for (int64_t i = 0; i < set->count && !wrong; i++) {
        wrong += back->labels[i] != set->labels[i];
        for (int64_t k = 0; k < tg_dataset_features(set); k++)
            worst = lesson_larger(
                worst, fabs(tg_dataset_at(back, i, k) - nearbyint(255 * tg_dataset_at(set, i, k))));
    }
    lesson_number(l, ".mat round trip: labels that differ", (double)wrong);
    lesson_number(l, ".mat round trip: pixels (largest difference)", worst);
    return back;
}

/* Validation and test are a sixth each; every pixel gets mean 0 and deviation 1 on the training part. */
static tg_split prepare(lesson *l, const tg_dataset *set) {
    tg_split sets;
    tg_split_spec spec = {.validation = set->count / 6, .test = set->count / 6, .seed = 1};
    lesson_need(l, tg_dataset_split(set, spec, &sets, &l->status), "");
    tg_scaler *scaler = tg_scaler_fit(sets.train, TG_STANDARDISE, &l->status);
    tg_dataset *parts[] = {sets.train, sets.validation, sets.test};
    for (int i = 0; i < 3; i++) lesson_need(l, scaler && tg_scaler_apply(scaler, parts[i], &l->status), "");
    tg_scaler_free(scaler);
    return sets;
}

/* 3072-3072-10. Named layers make named parameters, and files of them. */
static void read_numbers(lesson *l, const tg_split *sets) {
    const int64_t hidden = l->quick ? 128 : 3072;
    const tg_layer layers[] = {{"flatten", TG_LAYER_FLATTEN},
                               {"fc1", TG_LAYER_LINEAR, .in = 3072, .out = hidden},
                               {"act1", TG_LAYER_ACTIVATION, .activation = TG_LEAKY_RELU},
                               {"fc2", TG_LAYER_LINEAR, .out = 10},
                               {0}};
    tg_sequential *net =
        tg_sequential_new((tg_sequential_spec){.layers = layers, .seed = 1, .status = &l->status});
    lesson_need(l, net, "");
    tg_optim *opt =
        tg_sgd(tg_sequential_params(net),
               (tg_sgd_spec){.lr = 1e-2, .schedule = {TG_SCHEDULE_STEP, .factor = 0.99, .every = 50}});
    tg_history *history = tg_fit((tg_fit_spec){.model = tg_sequential_model(net),
                                               .optim = opt,
                                               .train = sets->train,
                                               .validation = sets->validation,
                                               .test = sets->test,
                                               .batch = 64,
                                               .epochs = l->quick ? 2 : 24,
                                               .seed = 1,
                                               .keep_best = true,
                                               .status = &l->status});
    lesson_need(l, history && history->ending != TG_ENDED_ERROR, "training failed");
    const tg_epoch *best = &history->epochs[history->best];
    const char *file = lesson_path(l, "params.safetensors");
    lesson_number(l, "3072-3072-10: best validation accuracy", best->validation_accuracy);
    lesson_number(l, "3072-3072-10: test accuracy of the same epoch", best->test_accuracy);
    lesson_need(l,
                tg_params_save(tg_sequential_params(net), file, &l->status) &&
                    tg_params_load(tg_sequential_params(net), file, (tg_load_params_spec){0}, &l->status),
                "");
    tg_curves_save((tg_curves_spec){.title = "3072-3072-10", .runs = &(tg_run){NULL, history}, .count = 1},
                   lesson_path(l, "curves"), NULL, &l->status);
    tg_history_free(history);
    tg_optim_free(opt);
    tg_sequential_free(net);
}

int main(int argc, char **argv) {
    lesson l = lesson_begin("house_numbers", argc, argv);
    if (!tg_mat_available()) {
        fprintf(stderr,
                "house_numbers needs a build with the matio library (apt-get install libmatio-dev)\n");
        return 77;
    }
    draw_activations(&l);
    tg_dataset *houses = tg_house_numbers(
        (tg_images_spec){.count = l.quick ? 640 : 12000, .seed = 1, .difficulty = 1.6}, &l.status);
    lesson_need(&l, houses, "");
    tg_examples_save(houses, (tg_tiles_spec){.most = 40, .columns = 10}, lesson_path(&l, "houses"), NULL,
                     &l.status);
    tg_dataset *set = through_mat(&l, houses);
    tg_split sets = prepare(&l, set);
    read_numbers(&l, &sets);
    race(&l, &sets);
    tg_split_free(&sets);
    tg_dataset_free(set);
    tg_dataset_free(houses);
    return lesson_end(&l);
}
