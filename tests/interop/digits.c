/* digits.c: the ten-class run of examples/digits_by_hand, in legs that start from given weights. Prints loss, training
   and test accuracy of every epoch, before its step.

   Usage: interop_digits FOLDER-OF-MNIST WEIGHTS.npz EPOCHS START ...   (arrays w1_START, b1_START, w2_START, b2_START) */
#include "tapegrad.h"

#include <stdio.h>
#include <stdlib.h>

static tg_status status;

static void need(bool ok) {
    if (ok) return;
    fprintf(stderr, "%s\n", status.message);
    exit(1);
}

static tg_param *parameter(const char *file, const char *name, const char *start) {
    char entry[64];
    snprintf(entry, sizeof entry, "%s_%s", name, start);
    tg_array *array = tg_npz_load(file, entry, TG_F64, &status);
    need(array);
    tg_param *param = tg_param_new(name, TG_F64, &array->shape);
    for (int64_t i = 0; i < array->size; i++) tg_param_set_at(param, i, tg_array_at(array, i));
    tg_array_free(array);
    return param;
}

enum { W1, B1, W2, B2, PARAMS };

typedef struct view {
    tg_tape *tape;
    tg_node *label, *output, *loss;
} view;

static tg_node *layer(tg_node *x, tg_param *w, tg_param *b) {
    tg_tape *tape = tg_tape_of(x);
    return tg_add_bias(tg_matmul_with(x, tg_use(tape, w), (tg_matmul_options){.transpose_b = true}),
                       tg_use(tape, b));
}

static view look(tg_param *const *net, const tg_dataset *set, bool inference) {
    view v = {.tape = tg_tape_new_spec((tg_tape_spec){.dtype = TG_F64, .inference = inference})};
    tg_node *x = tg_input(v.tape, "x", TG_F64, 2, (int64_t[]){set->count, 784});
    v.label = tg_input(v.tape, "label", TG_I32, 1, &set->count);
    tg_set(x, set->x);
    tg_set(v.label, set->labels);
    v.output = layer(tg_sigmoid(layer(x, net[W1], net[B1])), net[W2], net[B2]);
    v.loss = tg_cross_entropy(v.output, v.label);
    tg_replay(v.tape);
    return v;
}

static double accuracy(const view *v) {
    return (double)tg_count_right(v->output, v->label) / (double)tg_size(v->label);
}

/* The rate is that of the gradient of the sum; the loss is a mean. */
static void leg(tg_param *const *net, const tg_dataset *train_set, const tg_dataset *test_set, int epochs) {
    const double lr = 1.7e-5 * (double)train_set->count;
    view train = look(net, train_set, false), test = look(net, test_set, true);
    for (int epoch = 0; epoch < epochs; epoch++) {
        printf("%.17g,%.17g,%.17g\n", tg_item(train.loss), accuracy(&train), accuracy(&test));
        tg_zero_grad(train.tape);
        tg_backward(train.loss);
        for (int k = 0; k < PARAMS; k++)
            for (int64_t i = 0; i < net[k]->size; i++)
                tg_param_set_at(net[k], i, tg_param_at(net[k], i) - lr * tg_param_grad_at(net[k], i));
        tg_replay(train.tape);
        tg_replay(test.tape);
    }
    if (tg_failed(train.tape)) tg_status_fail(&status, "%s", tg_error(train.tape));
    need(!status.failed);
    tg_tape_free(train.tape);
    tg_tape_free(test.tape);
}

int main(int argc, char **argv) {
    static const char *const names[PARAMS] = {"w1", "b1", "w2", "b2"};
    if (argc < 5) {
        fprintf(stderr, "usage: %s FOLDER-OF-MNIST WEIGHTS.npz EPOCHS START ...\n", argv[0]);
        return 2;
    }
    tg_dataset *mnist = tg_mnist_load(argv[1], true, (tg_load_spec){.dtype = TG_F64}, &status);
    tg_dataset *test = tg_mnist_load(argv[1], false, (tg_load_spec){.dtype = TG_F64}, &status);
    need(mnist && test);
    tg_dataset *train = tg_dataset_first_of_each(mnist, 1000, &status);
    need(train);
    for (int k = 4; k < argc; k++) {
        tg_param *net[PARAMS];
        for (int i = 0; i < PARAMS; i++) net[i] = parameter(argv[2], names[i], argv[k]);
        leg(net, train, test, atoi(argv[3]));
        for (int i = 0; i < PARAMS; i++) tg_param_free(net[i]);
    }
    tg_dataset_free(train);
    tg_dataset_free(test);
    tg_dataset_free(mnist);
    return 0;
}
