/* digits_by_hand: two networks that learn handwritten digits by gradient descent on all examples at once,
   every step of it written out. The same runs as in NumPy, number for number. */
#include "show.h"

#include <math.h>
#include <stdlib.h>

#define HIDDEN 256

typedef struct task {
    const char *name;
    int digits[10], classes, outputs;
    uint32_t seed;
    double lr; /* of the gradient of the summed loss */
    int epochs, quick_epochs;
} task;

/* W2 sigmoid(W1 x + b1) + b2. */
typedef struct network {
    tg_param *w1, *b1, *w2, *b2;
} network;

/* A network on a tape, with its examples. */
typedef struct view {
    tg_tape *tape;
    tg_node *x, *label, *output, *loss;
} view;

/* numpy.random.normal(0, 0.01, (out, in)) */
static tg_param *normal(tg_numpy_random *random, const char *name, int64_t out, int64_t in) {
    tg_param *w = tg_param_new(name, TG_F64, &TG_SHAPE(out, in));
    for (int64_t i = 0; i < out * in; i++) tg_param_set_at(w, i, tg_numpy_normal(random, 0, 0.01));
    return w;
}

static network start(const task *t) {
    tg_numpy_random random;
    network net;
    tg_numpy_seed(&random, t->seed);
    net.w1 = normal(&random, "w1", HIDDEN, 784);
    net.w2 = normal(&random, "w2", t->outputs, HIDDEN);
    net.b1 = tg_param_new("b1", TG_F64, &TG_SHAPE(HIDDEN));
    net.b2 = tg_param_new("b2", TG_F64, &TG_SHAPE(t->outputs));
    return net;
}

static tg_node *layer(tg_node *x, tg_param *w, tg_param *b) {
    tg_tape *tape = tg_tape_of(x);
    tg_node *xw = tg_matmul_with(x, tg_use(tape, w), (tg_matmul_options){.transpose_b = true});
    return tg_add_bias(xw, tg_use(tape, b));
}

/* The whole set in one batch. */
static view look(const network *net, const tg_dataset *set, int outputs, bool inference) {
    view v = {.tape = tg_tape_new_spec((tg_tape_spec){.dtype = TG_F64, .inference = inference})};
    v.x = tg_input(v.tape, "x", TG_F64, 2, (int64_t[]){set->count, 784});
    v.label = tg_input(v.tape, "label", TG_I32, 1, &set->count);
    tg_set(v.x, set->x);
    tg_set(v.label, set->labels);
    v.output = layer(tg_sigmoid(layer(v.x, net->w1, net->b1)), net->w2, net->b2);
    if (outputs > 1) {
        v.loss = tg_cross_entropy(v.output, v.label); /* softmax and logarithm are in it */
    } else {
        tg_node *target = tg_input(v.tape, "target", TG_F64, 2, (int64_t[]){set->count, 1});
        for (int64_t i = 0; i < set->count; i++) ((double *)tg_value(target))[i] = set->labels[i];
        v.loss =
            tg_binary_cross_entropy_with_logits_with(v.output, target, (tg_loss_options){TG_REDUCTION_SUM});
    }
    tg_replay(v.tape);
    return v;
}

static double accuracy(const view *v) {
    return (double)tg_count_right(v->output, v->label) / (double)tg_size(v->label);
}

/* p -= lr dL/dp */
static void descend(tg_param *p, double lr) {
    for (int64_t i = 0; i < p->size; i++)
        tg_param_set_at(p, i, tg_param_at(p, i) - lr * tg_param_grad_at(p, i));
}

static void train(lesson *l, double lr, network *net, view *train, view *test, curves *c) {
    for (int epoch = 0; epoch < c->epochs; epoch++) {
        c->loss[epoch] = tg_item(train->loss);
        c->train[epoch] = accuracy(train);
        c->test[epoch] = accuracy(test);
        tg_zero_grad(train->tape);
        tg_backward(train->loss);
        descend(net->w1, lr);
        descend(net->b1, lr);
        descend(net->w2, lr);
        descend(net->b2, lr);
        lesson_need(l, tg_replay(train->tape) && tg_replay(test->tape), tg_error(train->tape));
    }
}

/* The first t->each images of each digit, digit by digit; each 0: all images of these digits. */
static tg_dataset *choose(lesson *l, const tg_dataset *mnist, const task *t, int each) {
    tg_dataset *some = NULL, *digits, *wide;
    int64_t *at = malloc((size_t)mnist->count * sizeof *at), n = 0;
    for (int k = 0; k < t->classes && each; k++)
        for (int64_t i = 0, found = 0; i < mnist->count && found < each; i++)
            if (mnist->labels[i] == t->digits[k]) at[n++] = i, found++;
    if (each) some = tg_dataset_take(mnist, at, n, &l->status);
    digits = tg_dataset_pick(some ? some : mnist, t->digits, t->classes, &l->status);
    wide = tg_dataset_convert(digits, TG_F64, &l->status);
    lesson_need(l, wide, "");
    tg_dataset_free(some);
    tg_dataset_free(digits);
    free(at);
    return wide;
}

static void free_all(const network *net, const view *train, const view *test) {
    tg_param *params[] = {net->w1, net->b1, net->w2, net->b2};
    tg_tape_free(train->tape);
    tg_tape_free(test->tape);
    for (int i = 0; i < 4; i++) tg_param_free(params[i]);
}

/* Trains and measures; with nudge, from weights of which one is off by the last of its 53 bits. */
static void run(lesson *l, const task *t, const tg_dataset *train_set, const tg_dataset *test_set, bool nudge,
                curves *c) {
    network net = start(t);
    if (nudge) tg_param_set_at(net.w2, 0, nextafter(tg_param_at(net.w2, 0), 1));
    view train_view = look(&net, train_set, t->outputs, false);
    view test_view = look(&net, test_set, t->outputs, true);
    /* A mean over N examples has an N-th of the sum's gradient. */
    const double lr = t->outputs > 1 ? t->lr * (double)train_set->count : t->lr;
    train(l, lr, &net, &train_view, &test_view, c);
    if (!nudge) {
        show_accuracies(l, t->name, accuracy(&train_view), accuracy(&test_view), c);
        show_curves(l, t->name, c);
        show_reading(l, t->name, test_view.output, test_set, t->digits);
    }
    free_all(&net, &train_view, &test_view);
}

int main(int argc, char **argv) {
    static const task binary = {"binary", {5, 8}, 2, 1, 3, 1e-5, 100, 5};
    static const task ten = {"ten", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 10, 10, 29, 1.7e-5, 200, 3};
    lesson l = lesson_begin("digits_by_hand", argc, argv);
    tg_dataset *train = lesson_mnist(&l, true, TG_F32), *test = lesson_mnist(&l, false, TG_F32);
    static curves c, nudged;
    for (int k = 0; k < 2; k++) {
        const task *t = k ? &ten : &binary;
        tg_dataset *train_set = choose(&l, train, t, 1000), *test_set = choose(&l, test, t, 0);
        c.epochs = l.quick ? t->quick_epochs : t->epochs;
        run(&l, t, train_set, test_set, false, &c);
        if (k) {
            nudged.epochs = l.quick ? 1 : 60;
            run(&l, t, train_set, test_set, true, &nudged);
            show_butterfly(&l, &c, &nudged);
        }
        tg_dataset_free(train_set);
        tg_dataset_free(test_set);
    }
    tg_dataset_free(train);
    tg_dataset_free(test);
    return lesson_end(&l);
}
