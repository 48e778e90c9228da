/* fit.h: the training loop.

       tg_history *history = tg_fit((tg_fit_spec){.model = tg_mlp_model(net), .optim = opt, .train = train,
                                                  .validation = validation, .batch = 100, .epochs = 20,
                                                  .status = &status});

   It records the model once, replays it batch by batch, scores every epoch, and prints nothing: callbacks do.
   A step allocates nothing once the first has been done. */
#ifndef TG_OPTIM_FIT_H
#define TG_OPTIM_FIT_H

#include "data/batches.h"
#include "evaluate.h"
#include "history.h"
#include "keeper.h"
#include "optim.h"
#include "penalty.h"

/* What a callback sees after a step. The tape's nodes hold the values of the batch; gradients can be read. */
typedef struct tg_fit_step {
    int epoch;        /* from 1 */
    int64_t step;     /* of the epoch, from 1 */
    int64_t steps;    /* in an epoch */
    double loss;      /* of the batch, without penalties */
    double objective; /* with them */
    double lr;        /* of the step */
    tg_tape *tape;
    tg_node *output, *label;
} tg_fit_step;

/* True: go on; false: stop after this step or epoch. */
typedef bool tg_on_step(void *context, const tg_fit_step *step);
typedef bool tg_on_epoch(void *context, const tg_history *history); /* the newest is the last */

typedef enum tg_monitor { TG_MONITOR_ACCURACY, TG_MONITOR_LOSS } tg_monitor;

typedef struct tg_fit_spec {
    tg_model model;
    tg_optim *optim;                     /* made for the model's parameters */
    const tg_dataset *train;             /* with labels */
    const tg_dataset *validation, *test; /* scored after every epoch; NULL: not */
    int epochs;                          /* at least 1 */
    int64_t batch;                       /* 0 means 32; at most the training set */
    bool fill_last;                      /* train on the examples that are left over too (data/batches.h) */
    bool in_order;                       /* do not shuffle */
    uint64_t seed;                       /* of shuffling and of random ops */
    tg_loss *loss;                       /* NULL: cross-entropy of the outputs */
    void *loss_context;
    const tg_penalty *penalties; /* added to the loss */
    int penalty_count;           /* 0 exactly when there are none */

    bool score_train;    /* after every epoch, score the training set as it is then */
    bool grad_norms;     /* measure every parameter's gradient norm at every step */
    int64_t score_batch; /* examples at a time when scoring; 0 means 256 */
    bool keep_best;      /* at the end, put back the parameters of the best epoch ... */
    int patience;        /* ... and stop after so many epochs without a better one; 0: never */
    double min_delta;    /* better means by more than this */
    tg_monitor monitor;  /* of the validation set, or of the training loss where there is none */

    tg_on_step *on_step;
    tg_on_epoch *on_epoch;
    void *context;          /* of both */
    const char *csv;        /* the history is written here after every epoch; NULL: not */
    const char *checkpoint; /* the run is saved here after every epoch (optim/checkpoint.h); NULL: not */
    bool resume;            /* first go on from that checkpoint, which is named, if there is such a file */
    bool anomaly;           /* when something is not finite, say which node made it so and at which line */
    bool no_plan;
    int threads;       /* of replay and backward, the optimiser having its own; 0: what tg_threads() says */
    tg_status *status; /* receives the message of a failure */
} tg_fit_spec;

/* Trains. NULL, with a message and nothing changed, when the run cannot begin. When it fails later (a
   gradient that is not finite, a file that cannot be written), the history up to then is returned with its
   ending TG_ENDED_ERROR and the message is in spec.status. Free the history with tg_history_free. */
TG_API TG_MUST_USE tg_history *tg_fit(tg_fit_spec spec);

#endif
