/* two_circles: a d-h-m network on points of a plane. Are its gradients right, what does a loop over examples
   cost (gradients.c), and what does regularisation do? */
#include "gradients.h"

#include <math.h>

/* ---- what does regularisation do? ---- */

typedef struct setting {
    const char *name;
    int64_t hidden;
    double l1, l2; /* of the weights of both layers */
    int patience;
} setting;

static const setting settings[] = {{"2 hidden units", 2, 0, 0, 0},
                                   {"5 hidden units", 5, 0, 0, 0},
                                   {"100 hidden units", 100, 0, 0, 0},
                                   {"100 with weight decay 0.01", 100, 0, 0.01, 0},
                                   {"100 with lasso 0.001", 100, 0.001, 0, 0},
                                   {"100 with early stopping", 100, 0, 0, 5}};
enum { SETTINGS = sizeof settings / sizeof *settings };

static tg_history *train(lesson *l, const setting *s, tg_mlp *net, const tg_split *sets, const char *log) {
    /* l11 |W1|_1 + l12 |W1|^2 + l21 |W2|_1 + l22 |W2|^2: here the same for both layers. */
    const tg_penalty penalties[] = {{"hidden.weight", s->l1, s->l2}, {"output.weight", s->l1, s->l2}};
    tg_optim *opt = tg_adam(tg_mlp_params(net), (tg_adam_spec){.lr = 0.01});
    tg_history *history = tg_fit((tg_fit_spec){.model = tg_mlp_model(net),
                                               .optim = opt,
                                               .train = sets->train,
                                               .validation = sets->validation,
                                               .test = sets->test,
                                               .epochs = l->quick ? 20 : 200,
                                               .batch = 50,
                                               .seed = 1,
                                               .score_train = true,
                                               .penalties = s->l1 + s->l2 > 0 ? penalties : NULL,
                                               .penalty_count = s->l1 + s->l2 > 0 ? 2 : 0,
                                               .keep_best = s->patience > 0,
                                               .patience = s->patience,
                                               .monitor = TG_MONITOR_LOSS,
                                               .csv = log,
                                               .status = &l->status});
    lesson_need(l, history && history->ending != TG_ENDED_ERROR, "training failed");
    tg_optim_free(opt);
    return history;
}

static double share_of_zeros(const tg_mlp *net) {
    const tg_param *w = tg_params_find(tg_mlp_params(net), "hidden.weight");
    int64_t zeros = 0;
    for (int64_t i = 0; i < w->size; i++) zeros += fabs(tg_param_at(w, i)) < 0.01;
    return (double)zeros / (double)w->size;
}

static void compare_settings(lesson *l, const tg_split *sets) {
    tg_mlp *net[SETTINGS];
    tg_region regions[SETTINGS];
    char what[96], file[32];
    for (int i = 0; i < SETTINGS; i++) {
        const setting *s = &settings[i];
        net[i] = network(2, s->hidden, 2, TG_F64);
        snprintf(file, sizeof file, "log%d.csv", i + 1);
        tg_history *history = train(l, s, net[i], sets, lesson_path(l, file));
        tg_score score = {0};
        lesson_need(l,
                    tg_evaluate((tg_evaluator_spec){.model = tg_mlp_model(net[i]), .set = sets->test}, &score,
                                &l->status),
                    "");
        snprintf(what, sizeof what, "%s: test accuracy", s->name);
        lesson_number(l, what, score.accuracy);
        if (s->hidden == 100) {
            snprintf(what, sizeof what, "%s: share of hidden weights near 0", s->name);
            lesson_number(l, what, share_of_zeros(net[i]));
        }
        snprintf(file, sizeof file, "curves%d", i + 1);
        tg_curves_save(
            (tg_curves_spec){.title = s->name, .runs = &(tg_run){NULL, history}, .count = 1, .errors = true},
            lesson_path(l, file), NULL, &l->status);
        regions[i] = (tg_region){s->name, tg_mlp_model(net[i]), sets->train};
        tg_history_free(history);
    }
    lesson_need(l,
                tg_regions_save((tg_regions_spec){.regions = regions, .count = SETTINGS, .columns = 3},
                                lesson_path(l, "regions"), NULL, &l->status),
                "");
    for (int i = 0; i < SETTINGS; i++) tg_mlp_free(net[i]);
}

int main(int argc, char **argv) {
    lesson l = lesson_begin("two_circles", argc, argv);
    tg_dataset *circles =
        tg_two_circles((tg_points_spec){.count = 1100, .seed = 1, .dtype = TG_F64, .noise = 0.15}, &l.status);
    tg_split sets;
    lesson_need(&l,
                circles &&
                    tg_dataset_split(circles,
                                     (tg_split_spec){.train = 700, .validation = 200, .test = 200, .seed = 1},
                                     &sets, &l.status),
                "");
    lesson_number(&l, "gradient of one example (largest relative error)", worst_gradient(circles, 1));
    lesson_number(&l, "gradient of ten examples (largest relative error)", worst_gradient(circles, 10));
    lesson_number(&l, "loop and matrix 1 example (largest difference)", loop_against_matrix(circles, 1));
    lesson_number(&l, "loop and matrix 10 examples (largest difference)", loop_against_matrix(circles, 10));
    time_an_epoch(&l);
    compare_settings(&l, &sets);
    tg_split_free(&sets);
    tg_dataset_free(circles);
    return lesson_end(&l);
}
