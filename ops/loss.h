/* loss.h: what the losses share: many terms become their mean, their sum, or stay; and the way back. Private
   to ops/. */
#ifndef TG_OPS_LOSS_H
#define TG_OPS_LOSS_H

#include "ops/reduce.h"

static const tg_attr loss_attrs[] = {
    {"reduction", TG_ATTR_INT, offsetof(tg_loss_options, reduction), 0, "0: mean; 1: sum; 2: none"},
    {0},
};

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

typedef struct loss_job {
    const tg_eval *e;
    int64_t n;
    loss_terms terms;
    loss_slopes slopes;
} loss_job;

static inline void loss_forward_part(void *context, int64_t part) {
    const loss_job *j = context;
    const tg_loss_options *o = j->e->options;
    const bool keep = o->reduction == TG_REDUCTION_NONE;
    const real *x = j->e->x[0], *t = j->e->x[1];
    real *y = j->e->y, block[TG_BLOCK];
    accum *sums = j->e->scratch;
    const int64_t start = part * REDUCE_PART, end = start + REDUCE_PART < j->n ? start + REDUCE_PART : j->n;
    for (int64_t at = start; at < end; at += TG_BLOCK) {
        int64_t n = block_length(at, end);
        real *terms = keep ? y + at : block;
        j->terms(n, x + at, t + at, terms);
        if (!keep) sums[at / TG_BLOCK] = TG_R(tg_sum)(n, terms);
    }
}

static inline void loss_backward_part(void *context, int64_t part) {
    const loss_job *j = context;
    const real *x = j->e->x[0], *t = j->e->x[1];
    real *dx = j->e->dx[0], *dt = j->e->dx[1], g[TG_BLOCK];
    const int64_t start = part * REDUCE_PART, end = start + REDUCE_PART < j->n ? start + REDUCE_PART : j->n;
    for (int64_t at = start; at < end; at += TG_BLOCK) {
        int64_t n = block_length(at, end);
        loss_gradient(j->e, j->n, at, n, g);
        if (dx && j->e->fresh & 1) memset(dx + at, 0, (size_t)n * sizeof *dx);
        if (dt && j->e->fresh & 2) memset(dt + at, 0, (size_t)n * sizeof *dt);
        j->slopes(n, x + at, t + at, g, dx ? dx + at : NULL, dt ? dt + at : NULL);
    }
}

static inline void loss_forward(const tg_eval *e, loss_terms terms) {
    const tg_loss_options *o = e->options;
    loss_job job = {.e = e, .n = tg_shape_count(e->xshape[0], 1), .terms = terms};
    tg_parallel(e->threads, (job.n + REDUCE_PART - 1) / REDUCE_PART, loss_forward_part, &job);
    if (o->reduction == TG_REDUCTION_NONE) return;
    const accum *sums = e->scratch;
    accum total = 0;
    for (int64_t i = 0; i < (job.n + TG_BLOCK - 1) / TG_BLOCK; i++) total += sums[i];
    loss_total(e, job.n, total);
}

static inline void loss_backward(const tg_eval *e, loss_slopes slopes) {
    loss_job job = {.e = e, .n = tg_shape_count(e->xshape[0], 1), .slopes = slopes};
    if (e->dx[0] || e->dx[1])
        tg_parallel(e->threads, (job.n + REDUCE_PART - 1) / REDUCE_PART, loss_backward_part, &job);
}

#endif
