/* network.h: a network from a line of text. Private. */
#ifndef TG_TOOLS_NETWORK_H
#define TG_TOOLS_NETWORK_H

#include "models/mlp.h"
#include "models/sequential.h"

#define TG_NETWORK_HELP                                                                                      \
    "Inputs, hidden units, outputs: 784-64-10 (the default); or the shape of an example, a colon, and "      \
    "layers: "                                                                                               \
    "'3x32x32: flatten, linear 64, relu, dropout 0.8, linear 10'"

typedef struct tg_network {
    tg_shape input;  /* of one example */
    int64_t classes; /* outputs */
    tg_mlp *mlp;     /* one of the two */
    tg_sequential *sequential;
} tg_network;

/* Makes the network. The activation is that of a perceptron's hidden layers. False, with a message. */
bool tg_network_open(tg_network *network, const char *text, tg_activation activation, uint64_t seed,
                     tg_dtype dtype, tg_status *status);
void tg_network_close(tg_network *network);
/* Records it on the tape of x, a batch of examples. */
tg_node *tg_network_apply(const tg_network *network, tg_node *x);

#endif
