/* sequential.h: named layers, one after the other.

       tg_sequential *net = tg_sequential_new((tg_sequential_spec){
           .layers = (tg_layer[]){{"flatten", TG_LAYER_FLATTEN},
                                  {"fc1", TG_LAYER_LINEAR, .in = 3072, .out = 512},
                                  {"act1", TG_LAYER_ACTIVATION, .activation = TG_LEAKY_RELU},
                                  {"drop1", TG_LAYER_DROPOUT, .keep = 0.8},
                                  {"fc2", TG_LAYER_LINEAR, .out = 10},
                                  {0}},
           .seed = 1, .status = &status});

   A linear layer has the parameters NAME.weight (in, out) and NAME.bias (out). They are read, assigned, saved
   and loaded by name through the container: tg_params_read, tg_params_assign (params.h), tg_params_save,
   tg_params_load (safetensors.h). */
#ifndef TG_MODELS_SEQUENTIAL_H
#define TG_MODELS_SEQUENTIAL_H

#include "activation.h"
#include "model.h"

typedef enum tg_layer_kind {
    TG_LAYER_FLATTEN,    /* (batch, ...) -> (batch, product of the rest) */
    TG_LAYER_LINEAR,     /* y = x W + b */
    TG_LAYER_ACTIVATION, /* element by element */
    TG_LAYER_DROPOUT,    /* in training only */
    TG_LAYER_CUSTOM      /* apply(context, x): whatever the caller records */
} tg_layer_kind;

typedef struct tg_layer {
    const char *name;
    tg_layer_kind kind;
    int64_t in, out; /* linear; in 0: what the linear layer before gives out */
    tg_init weight;  /* linear; default: tg_init_for the activation layer that follows, if one does */
    tg_init bias;    /* linear; default: zeros */
    bool no_bias;    /* linear */
    tg_activation activation;
    const void *options; /* activation: the op's options struct, copied; NULL: its defaults */
    double keep;         /* dropout: the share of elements that is kept; 0 and 1: no dropout */
    uint64_t seed;       /* dropout: one mask for all steps; 0: a new one each step */
    tg_node *(*apply)(void *context, tg_node *x);
    void *context;
} tg_layer;

typedef struct tg_sequential_spec {
    const tg_layer *layers; /* ended by one without a name; copied */
    uint64_t seed;          /* of the initial weights */
    tg_dtype dtype;         /* TG_F32, the default, or TG_F64 */
    tg_status *status;      /* receives the message when the model cannot be made */
} tg_sequential_spec;

typedef struct tg_sequential tg_sequential;

/* NULL, with a message in spec.status that names the layer, when the spec is impossible or memory is out. */
TG_API TG_MUST_USE tg_sequential *tg_sequential_new(tg_sequential_spec spec);
/* Frees the model and its parameters; NULL is allowed. */
TG_API void tg_sequential_free(tg_sequential *net);
TG_API tg_params *tg_sequential_params(const tg_sequential *net);
TG_API int tg_sequential_count(const tg_sequential *net);                    /* layers */
TG_API const tg_layer *tg_sequential_layer(const tg_sequential *net, int i); /* NULL outside; read-only */

/* Records all layers on the tape of x, each in a scope of its name. */
#define tg_sequential_apply(...) tg_sequential_apply_at(TG_HERE, __VA_ARGS__)
TG_API tg_node *tg_sequential_apply_at(tg_where where, const tg_sequential *net, tg_node *x);
/* The network as training and evaluation see it: shaped when its first layer is flatten. */
TG_API tg_model tg_sequential_model(tg_sequential *net);

#endif
