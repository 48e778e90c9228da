/* update.h: the loops of the optimisers, compiled once per number type and SIMD level. Private. */
#ifndef TG_OPTIM_UPDATE_H
#define TG_OPTIM_UPDATE_H

#include "core/tensor.h"

/* The numbers of one step. */
typedef struct tg_update {
    double lr;
    double clip;               /* gradients are clamped to +-clip: infinity for no clamping ... */
    double scale;              /* ... then multiplied by this ... */
    double l2;                 /* ... then l2 * p is added */
    double shrink;             /* p is multiplied by this before the update */
    double a, b;               /* momentum or decay; beta1 and beta2 */
    double inside, outside;    /* epsilon within and without the root; one of them 0 */
    double correct1, correct2; /* adam: 1/(1-beta1^t), 1/(1-beta2^t) */
} tg_update;

/* p moves by g; s and r are the optimiser's state. */
typedef void tg_update_rule(const tg_update *u, int64_t n, void *p, const void *g, void *s, void *r);

typedef struct tg_update_ops {
    tg_update_rule *sgd, *momentum, *nesterov, *torch_momentum, *torch_nesterov, *rmsprop, *adam, *adagrad;
    /* The sum of squares of clamped elements. */
    double (*squares)(int64_t n, const void *g, double clip);
} tg_update_ops;

/* For TG_F32 or TG_F64, at the SIMD level of this processor. */
const tg_update_ops *tg_update_ops_of(tg_dtype dtype);

#endif
