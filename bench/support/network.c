#include "network.h"

#include <stdlib.h>

static void fill(tg_node *node, int64_t classes) {
    tg_rng rng = {7, (uint64_t)tg_id(node) + 1, 0};
    for (int64_t i = 0; i < tg_size(node); i++) {
        double u = tg_rng_uniform(&rng);
        switch (tg_dtype_of(node)) {
        case TG_F32:
            ((float *)tg_value(node))[i] = (float)u;
            break;
        case TG_F64:
            ((double *)tg_value(node))[i] = u;
            break;
        default:
            ((int32_t *)tg_value(node))[i] = (int32_t)(u * (double)classes);
        }
    }
}

static void record_leaves(bench_network *b) {
    b->x = tg_input(b->tape, "x", b->spec.dtype, 2, (int64_t[]){b->spec.batch, b->shape.sizes[0]});
    b->labels = tg_input(b->tape, "labels", TG_I32, 1, (int64_t[]){b->spec.batch});
}

static void record_network(bench_network *b) {
    tg_node *logits = tg_mlp_apply(b->net, b->x);
    b->loss = b->spec.mode == BENCH_FORWARD ? logits : tg_cross_entropy(logits, b->labels);
}

/* The layers' products without bias and activation: the same shapes, forward and backward. */
static void record_products(bench_network *b) {
    b->loss = b->x;
    for (int k = 0; k < b->shape.depth; k++)
        b->loss = tg_matmul(b->loss, tg_use(b->tape, tg_params_get(tg_mlp_params(b->net), 2 * k)));
}

static bool build(bench_network *b, tg_status *status) {
    const bench_network_spec *s = &b->spec;
    int activation = tg_activation_from_name(s->activation);
    if (activation < 0)
        return tg_status_fail(status, "unknown activation '%s'; there are %s", s->activation,
                              tg_activation_names());
    b->shape.activation = (tg_activation)activation;
    b->shape.dtype = s->dtype;
    b->shape.seed = 1;
    b->shape.status = status;
    if (!tg_mlp_parse(s->model, &b->shape, status) || !(b->net = tg_mlp_new(b->shape))) return false;
    int kind = tg_optim_from_name(s->optimizer);
    if (kind < 0) return tg_status_fail(status, "unknown optimizer '%s'", s->optimizer);
    b->optim = tg_optim_new(tg_mlp_params(b->net), (tg_optim_kind)kind,
                            (tg_optim_spec){.lr = 1e-4, .threads = s->threads, .status = status});
    b->tape = tg_tape_new_spec((tg_tape_spec){.dtype = s->dtype,
                                              .threads = s->threads,
                                              .lazy = s->mode != BENCH_RECORD,
                                              .inference = s->mode == BENCH_FORWARD,
                                              .evaluation = s->mode == BENCH_FORWARD});
    if (!b->optim || !b->tape) return tg_status_fail(status, "out of memory");
    record_leaves(b);
    if (tg_failed(b->tape)) return tg_status_fail(status, "%s", tg_error(b->tape));
    fill(b->x, 0);
    fill(b->labels, b->shape.sizes[b->shape.depth]);
    b->leaves = tg_tape_mark(b->tape);
    if (s->mode == BENCH_PRODUCTS)
        record_products(b);
    else
        record_network(b);
    return !tg_failed(b->tape) || tg_status_fail(status, "%s", tg_error(b->tape));
}

bench_network *bench_network_new(bench_network_spec spec, tg_status *status) {
    bench_network *b = calloc(1, sizeof *b);
    if (!b) {
        tg_status_fail(status, "out of memory");
        return NULL;
    }
    b->spec = spec;
    if (build(b, status)) return b;
    bench_network_free(b);
    return NULL;
}

void bench_network_free(bench_network *b) {
    if (!b) return;
    tg_optim_free(b->optim);
    tg_tape_free(b->tape);
    tg_mlp_free(b->net);
    free(b);
}

void bench_network_step(void *network) {
    bench_network *b = network;
    if (b->spec.mode == BENCH_RECORD) {
        tg_tape_rewind(b->tape, b->leaves);
        record_network(b);
    } else {
        tg_replay(b->tape);
    }
    if (b->spec.mode == BENCH_FORWARD) return;
    tg_backward_from(b->loss, NULL);
    if (b->spec.mode == BENCH_PRODUCTS)
        for (int k = 0; k < b->shape.depth; k++)
            tg_params_get(tg_mlp_params(b->net), 2 * k)->has_grad = false;
    else
        tg_optim_step(b->optim);
}

const char *bench_network_error(const bench_network *b) {
    return tg_failed(b->tape) ? tg_error(b->tape) : tg_optim_failed(b->optim) ? tg_optim_error(b->optim) : "";
}
