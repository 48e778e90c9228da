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
/* nosy: each element times its neighbour, right, but declared elementwise. */
extern const tg_op tg_op_nosy;
/* product: a b, writing first gradients instead of adding them to zeros. */
extern const tg_op tg_op_product;

/* suspect: a b, both of one shape and not elementwise, with the fault that tg_suspect names. */
enum {
    TG_SUSPECT_NONE,
    TG_SUSPECT_F32_FORWARD, /* the first value is 1 % too large, in f32 only */
    TG_SUSPECT_F32_SCALE,   /* both gradients are 3 % too large, in f32 only */
    TG_SUSPECT_F32_ONE,     /* one element of them is 0.1 % too large, in f32 only */
    TG_SUSPECT_F32_NAN,     /* one element of them is NaN, in f32 only */
    TG_SUSPECT_ONE,         /* one element of them is 5 % too large, of many 0.2 % */
    TG_SUSPECT_ALONE,       /* they are half as large again where only one is wanted */
    TG_SUSPECT_OVERWRITES,
    TG_SUSPECT_FORWARD_WRITES,     /* into its first argument */
    TG_SUSPECT_BACKWARD_WRITES,    /* into its second argument */
    TG_SUSPECT_BACKWARD_WRITES_Y,  /* into its value */
    TG_SUSPECT_BACKWARD_WRITES_DY, /* into the gradient that arrives */
    TG_SUSPECT_INFINITE,           /* one element of its first gradient is infinite */
    TG_SUSPECT_STOPPED,  /* the second is 0, and forward mode says so too: forward reads its value only */
    TG_SUSPECT_SHARED,   /* both nodes of this op keep the second argument for backward in one place */
    TG_SUSPECT_THREADED, /* they are half as large again when it may use threads */
    TG_SUSPECTS
};
extern int tg_suspect;
extern const tg_op tg_op_suspect;
tg_node *tg_suspect_at(tg_where where, tg_node *a, tg_node *b);

/* naive: right, with rounding errors that need not be: of all elements or, from the sigmoid on, of each. */
enum {
    TG_NAIVE_SUM,       /* in one running sum */
    TG_NAIVE_VARIANCE,  /* mean of squares less square of mean */
    TG_NAIVE_LOGSUMEXP, /* without taking the largest out */
    TG_NAIVE_SIGMOID,   /* its derivative is s(1-s), s computed anew */
    TG_NAIVE_COSINE,    /* 1 - cos x */
    TG_NAIVE_ABS,       /* |x|, which declares no kink */
    TG_NAIVES
};
extern int tg_naive;
extern const tg_op tg_op_naive;

#endif
