/* loss.h: what the losses share: many terms become their mean, their sum, or stay; and the way back. Private
   to ops/. */
#ifndef TG_OPS_LOSS_H
#define TG_OPS_LOSS_H

#include "ops/reduce.h"

static const tg_attr loss_attrs[] = {
    {"reduction", TG_ATTR_INT, offsetof(tg_loss_options, reduction), 0, "0: mean; 1: sum; 2: none"},
    {0},
};

/* The derivative of the mean of n terms, or that of a term itself. */
static inline const char *loss_derivative(const void *options, const char *of_mean, const char *of_term) {
    return ((const tg_loss_options *)options)->reduction == TG_REDUCTION_MEAN ? of_mean : of_term;
}

/* y: a scalar, or the shape of the terms. */
static inline bool loss_infer(tg_infer *in, const tg_shape *terms) {
    const tg_loss_options *o = in->options;
    if ((int)o->reduction < TG_REDUCTION_MEAN || o->reduction > TG_REDUCTION_NONE)
        return tg_infer_fail(in, "reduction is %d; 0 (mean), 1 (sum) and 2 (none) are possible",
                             (int)o->reduction);
    in->y = o->reduction == TG_REDUCTION_NONE ? *terms : (tg_shape){0};
    return true;
}

/* y = the mean of n terms, or their sum. */
static inline void loss_total(const tg_eval *e, int64_t n, accum total) {
    const tg_loss_options *o = e->options;
    *(real *)e->y = (real)(o->reduction == TG_REDUCTION_MEAN ? total / (double)n : total);
}

/* y = the reduction of n terms. */
static inline void loss_reduce(const tg_eval *e, int64_t n, const accum *terms) {
    const tg_loss_options *o = e->options;
    real *y = e->y;
    accum total = 0;
    if (o->reduction == TG_REDUCTION_NONE) {
        TG_VECTORS for (int64_t i = 0; i < n; i++) y[i] = (real)terms[i];
        return;
    }
    for (int64_t at = 0; at < n; at += TG_BLOCK) {
        accum stretch = 0;
        for (int64_t i = 0; i < block_length(at, n); i++) stretch += terms[at + i];
        total += stretch;
    }
    loss_total(e, n, total);
}

/* g[0..count) = the gradients of the terms at.., of n in all. */
static inline void loss_gradient(const tg_eval *e, int64_t n, int64_t at, int64_t count, real *g) {
    const tg_loss_options *o = e->options;
    const real *dy = e->dy;
    if (o->reduction == TG_REDUCTION_NONE) {
        memcpy(g, dy + at, (size_t)count * sizeof *g);
        return;
    }
    const real each = o->reduction == TG_REDUCTION_MEAN ? dy[0] / (real)n : dy[0];
    TG_VECTORS for (int64_t i = 0; i < count; i++) g[i] = each;
}

/* ---- losses of two equal shapes ---- */

static inline bool loss_infer_pair(tg_infer *in) {
    const tg_shape *x = in->x[0], *t = in->x[1];
    char a[TG_SHAPE_TEXT], b[TG_SHAPE_TEXT];
    if (!tg_shape_equal(x, t))
        return tg_infer_fail(
            in,
            "shapes %s and %s differ; a loss does not broadcast, so that a column is not taken "
            "for a row by mistake: use reshape or broadcast_to",
            tg_shape_text(x, a, sizeof a), tg_shape_text(t, b, sizeof b));
    int64_t blocks = (tg_shape_count(x, 1) + TG_BLOCK - 1) / TG_BLOCK;
    in->scratch = bytes_for(in, blocks, 0, 1);
    return loss_infer(in, x);
}

/* terms[i] = the loss of x[i] with target t[i]. */
typedef void (*loss_terms)(int64_t n, const real *x, const real *t, real *terms);
/* dx[i] += g[i] times the derivative by x[i], dt likewise; either may be NULL. */
typedef void (*loss_slopes)(int64_t n, const real *x, const real *t, const real *g, real *dx, real *dt);

/* A loss forward and backward, in parts for several threads. In reduce.c. */
#define loss_forward TG_R(tg_loss_forward)
void loss_forward(const tg_eval *e, loss_terms terms);
#define loss_backward TG_R(tg_loss_backward)
void loss_backward(const tg_eval *e, loss_slopes slopes);

#endif
