/* session.h: a tape with a model and its loss, fed from a dataset. Private to optim/. */
#ifndef TG_OPTIM_SESSION_H
#define TG_OPTIM_SESSION_H

#include "data/batches.h"
#include "evaluate.h"

typedef struct tg_session {
    tg_tape *tape;
    tg_batches *batches;
    tg_node *x, *label, *output, *loss;
} tg_session;

typedef struct tg_session_spec {
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
/* Whether the model and the set are there and fit for training or evaluation; the message begins with `what`.
 */
bool tg_check_set(const tg_model *model, const tg_dataset *set, const char *what, tg_status *status);

#endif
