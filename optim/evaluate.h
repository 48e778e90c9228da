/* evaluate.h: loss and accuracy of a model on a dataset. */
#ifndef TG_OPTIM_EVALUATE_H
#define TG_OPTIM_EVALUATE_H

#include "data/dataset.h"
#include "models/model.h"

/* A loss of a batch: a scalar, the mean over its examples. output is what the model returns; label is i32 of
   shape (batch). NULL where one is asked for: tg_cross_entropy. */
typedef tg_node *tg_loss(void *context, tg_node *output, tg_node *label);

typedef struct tg_score {
    int64_t count;   /* examples */
    double loss;     /* mean over all examples */
    double accuracy; /* share of examples whose largest output is that of their label; of a single output:
                        whose output is above 0 for label 1 and not above 0 for label 0 */
} tg_score;

typedef struct tg_evaluator_spec {
    tg_model model;
    const tg_dataset *set; /* with labels; must outlive the evaluator */
    int64_t batch;         /* examples at a time; 0 means 256, or all when there are fewer */
    tg_loss *loss;
    void *loss_context;
    bool no_plan;
    int threads; /* 0: what tg_threads() says */
} tg_evaluator_spec;

typedef struct tg_evaluator tg_evaluator;

/* Records the model once for full batches and once for the examples that are left over, on tapes for
   inference, with dropout and the like in evaluation. NULL with a message. The model must outlive it. */
TG_API TG_MUST_USE tg_evaluator *tg_evaluator_new(tg_evaluator_spec spec, tg_status *status);
TG_API void tg_evaluator_free(tg_evaluator *evaluator); /* NULL is allowed */
/* Scores the model as it is now on every example. Allocates nothing after the first call. */
TG_API bool tg_evaluator_run(tg_evaluator *evaluator, tg_score *score, tg_status *status);
/* All three in one. */
TG_API bool tg_evaluate(tg_evaluator_spec spec, tg_score *score, tg_status *status);

/* How many rows of outputs, on the tape of `output`, are those of their labels, as tg_score.accuracy says. */
TG_API int64_t tg_count_right(const tg_node *output, const tg_node *label);

#endif
