/* session.h: a tape with a model and its loss, fed from a dataset. Private to optim/. */
#ifndef TG_OPTIM_SESSION_H
#define TG_OPTIM_SESSION_H

#include "data/batches.h"
#include "evaluate.h"

typedef struct tg_session {
    const char *what; /* which set it is fed from, for messages: "training" */
    tg_shape example;
    tg_tape *tape;
    tg_batches *batches;
    tg_node *x, *label, *output, *loss;
} tg_session;

typedef struct tg_session_spec {
    const char *what; /* outlives the session */
    tg_model model;
    const tg_dataset *set;
    int64_t batch;
    tg_batches_spec batches;
    tg_loss *loss;
    void *loss_context;
    tg_tape_spec tape; /* the dtype is the parameters' */
} tg_session_spec;

/* False with a message and nothing to close. */
bool tg_session_open(tg_session *session, const tg_session_spec *spec, tg_status *status);
void tg_session_close(tg_session *session);
/* Writes the tape's error, with the set that it came up with. Always returns false. */
bool tg_session_fail(const tg_session *session, tg_status *status);
/* tg_evaluator_new for a set that messages call `what`, which outlives the evaluator. */
tg_evaluator *tg_evaluator_open(tg_evaluator_spec spec, const char *what, tg_status *status);
/* Whether the model and the set are there and fit for training or evaluation; the message begins with `what`.
 */
bool tg_check_set(const tg_model *model, const tg_dataset *set, const char *what, tg_status *status);

#endif
