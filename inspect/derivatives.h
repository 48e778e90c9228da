/* derivatives.h: derivatives as plain calls, in f64 whatever the tape's dtype, without changing the tape:
   gradient, J u (forward mode), v J (reverse mode), Hessian times vector (forward over reverse), whole
   Hessian.

   All take the nodes to differentiate by as `wrt`: n real leaves of the tape; n = 0 means all leaves that
   require their gradient, in the order of the tape. Vectors over them are flat: the elements of the first
   leaf, then of the second ... tg_wrt_size says how many in all.

   Forward mode needs no rule per op: an op's kernels are compiled for dual numbers too (core/real.h), so
   every op, a user's own included, has both by being written once. */
#ifndef TG_INSPECT_DERIVATIVES_H
#define TG_INSPECT_DERIVATIVES_H

#include "../core/status.h"
#include "../core/tape.h"

/* The number of elements of all wrt leaves; -1, with a message, when one is not a real leaf of node's tape.
 */
TG_API int64_t tg_wrt_size(const tg_node *node, int n, tg_node *const *wrt, tg_status *status);

/* gradient[i] = d node / d wrt[i] of a scalar node. False with a message when it cannot be had. */
TG_API bool tg_gradient(const tg_node *node, int n, tg_node *const *wrt, double *gradient, tg_status *status);
/* vj = v J: as many v as node has elements; the result over wrt. */
TG_API bool tg_vjp(const tg_node *node, int n, tg_node *const *wrt, const double *v, double *vj,
                   tg_status *status);
/* ju = J u: u over wrt; as many results as node has elements. */
TG_API bool tg_jvp(const tg_node *node, int n, tg_node *const *wrt, const double *u, double *ju,
                   tg_status *status);
/* hu = H u, H being the Hessian of a scalar node; u and hu over wrt. Costs about four gradients. */
TG_API bool tg_hvp(const tg_node *node, int n, tg_node *const *wrt, const double *u, double *hu,
                   tg_status *status);
/* The whole Hessian of a scalar node, row-major, size x size: one tg_hvp per row. */
TG_API bool tg_hessian(const tg_node *node, int n, tg_node *const *wrt, double *hessian, tg_status *status);

/* For many products at one point: the shadow is recorded once. */
typedef struct tg_dual tg_dual;
TG_API TG_MUST_USE tg_dual *tg_dual_new(const tg_node *node, int n, tg_node *const *wrt, tg_status *status);
TG_API int64_t tg_dual_size(const tg_dual *dual); /* of u */
/* J u of the node, and, where hu is not NULL, the derivative along u of its vector-Jacobian product with v:
   d(v J)/dx u, which for a scalar node and v = 1 (or NULL) is H u. ju may be NULL. */
TG_API bool tg_dual_apply(tg_dual *dual, const double *u, double *ju, const double *v, double *hu,
                          tg_status *status);
TG_API void tg_dual_free(tg_dual *dual);

#endif
