/* history.h: what a training run measured, epoch by epoch. */
#ifndef TG_OPTIM_HISTORY_H
#define TG_OPTIM_HISTORY_H

#include "models/params.h"

/* One epoch. Numbers that were not asked for are NaN. Errors are 1 - accuracy. */
#define TG_EPOCH_NUMBERS(X)                                                                                  \
    X(loss)           /* mean over the epoch's examples, each when its batch came, without penalties */      \
    X(objective)      /* the same with penalties */                                                          \
    X(train_accuracy) /* of the same outputs; with score_train, of all examples after the epoch */           \
    X(train_loss)     /* with score_train: mean over all training examples after the epoch */                \
    X(validation_loss)                                                                                       \
    X(validation_accuracy)                                                                                   \
    X(test_loss)                                                                                             \
    X(test_accuracy)                                                                                         \
    X(lr)      /* learning rate of the epoch's last step */                                                  \
    X(seconds) /* training and scoring */

typedef struct tg_epoch {
    int epoch;      /* from 1 */
    uint64_t steps; /* of the optimiser at its end */
#define TG_X(name) double name;
    TG_EPOCH_NUMBERS(TG_X)
#undef TG_X
    const double
        *grad_norms; /* mean over the epoch's steps of each parameter's gradient norm; NULL unless asked */
} tg_epoch;

typedef enum tg_ending {
    TG_ENDED_EPOCHS,   /* all epochs were done */
    TG_ENDED_PATIENCE, /* early stopping */
    TG_ENDED_CALLBACK, /* a callback said so */
    TG_ENDED_ERROR     /* a tape or the optimiser failed; parameters are those before the failing step */
} tg_ending;

typedef struct tg_history { /* read-only */
    tg_epoch *epochs;
    int count;
    int best;   /* position of the epoch whose parameters were the best; -1 when nobody kept them */
    int params; /* numbers in each grad_norms; their order is the container's */
    tg_ending ending;
    double steps_per_second; /* of training alone */
    /* private */
    int capacity;
    double *norms;
} tg_history;

TG_API void tg_history_free(tg_history *history); /* NULL is allowed */

/* Writes the history as CSV with a line of titles: epoch, steps, every number above that is not NaN
   throughout, errors beside accuracies, and grad_norm:NAME columns. params gives the names; NULL leaves them
   numbered. */
TG_API bool tg_history_save_csv(const tg_history *history, const tg_params *params, const char *path,
                                tg_status *status);

#endif
