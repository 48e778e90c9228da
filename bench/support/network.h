/* network.h: one step of a multilayer perceptron on random data, with tapegrad. */
#ifndef TG_BENCH_SUPPORT_NETWORK_H
#define TG_BENCH_SUPPORT_NETWORK_H

#include "tapegrad.h"

typedef enum bench_mode {
    BENCH_TRAIN,   /* replay, backward, optimiser step */
    BENCH_RECORD,  /* the same, the tape cleared and recorded anew each time */
    BENCH_FORWARD, /* replay on a tape for inference */
    BENCH_PRODUCTS /* the matrix products of a training step alone */
} bench_mode;

typedef struct bench_network_spec {
    const char *model;      /* "784-64-10" */
    const char *activation; /* "relu" */
    const char *optimizer;  /* "sgd" */
    int64_t batch;
    int threads;
    tg_dtype dtype;
    bench_mode mode;
} bench_network_spec;

typedef struct bench_network {
    bench_network_spec spec;
    tg_mlp_spec shape;
    tg_mlp *net;
    tg_tape *tape;
    tg_mark leaves;
    tg_node *x, *labels, *loss;
    tg_optim *optim;
} bench_network;

/* NULL, with a message, when the spec names nothing that exists or memory is out. */
bench_network *bench_network_new(bench_network_spec spec, tg_status *status);
void bench_network_free(bench_network *b);
/* One step; the signature of bench_job.run. */
void bench_network_step(void *network);
/* "" while all is well. */
const char *bench_network_error(const bench_network *b);

#endif
