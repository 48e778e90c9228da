/* digits_by_hand: two networks that learn handwritten digits by gradient descent on all examples at once,
   every step of it written out. The same runs as in NumPy, number for number. */
#include "show.h"

#include <math.h>

#define HIDDEN 256

typedef struct task {
    const char *name;
    int digits[10], classes, outputs;
    uint32_t seed;
    bool mean; /* the curve shows the mean of the losses; what is descended on is always their sum */
    double lr;
    int epochs, quick_epochs;
} task;

/* W2 sigmoid(W1 x + b1) + b2. */
typedef struct network {
    tg_params *all;
    tg_param *w1, *b1, *w2, *b2;
} network;

/* A network on a tape, with its examples. */
typedef struct view {
    tg_tape *tape;
    tg_node *label, *output, *loss;
} view;

/* numpy.random.normal(0, 0.01, (out, in)) */
static tg_param *normal(tg_params *all, tg_numpy_random *random, const char *name, int64_t out, int64_t in) {
    tg_param *w = tg_params_add(all, name, &TG_SHAPE(out, in), NULL);
    for (int64_t i = 0; i < out * in; i++) tg_param_set_at(w, i, tg_numpy_normal(random, 0, 0.01));
    return w;
}

static network start(const task *t) {
    tg_numpy_random random;
    network net = {.all = tg_params_new(TG_F64, 0)};
    tg_numpy_seed(&random, t->seed);
    net.w1 = normal(net.all, &random, "w1", HIDDEN, 784);
    net.w2 = normal(net.all, &random, "w2", t->outputs, HIDDEN);
    net.b1 = tg_params_add(net.all, "b1", &TG_SHAPE(HIDDEN), NULL);
    net.b2 = tg_params_add(net.all, "b2", &TG_SHAPE(t->outputs), NULL);
    return net;
}

static tg_node *layer(tg_node *x, tg_param *w, tg_param *b) {
    tg_tape *tape = tg_tape_of(x);
    tg_node *xw = tg_matmul_with(x, tg_use(tape, w), (tg_matmul_options){.transpose_b = true});
    return tg_add_bias(xw, tg_use(tape, b));
}

/* The whole set in one batch. */
static view look(const network *net, const tg_dataset *set, int outputs, bool inference) {
    const tg_loss_options sum = {TG_REDUCTION_SUM};
    view v = {.tape = tg_tape_new_spec((tg_tape_spec){.dtype = TG_F64, .inference = inference})};
    tg_node *x = tg_input(v.tape, "x", TG_F64, 2, (int64_t[]){set->count, 784});
    v.label = tg_input(v.tape, "label", TG_I32, 1, &set->count);
    tg_set(x, set->x);
    tg_set(v.label, set->labels);
    v.output = layer(tg_sigmoid(layer(x, net->w1, net->b1)), net->w2, net->b2);
    if (outputs > 1) {
        v.loss = tg_cross_entropy_with(v.output, v.label, sum); /* softmax and logarithm are in it */
    } else {
        tg_node *target = tg_input(v.tape, "target", TG_F64, 2, (int64_t[]){set->count, 1});
        for (int64_t i = 0; i < set->count; i++) ((double *)tg_value(target))[i] = set->labels[i];
        v.loss = tg_binary_cross_entropy_with_logits_with(v.output, target, sum);
    }
    return v;
}

static double accuracy(const view *v) {
    return (double)tg_count_right(v->output, v->label) / (double)tg_size(v->label);
}

/* p -= lr dL/dp, for every parameter p. */
static void descend(tg_params *all, double lr) {
    for (int k = 0; k < tg_params_count(all); k++) {
        tg_param *p = tg_params_get(all, k);
        for (int64_t i = 0; i < p->size; i++)
            tg_param_set_at(p, i, tg_param_at(p, i) - lr * tg_param_grad_at(p, i));
    }
}

static void train(lesson *l, const task *t, network *net, view *train, view *test, curves *c) {
    for (int epoch = 0; epoch < c->epochs; epoch++) {
        c->loss[epoch] = tg_item(train->loss) / (t->mean ? (double)tg_size(train->label) : 1);
        c->train[epoch] = accuracy(train);
        c->test[epoch] = accuracy(test);
        tg_zero_grad(train->tape);
        tg_backward(train->loss);
        descend(net->all, t->lr);
        lesson_need(l, tg_replay(train->tape) && tg_replay(test->tape), tg_error(train->tape));
    }
}

/* The task's digits, in f64: the first 1000 images of each, digit by digit, or all in their own order. */
static tg_dataset *choose(lesson *l, const tg_dataset *mnist, const task *t, bool some) {
    tg_dataset *first = some ? tg_dataset_first_of_each(mnist, 1000, &l->status) : NULL;
    tg_dataset *digits = tg_dataset_pick(some ? first : mnist, t->digits, t->classes, &l->status);
    tg_dataset *wide = tg_dataset_convert(digits, TG_F64, &l->status);
    lesson_need(l, wide, "");
    tg_dataset_free(first);
    tg_dataset_free(digits);
    return wide;
}

/* Trains and measures; with nudge, from weights of which one is off by the last of its 53 bits. */
static void run(lesson *l, const task *t, const tg_dataset *train_set, const tg_dataset *test_set, bool nudge,
                curves *c) {
    network net = start(t);
    if (nudge) tg_param_set_at(net.w2, 0, nextafter(tg_param_at(net.w2, 0), 1));
    view train_view = look(&net, train_set, t->outputs, false);
    view test_view = look(&net, test_set, t->outputs, true);
    train(l, t, &net, &train_view, &test_view, c);
    if (!nudge) {
        show_accuracies(l, t->name, accuracy(&train_view), accuracy(&test_view), c);
        show_curves(l, t->name, c);
        show_reading(l, t->name, test_view.output, test_set, t->digits);
    }
    tg_tape_free(train_view.tape);
    tg_tape_free(test_view.tape);
    tg_params_free(net.all);
}

int main(int argc, char **argv) {
    static const task binary = {"binary", {5, 8}, 2, 1, 3, false, 1e-5, 100, 5};
    static const task ten = {"ten", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 10, 10, 29, true, 1.7e-5, 200, 3};
    lesson l = lesson_begin("digits_by_hand", argc, argv);
    tg_dataset *train = lesson_mnist(&l, true, TG_F32), *test = lesson_mnist(&l, false, TG_F32);
    static curves c, nudged;
    for (int k = 0; k < 2; k++) {
        const task *t = k ? &ten : &binary;
        tg_dataset *train_set = choose(&l, train, t, true), *test_set = choose(&l, test, t, false);
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
