/* penalty.h: regularisation as part of the graph, so that it is differentiated, drawn and checked like all
   else. */
#ifndef TG_OPTIM_PENALTY_H
#define TG_OPTIM_PENALTY_H

#include "models/params.h"

/* l1 |W|_1 + l2 |W|_2^2 for every parameter W whose name matches: l1 = 0 is ridge, l2 = 0 lasso, both the
   elastic net. The usual reg/2 |W|^2 is l2 = reg/2. */
typedef struct tg_penalty {
    const char *params; /* a pattern of fnmatch(3): "hidden.weight", "*.weight" */
    double l1, l2;      /* finite, at least 0 */
} tg_penalty;

/* The loss, a scalar, plus all penalties, each with its own coefficients: l11 |W1|_1 + l12 |W1|_2^2 + ... The
   nodes stand in the scope "penalty". NULL with an error on the tape when a pattern matches no parameter, a
   coefficient is negative or not finite, count is negative, or the list is NULL and count is not 0. */
#define tg_penalise(...) tg_penalise_at(TG_HERE, __VA_ARGS__)
TG_API tg_node *tg_penalise_at(tg_where where, tg_node *loss, const tg_params *params, const tg_penalty *list,
                               int count);

#endif
