#include "toy.h"

#include <math.h>

/* X = 10 randn(5, 4) of seed 1; W1 = 0.1 randn(4, 10) and W2 = 0.1 randn(10, 3) of seed 0; biases zero. */
typedef struct toy {
    tg_mlp *net;
    tg_tape *tape;
    tg_node *loss;
} toy;

static void fill(tg_params *params, const char *name, tg_numpy_random *random) {
    tg_param *w = tg_params_find(params, name);
    for (int64_t i = 0; i < w->size; i++) tg_param_set_at(w, i, 0.1 * tg_numpy_normal(random, 0, 1));
}

static toy new_toy(tg_activation activation, double reg) {
    const int32_t labels[] = {0, 1, 2, 2, 1};
    const tg_penalty decay = {"*.weight", 0, reg / 2};
    double points[20];
    tg_numpy_random random;
    toy t = {.tape = tg_tape_new(TG_F64)};
    t.net =
        tg_mlp_new((tg_mlp_spec){.sizes = {4, 10, 3}, .depth = 2, .activation = activation, .dtype = TG_F64});
    tg_numpy_seed(&random, 0);
    fill(tg_mlp_params(t.net), "hidden.weight", &random);
    fill(tg_mlp_params(t.net), "output.weight", &random);
    tg_numpy_seed(&random, 1);
    for (int i = 0; i < 20; i++) points[i] = 10 * tg_numpy_normal(&random, 0, 1);
    tg_node *x = tg_constant(t.tape, TG_F64, 2, (int64_t[]){5, 4}, points);
    tg_node *label = tg_constant(t.tape, TG_I32, 1, (int64_t[]){5}, labels);
    t.loss = tg_penalise(tg_cross_entropy(tg_mlp_apply(t.net, x), label), tg_mlp_params(t.net), &decay, 1);
    return t;
}

static void free_toy(toy *t) {
    tg_tape_free(t->tape);
    tg_mlp_free(t->net);
}

static double loss_at(const toy *t, tg_param *p, int64_t i, double value) {
    tg_param_set_at(p, i, value);
    tg_replay(t->tape);
    return tg_item(t->loss);
}

/* max |a - n| / max(1e-8, |a| + |n|), with the central difference of eighth order n = (672 d1 - 168 d2 + 32 d3 -
   3 d4)/840h, dk = L(p+kh) - L(p-kh). The smallest gradients are 1e-5: a large h leaves more of their digits to rounding.
   But no step may cross a kink of relu. */
static double worst_gradient(const toy *t, double h) {
    static const double weight[] = {0, 672, -168, 32, -3};
    double worst = 0;
    for (int k = 0; k < tg_params_count(tg_mlp_params(t->net)); k++) {
        tg_param *p = tg_params_get(tg_mlp_params(t->net), k);
        for (int64_t i = 0; i < p->size; i++) {
            const double at = tg_param_at(p, i), backward = tg_param_grad_at(p, i);
            double numeric = 0;
            for (int s = 1; s <= 4; s++)
                numeric +=
                    weight[s] * (loss_at(t, p, i, at + s * h) - loss_at(t, p, i, at - s * h)) / (840 * h);
            tg_param_set_at(p, i, at);
            worst =
                lesson_larger(worst, fabs(numeric - backward) / fmax(1e-8, fabs(numeric) + fabs(backward)));
        }
    }
    return worst;
}

static void check(lesson *l, const char *name, tg_activation activation) {
    toy t = new_toy(activation, 0.1);
    char text[64];
    snprintf(text, sizeof text, "toy_%s.csv", name);
    FILE *out = fopen(lesson_path(l, text), "w");
    lesson_need(l, out && tg_replay(t.tape) && tg_backward(t.loss), tg_error(t.tape));
    fprintf(out, "%.17g\n", tg_item(t.loss));
    for (int k = 0; k < tg_params_count(tg_mlp_params(t.net)); k++) {
        const tg_param *p = tg_params_get(tg_mlp_params(t.net), k);
        for (int64_t i = 0; i < p->size; i++) fprintf(out, "%.17g\n", tg_param_grad_at(p, i));
    }
    fclose(out);
    snprintf(text, sizeof text, "toy %s: loss", name);
    lesson_number(l, text, tg_item(t.loss));
    snprintf(text, sizeof text, "toy %s: gradient check (largest relative error)", name);
    lesson_number(l, text, worst_gradient(&t, activation == TG_RELU ? 2e-4 : 5e-3));
    free_toy(&t);
}

void check_toy(lesson *l) {
    check(l, "sigmoid", TG_SIGMOID);
    check(l, "relu", TG_RELU);
}

static void descend(lesson *l, const char *name, tg_activation activation, double lr, int epochs) {
    toy t = new_toy(activation, 1e-5);
    double loss[100];
    char text[64];
    tg_optim *opt =
        tg_sgd(tg_mlp_params(t.net), (tg_sgd_spec){.lr = lr, .schedule = {TG_SCHEDULE_STEP, .factor = 0.95}});
    for (int i = 0; i < epochs; i++) {
        tg_replay(t.tape);
        tg_backward(t.loss);
        loss[i] = tg_item(t.loss);
        lesson_need(l, tg_optim_step(opt), tg_optim_error(opt));
    }
    tg_series series = {.y = loss, .n = epochs};
    tg_panel panel = {.title = name, .x_label = "epoch", .y_label = "loss", .series = &series, .count = 1};
    snprintf(text, sizeof text, "toy_%s_training", name);
    tg_figure_save((tg_figure){.panels = &panel, .count = 1}, lesson_path(l, text), NULL, &l->status);
    snprintf(text, sizeof text, "toy %s: loss after training", name);
    lesson_number(l, text, loss[epochs - 1]);
    tg_optim_free(opt);
    free_toy(&t);
}

void train_toy(lesson *l) {
    descend(l, "sigmoid", TG_SIGMOID, 0.5, 100);
    descend(l, "relu", TG_RELU, 0.1, 50);
}
