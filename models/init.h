/* init.h: the numbers that parameters start from. */
#ifndef TG_MODELS_INIT_H
#define TG_MODELS_INIT_H

#include "core/param.h"
#include "core/status.h"

/* For a weight of shape (in, out), fan_in = in and fan_out = out; a rank-1 tensor has both equal to its
   size. The scaled kinds draw with standard deviation gain/sqrt(fan); the uniform ones from (-b, b) with
   b = sqrt(3) gain/sqrt(fan), which has that deviation.

     enumerator             name              fan, gain: where from
     TG_INIT_DEFAULT        default           of the model: see its own header
     TG_INIT_NORMAL         normal            mean + scale * N(0,1); scale 0 means 1
     TG_INIT_UNIFORM        uniform           mean + U(-scale, scale); scale 0 means 1
     TG_INIT_CONSTANT       constant          mean
     TG_INIT_XAVIER_*       xavier_*          (in+out)/2, 1: Glorot and Bengio, AISTATS 2010
     TG_INIT_KAIMING_*      kaiming_*         in, sqrt 2: He, Zhang, Ren, Sun, ICCV 2015, arXiv:1502.01852
     TG_INIT_LECUN_*        lecun_*           in, 1: LeCun, Bottou, Orr, Mueller, Efficient BackProp, 1998
     TG_INIT_FAN_IN         fan_in            U(-b, b), b = 1/sqrt(in): the default of PyTorch's Linear
     TG_INIT_FAN_MAX        fan_max           normal with variance 1/max(in, out) */
#define TG_INITS(X)                                                                                          \
    X(TG_INIT_DEFAULT, "default")                                                                            \
    X(TG_INIT_NORMAL, "normal")                                                                              \
    X(TG_INIT_UNIFORM, "uniform")                                                                            \
    X(TG_INIT_CONSTANT, "constant")                                                                          \
    X(TG_INIT_XAVIER_UNIFORM, "xavier_uniform")                                                              \
    X(TG_INIT_XAVIER_NORMAL, "xavier_normal")                                                                \
    X(TG_INIT_KAIMING_UNIFORM, "kaiming_uniform")                                                            \
    X(TG_INIT_KAIMING_NORMAL, "kaiming_normal")                                                              \
    X(TG_INIT_LECUN_UNIFORM, "lecun_uniform")                                                                \
    X(TG_INIT_LECUN_NORMAL, "lecun_normal")                                                                  \
    X(TG_INIT_FAN_IN, "fan_in")                                                                              \
    X(TG_INIT_FAN_MAX, "fan_max")

typedef enum tg_init_kind {
#define TG_X(id, name) id,
    TG_INITS(TG_X)
#undef TG_X
        TG_NINITS
} tg_init_kind;

typedef struct tg_init {
    tg_init_kind kind;
    double mean;  /* of normal and uniform; the value of constant */
    double scale; /* of normal and uniform: the deviation, the half width; 0 means 1 */
    double gain;  /* of the scaled kinds; 0 means the kind's own */
} tg_init;

/* "kaiming_normal"; "?" for any other number. */
TG_API const char *tg_init_name(tg_init_kind kind);
/* The kind of that name, or -1. */
TG_API int tg_init_from_name(const char *name);

/* Fills the parameter. The numbers are functions of (seed, stream, position), drawn in double precision and
   rounded to the parameter's dtype: an f32 and an f64 model of one seed start from the same weights. Models
   give each parameter its position in the container as the stream. TG_INIT_DEFAULT means xavier_uniform here.
   False, with a message and nothing changed, for NULL, an unknown kind or numbers that are not finite. */
TG_API bool tg_init_param(tg_param *param, tg_init init, uint64_t seed, uint64_t stream, tg_status *status);

#endif
