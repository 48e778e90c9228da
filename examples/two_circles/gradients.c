#include "gradients.h"

#include <math.h>

tg_mlp *network(int64_t inputs, int64_t hidden, int64_t outputs, tg_dtype dtype) {
    return tg_mlp_new((tg_mlp_spec){.sizes = {inputs, hidden, outputs},
                                    .depth = 2,
                                    .activation = TG_RELU,
                                    .init = {TG_INIT_FAN_IN}, /* uniform within 1/sqrt(inputs of the layer) */
                                    .dtype = dtype,
                                    .seed = 5});
}

/* The network on a tape, with its loss for k examples at a time. */
typedef struct view {
    tg_tape *tape;
    tg_node *x, *label, *loss;
} view;

static view look(const tg_mlp *net, int64_t k) {
    const tg_dtype dtype = tg_params_dtype(tg_mlp_params(net));
    view v = {.tape = tg_tape_new(dtype)};
    v.x = tg_input(v.tape, "x", dtype, 2, (int64_t[]){k, tg_mlp_size(net, 0)});
    v.label = tg_input(v.tape, "label", TG_I32, 1, &k);
    v.loss = tg_cross_entropy(tg_mlp_apply(net, v.x), v.label);
    return v;
}

/* Plays forward and backward; gradients add up over several calls. */
static double play(const view *v) {
    tg_replay(v->tape);
    tg_backward(v->loss);
    return tg_item(v->loss);
}

/* ---- are the gradients right? ---- */

/* (L(p+h) - L(p-h))/2h against backward, for every element of every parameter. */
double worst_gradient(const tg_dataset *set, int64_t k) {
    const double h = 1e-5;
    tg_mlp *net = network(2, 2, 2, TG_F64);
    tg_params *params = tg_mlp_params(net);
    view v = look(net, k);
    double worst = 0;
    tg_set(v.x, set->x);
    tg_set(v.label, set->labels);
    play(&v);
    for (int p = 0; p < tg_params_count(params); p++) {
        tg_param *w = tg_params_get(params, p);
        for (int64_t i = 0; i < w->size; i++) {
            const double at = tg_param_at(w, i), backward = tg_param_grad_at(w, i);
            double loss[2];
            for (int side = 0; side < 2; side++) {
                tg_param_set_at(w, i, side ? at + h : at - h);
                tg_replay(v.tape);
                loss[side] = tg_item(v.loss);
            }
            tg_param_set_at(w, i, at);
            const double difference = (loss[1] - loss[0]) / (2 * h);
            worst = lesson_larger(worst, fabs(difference - backward) /
                                             fmax(1e-3, fabs(difference) + fabs(backward)));
        }
    }
    tg_tape_free(v.tape);
    tg_mlp_free(net);
    return worst;
}

/* ---- one by one, or all at once? ---- */

/* An epoch's gradients, k examples per step, one by one: k backward passes add up to k times those of the
 * mean. */
static void loop(const view *one, const tg_dataset *set, int64_t first, int64_t k) {
    const size_t row = (size_t)tg_dataset_features(set) * tg_dtype_size(set->dtype);
    for (int64_t i = first; i < first + k; i++) {
        tg_set(one->x, (const char *)set->x + (size_t)i * row);
        tg_set(one->label, set->labels + i);
        play(one);
    }
}
static void matrix(const view *all, const tg_dataset *set, int64_t first) {
    const size_t row = (size_t)tg_dataset_features(set) * tg_dtype_size(set->dtype);
    tg_set(all->x, (const char *)set->x + (size_t)first * row);
    tg_set(all->label, set->labels + first);
    play(all);
}

double loop_against_matrix(const tg_dataset *set, int64_t k) {
    tg_mlp *a = network(2, 10, 2, TG_F64), *b = network(2, 10, 2, TG_F64);
    view one = look(a, 1), all = look(b, k);
    double worst = 0;
    loop(&one, set, 0, k);
    matrix(&all, set, 0);
    for (int p = 0; p < tg_params_count(tg_mlp_params(a)); p++) {
        const tg_param *g = tg_params_get(tg_mlp_params(a), p), *h = tg_params_get(tg_mlp_params(b), p);
        for (int64_t i = 0; i < g->size; i++)
            worst = lesson_larger(worst, fabs(tg_param_grad_at(g, i) / (double)k - tg_param_grad_at(h, i)));
    }
    tg_tape_free(one.tape);
    tg_tape_free(all.tape);
    tg_mlp_free(a);
    tg_mlp_free(b);
    return worst;
}

void time_an_epoch(lesson *l) {
    const int64_t n = l->quick ? 1000 : 10000, k = 100;
    tg_dataset *digits = tg_digits((tg_images_spec){.count = n}, &l->status);
    tg_mlp *net = network(784, 10, 10, TG_F32);
    view one = look(net, 1), all = look(net, k);
    double start = lesson_clock(), seconds[2];
    for (int64_t i = 0; i < n; i += k) loop(&one, digits, i, k), tg_zero_grad(one.tape);
    seconds[0] = lesson_clock() - start;
    start = lesson_clock();
    for (int64_t i = 0; i < n; i += k) matrix(&all, digits, i), tg_zero_grad(all.tape);
    seconds[1] = lesson_clock() - start;
    lesson_time(l, "epoch of 784-10-10 in batches of 100: loop over examples / matrix",
                seconds[0] / seconds[1]);
    tg_tape_free(one.tape);
    tg_tape_free(all.tape);
    tg_mlp_free(net);
    tg_dataset_free(digits);
}
