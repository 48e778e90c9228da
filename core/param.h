/* param.h: a parameter, the leaf that outlives tapes. Models own them (models/params.h); optimisers change
   them; tg_use puts them on a tape. */
#ifndef TG_CORE_PARAM_H
#define TG_CORE_PARAM_H

#include "tape.h"

struct tg_param {
    /* read-only */
    const char *name; /* "hidden.weight" */
    tg_dtype dtype;   /* TG_F32 or TG_F64 */
    tg_shape shape;
    int64_t size;
    void *value; /* size elements, 64-byte aligned and padded; the elements may be written */
    void *grad;  /* likewise */
    /* public */
    bool frozen; /* needs no gradient when it is next put on a tape */
    /* All of grad is known to be finite, so that an optimiser need not look: whoever writes to grad after backward
       sets this to false. */
    bool grad_finite;
    /* private */
    bool has_grad; /* grad holds a gradient to add to; otherwise the next backward overwrites it */
};

/* A parameter of zeros; NULL when the shape is impossible or memory is out. The name is copied. */
TG_API TG_MUST_USE tg_param *tg_param_new(const char *name, tg_dtype dtype, const tg_shape *shape);
TG_API void tg_param_free(tg_param *param);
/* Forgets the gradient: the next backward starts from zero, and grad reads as zeros. */
TG_API void tg_param_zero_grad(tg_param *param);
TG_API double tg_param_at(const tg_param *param, int64_t i);
TG_API double tg_param_grad_at(const tg_param *param, int64_t i);
TG_API void tg_param_set_at(tg_param *param, int64_t i, double value);

#endif
