/* activation.h: the closed set of activation functions that models take by value or by name. */
#ifndef TG_MODELS_ACTIVATION_H
#define TG_MODELS_ACTIVATION_H

#include "core/op.h"
#include "init.h"

/* Each but none is the op of that name, with the op's default options. none is the identity. */
#define TG_ACTIVATIONS(X)                                                                                    \
    X(TG_NONE, "none")                                                                                       \
    X(TG_SIGMOID, "sigmoid")                                                                                 \
    X(TG_RELU, "relu")                                                                                       \
    X(TG_LEAKY_RELU, "leaky_relu")                                                                           \
    X(TG_ELU, "elu")                                                                                         \
    X(TG_SELU, "selu")                                                                                       \
    X(TG_TANH, "tanh")                                                                                       \
    X(TG_GELU, "gelu")                                                                                       \
    X(TG_SOFTPLUS, "softplus")

typedef enum tg_activation {
#define TG_X(id, name) id,
    TG_ACTIVATIONS(TG_X)
#undef TG_X
        TG_NACTIVATIONS
} tg_activation;

/* "leaky_relu"; "?" for any other number. */
TG_API const char *tg_activation_name(tg_activation activation);
/* The activation of that name, or -1. */
TG_API int tg_activation_from_name(const char *name);
/* "none, sigmoid, relu, ...": for messages and help. */
TG_API const char *tg_activation_names(void);

/* The activation of each element of x; shape of x. NULL for NULL, and with an error on the tape for a number
   that is no activation. */
#define tg_activate(...) tg_activate_at(TG_HERE, __VA_ARGS__)
TG_API tg_node *tg_activate_at(tg_where where, tg_node *x, tg_activation activation);
/* The same with the options struct of the op (tg_leaky_relu_options ...); NULL: the defaults. */
#define tg_activate_with(...) tg_activate_with_at(TG_HERE, __VA_ARGS__)
TG_API tg_node *tg_activate_with_at(tg_where where, tg_node *x, tg_activation activation,
                                    const void *options);

/* The initialiser that suits a weight whose layer's outputs go into this activation: kaiming_normal before
   relu, leaky_relu, elu, gelu and softplus, lecun_normal before selu, xavier_uniform otherwise. */
TG_API tg_init_kind tg_init_for(tg_activation activation);

#endif
