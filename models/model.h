/* model.h: what training and evaluation need of a model, whatever it is made of. */
#ifndef TG_MODELS_MODEL_H
#define TG_MODELS_MODEL_H

#include "params.h"

typedef struct tg_model {
    /* Records the model on the tape of x and returns its outputs, one row per example: for classification the
       logits, (batch, classes). */
    tg_node *(*apply)(void *self, tg_node *x);
    void *self;
    tg_params *params;
    bool shaped; /* x has shape (batch, shape of an example ...); otherwise (batch, features) */
} tg_model;

#endif
