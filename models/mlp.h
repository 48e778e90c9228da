/* mlp.h: the multilayer perceptron: linear layers with an activation between them. */
#ifndef TG_MODELS_MLP_H
#define TG_MODELS_MLP_H

#include "activation.h"
#include "init.h"
#include "model.h"
#include "params.h"

#define TG_MLP_MAX_DEPTH 15

typedef struct tg_mlp tg_mlp;

typedef struct tg_mlp_spec {
    int64_t sizes[TG_MLP_MAX_DEPTH + 1]; /* {784, 64, 10}: inputs, hidden units ..., outputs */
    int depth;                           /* layers of weights: one less than there are sizes */
    tg_activation activation;            /* after every layer but the last; TG_NONE is the default */
    const void *activation_options;      /* the op's options struct (slope ...), copied; NULL: its defaults */
    uint64_t seed;
    tg_dtype dtype; /* TG_F32, the default, or TG_F64 */
    tg_init init;   /* of weights; default: tg_init_for the activation that follows */
    tg_init bias;   /* default: zeros */
    double keep;    /* dropout after each activation keeps this share of the units; 0: no dropout */
    const char *names[TG_MLP_MAX_DEPTH]; /* of layers; NULL: see below */
    tg_status *status;                   /* receives the message when the model cannot be made */
} tg_mlp_spec;

/* A perceptron with its parameters; NULL, with a message in spec.status, when the spec is impossible or
   memory is out.

   The last layer is called "output". A single hidden layer is "hidden", several are "hidden1", "hidden2" ...
   The parameters of a layer are NAME.weight (in, out) and NAME.bias (out), in that order, so a 784-64-10 has
   hidden.weight, hidden.bias, output.weight, output.bias. */
TG_API TG_MUST_USE tg_mlp *tg_mlp_new(tg_mlp_spec spec);
/* Frees the model and its parameters; NULL is allowed. */
TG_API void tg_mlp_free(tg_mlp *net);
/* The model's parameters, which it owns. NULL for NULL. */
TG_API tg_params *tg_mlp_params(const tg_mlp *net);
TG_API int tg_mlp_depth(const tg_mlp *net);
/* The k'th size, 0..depth; 0 outside. */
TG_API int64_t tg_mlp_size(const tg_mlp *net, int k);

/* Records the network on the tape of x: (batch, sizes[0]) -> (batch, sizes[depth]). The result is the last
   linear layer's, without softmax: what tg_cross_entropy takes. Each layer's nodes stand in a scope of the
   layer's name. NULL with an error on the tape when the shapes do not fit. */
#define tg_mlp_apply(...) tg_mlp_apply_at(TG_HERE, __VA_ARGS__)
TG_API tg_node *tg_mlp_apply_at(tg_where where, const tg_mlp *net, tg_node *x);

/* The network as training and evaluation see it (optim/fit.h). */
TG_API tg_model tg_mlp_model(tg_mlp *net);

/* Parses "784-64-10" into sizes and depth of a spec. False, with a message, for anything else. */
TG_API bool tg_mlp_parse(const char *text, tg_mlp_spec *spec, tg_status *status);

#endif
