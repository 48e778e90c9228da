/* own_ops.h: ops from outside the library, in the way that tapegrad_op.h describes. */
#ifndef TG_TESTS_SUPPORT_OWN_OPS_H
#define TG_TESTS_SUPPORT_OWN_OPS_H

#include "tapegrad.h"

/* swish: x sigmoid(beta x), right; and with a term of its derivative missing. */
typedef struct tg_swish_options {
    double beta; /* 0: 1 */
} tg_swish_options;
extern const tg_op tg_op_swish, tg_op_wrong_swish;
/* hard: max(x, -1), with a branch kernel. */
extern const tg_op tg_op_hard;
/* vandal: 2x, right by itself; but its forward sets the first element of its argument to 7. */
extern const tg_op tg_op_vandal;
/* moody: x, but a little larger every other time. */
extern const tg_op tg_op_moody;
/* flat: sin(x), but computed in double, so that dual numbers lose their slope. */
extern const tg_op tg_op_flat;
/* product: a b, writing first gradients instead of adding them to zeros. */
extern const tg_op tg_op_product;

#endif
