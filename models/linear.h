/* linear.h: the fully connected layer, y = x W + b. */
#ifndef TG_MODELS_LINEAR_H
#define TG_MODELS_LINEAR_H

#include "init.h"
#include "params.h"

/* A layer of two parameters, which its container owns. The weight has shape (in, out), so that the formula
   reads as the code does; PyTorch's Linear holds the transpose. */
typedef struct tg_linear {
    tg_param *weight; /* (in, out); NULL when the layer could not be made */
    tg_param *bias;   /* (out); NULL for a layer without bias */
} tg_linear;

typedef struct tg_linear_spec {
    int64_t in, out;
    tg_init weight; /* TG_INIT_DEFAULT: xavier_uniform */
    tg_init bias;   /* TG_INIT_DEFAULT: zeros */
    bool no_bias;
    uint64_t seed;
} tg_linear_spec;

/* Adds NAME.weight and NAME.bias to the container and initialises them. On failure .weight is NULL and the
   message stands in *status. */
TG_API TG_MUST_USE tg_linear tg_linear_new(tg_params *params, const char *name, tg_linear_spec spec,
                                           tg_status *status);

/* (batch, in) -> (batch, out). Leading axes before the last are a batch of any rank from 1. */
#define tg_linear_apply(...) tg_linear_apply_at(TG_HERE, __VA_ARGS__)
TG_API tg_node *tg_linear_apply_at(tg_where where, tg_linear layer, tg_node *x);

#endif
