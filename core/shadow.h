/* shadow.h: the same computation in another number type. Gradient checks run an f32 model in f64 this way;
   forward-mode derivatives and Hessian-vector products run it in dual numbers (core/real.h). */
#ifndef TG_CORE_SHADOW_H
#define TG_CORE_SHADOW_H

#include "tape.h"

/* A tape with the same nodes at the same positions, in `dtype` (TG_F32, TG_F64 or TG_DUAL), with copies of
   the values that leaves hold now; parameters become constants of the same name that require their gradient.
   Random ops draw the same numbers. The source is not changed and may be freed. NULL for NULL, an impossible
   dtype, or without memory; a shadow that failed while recording carries the error. */
TG_API TG_MUST_USE tg_tape *tg_shadow(const tg_tape *source, tg_dtype dtype);

/* The same with more to choose. */
typedef struct tg_shadow_spec {
    tg_dtype dtype;
    int threads;            /* 0: as the source */
    bool plan;              /* replay by the execution plan; by default the shadow is replayed op by op */
    tg_node *const *wanted; /* real leaves of the source whose copies require their gradient in any case, */
    int nwanted;            /* and how many they are */
    bool only_wanted;       /* no other leaf requires its gradient */
} tg_shadow_spec;
TG_API TG_MUST_USE tg_tape *tg_shadow_with(const tg_tape *source, tg_shadow_spec spec);

/* Tangents, on a tape of duals. A leaf's tangent is the direction in which it moves; after tg_replay a
   node's tangent is the derivative of its value along it, J u; and after tg_backward the tangent of a leaf's
   gradient is the Hessian times the direction, H u (forward over reverse).
   Reading gives NaN for any other node. */
TG_API bool tg_set_tangent(tg_node *leaf, int64_t i, double tangent);
TG_API double tg_tangent_at(const tg_node *node, int64_t i);
TG_API double tg_grad_tangent_at(const tg_node *node, int64_t i);

#endif
