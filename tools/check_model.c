/* check_model.c: `tapegrad check --model 784-64-10`: a perceptron under a loss, on random data. */
#include "check.h"

#include <string.h>

static tg_node *random_input(tg_tape *tape, const char *name, int64_t rows, int64_t columns, tg_rng *rng) {
    tg_node *x = tg_input(tape, name, tg_tape_dtype(tape), 2, (int64_t[]){rows, columns});
    for (int64_t i = 0; x && i < rows * columns; i++) {
        double value = tg_rng_normal(rng);
        if (tg_tape_dtype(tape) == TG_F32)
            ((float *)tg_value(x))[i] = (float)value;
        else
            ((double *)tg_value(x))[i] = value;
    }
    return x;
}

static tg_node *random_labels(tg_tape *tape, int64_t rows, int64_t classes, tg_rng *rng) {
    tg_node *labels = tg_input(tape, "label", TG_I32, 1, (int64_t[]){rows});
    for (int64_t i = 0; labels && i < rows; i++)
        ((int32_t *)tg_value(labels))[i] = (int32_t)tg_rng_below(rng, (uint64_t)classes);
    return labels;
}

static tg_node *loss_of(const check_input *in, tg_node *y, tg_rng *rng) {
    tg_tape *tape = tg_tape_of(y);
    const tg_shape *shape = tg_shape_of(y);
    if (!y) return NULL;
    int64_t rows = shape->dim[0], columns = shape->dim[1];
    /* The cross-entropy of a single class is 0 whatever the network does: nothing would be checked. */
    const char *loss = in->loss ? in->loss : columns > 1 ? "cross_entropy" : "mse";
    if (strcmp(loss, "cross_entropy") == 0)
        return tg_cross_entropy(y, random_labels(tape, rows, columns, rng));
    if (strcmp(loss, "none") == 0) return y;
    tg_node *target = random_input(tape, "target", rows, columns, rng);
    if (strcmp(loss, "mse") == 0) return tg_mse(y, target);
    return tg_binary_cross_entropy_with_logits(y, tg_sigmoid(target));
}

static int check_network(const check_input *in, const tg_mlp *net) {
    tg_tape *tape = tg_tape_new(in->dtype);
    tg_rng rng = {.seed = in->options.seed, .stream = 0xDA7A};
    tg_node *x = random_input(tape, "x", in->batch, tg_mlp_size(net, 0), &rng);
    tg_node *loss = loss_of(in, tg_mlp_apply(net, x), &rng);
    int status =
        loss ? check_node(in, in->model, loss) : tg_cli_fail("%s", tape ? tg_error(tape) : "out of memory");
    tg_tape_free(tape);
    return status;
}

int check_model(const check_input *in) {
    tg_status problem = {0};
    tg_mlp_spec spec = {
        .activation = in->activation, .seed = in->options.seed, .dtype = in->dtype, .status = &problem};
    if (!tg_mlp_parse(in->model, &spec, &problem)) return tg_cli_fail("--model: %s", problem.message);
    tg_mlp *net = tg_mlp_new(spec);
    if (!net) return tg_cli_fail("%s", problem.message);
    int status = check_network(in, net);
    tg_mlp_free(net);
    return status;
}
