/* reduce.c: the walks of reduce.h and loss.h over a tensor, for all ops that reduce. Compiled once per number type and SIMD
   level. */
#include "ops/loss.h"

#ifdef TG_PRIMARY
reduction tg_reduction_of(const tg_shape *x, const tg_axes *axes) {
    unsigned mask = axes_mask(axes, x->rank);
    tg_shape kept = shape_without(x, mask, true);
    reduction r = {
        .n = tg_shape_count(x, 1), .kept = tg_shape_count(&kept, 1), .each = elements_each(x, mask)};
    tg_walk_init(&r.walk, &kept, x);
    return r;
}
#endif

void reduce_max(const reduction *r, const real *x, reduce_term key, real *peak) {
    for (int64_t j = 0; j < r->kept; j++) peak[j] = -INFINITY;
    if (!key) {
        BLOCK.scatter_max(&r->walk, peak, 0, r->n, x);
        return;
    }
    for (int64_t at = 0; at < r->n; at += TG_BLOCK) {
        int64_t n = block_length(at, r->n);
        real block[TG_BLOCK];
        key(n, x + at, block);
        BLOCK.scatter_max(&r->walk, peak, at, n, block);
    }
}

void reduce_total(const reduction *r, const real *x, accum *total) {
    for (int64_t j = 0; j < r->kept; j++) total[j] = 0;
    BLOCK.scatter(&r->walk, total, 0, r->n, x);
}

void reduce_sum(const reduction *r, const real *x, const real *kept, reduce_term term, real *terms,
                accum *total) {
    for (int64_t j = 0; j < r->kept; j++) total[j] = 0;
    for (int64_t at = 0; at < r->n; at += TG_BLOCK) {
        int64_t n = block_length(at, r->n);
        real block[TG_BLOCK], *t = terms ? terms + at : block;
        if (kept) BLOCK.gather(&r->walk, kept, at, n, t);
        term(n, x + at, t);
        BLOCK.scatter(&r->walk, total, at, n, t);
    }
}

typedef struct reduce_job {
    const tg_eval *e;
    const reduction *r;
    const real *x, *a, *g;
    reduce_slope slope;
} reduce_job;

static void reduce_backward_part(void *context, int64_t part) {
    const reduce_job *j = context;
    const reduction *r = j->r;
    real *dx = j->e->dx[0], block_a[TG_BLOCK], block_g[TG_BLOCK];
    const int64_t start = part * REDUCE_PART, end = start + REDUCE_PART < r->n ? start + REDUCE_PART : r->n;
    for (int64_t at = start; at < end; at += TG_BLOCK) {
        int64_t n = block_length(at, end);
        if (j->e->fresh & 1) memset(dx + at, 0, (size_t)n * sizeof *dx);
        if (j->a) BLOCK.gather(&r->walk, j->a, at, n, block_a);
        BLOCK.gather(&r->walk, j->g, at, n, block_g);
        j->slope(n, j->x ? j->x + at : NULL, block_a, block_g, dx + at);
    }
}

void reduce_backward(const tg_eval *e, const reduction *r, const real *x, const real *a, const real *g,
                     reduce_slope slope) {
    reduce_job job = {e, r, x, a, g, slope};
    if (e->dx[0]) tg_parallel(e->threads, (r->n + REDUCE_PART - 1) / REDUCE_PART, reduce_backward_part, &job);
}

void reduce_states(const reduction *r, const real *x, reduce_fold fold, int32_t start, int32_t *state) {
    const int last = r->walk.rank - 1;
    for (int64_t j = 0; j < r->kept; j++) state[j] = start;
    if (r->n <= 0 || r->n > INT32_MAX) return;
    tg_cursor c = tg_cursor_at(&r->walk, 0);
    for (int64_t at = 0; at < r->n; tg_cursor_next_row(&r->walk, &c))
        for (int64_t k = 0; k < r->walk.dim[last]; k++, at++) {
            int32_t *s = &state[c.at + k * r->walk.stride[last]];
            *s = fold(x, at, *s);
        }
}

/* ---- losses ---- */

typedef struct loss_job {
    const tg_eval *e;
    int64_t n;
    loss_terms terms;
    loss_slopes slopes;
} loss_job;

static void loss_forward_part(void *context, int64_t part) {
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

static void loss_backward_part(void *context, int64_t part) {
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

void loss_forward(const tg_eval *e, loss_terms terms) {
    const tg_loss_options *o = e->options;
    loss_job job = {.e = e, .n = tg_shape_count(e->xshape[0], 1), .terms = terms};
    tg_parallel(e->threads, (job.n + REDUCE_PART - 1) / REDUCE_PART, loss_forward_part, &job);
    if (o->reduction == TG_REDUCTION_NONE) return;
    const accum *sums = e->scratch;
    accum total = 0;
    for (int64_t i = 0; i < (job.n + TG_BLOCK - 1) / TG_BLOCK; i++) total += sums[i];
    loss_total(e, job.n, total);
}

void loss_backward(const tg_eval *e, loss_slopes slopes) {
    loss_job job = {.e = e, .n = tg_shape_count(e->xshape[0], 1), .slopes = slopes};
    if (e->dx[0] || e->dx[1])
        tg_parallel(e->threads, (job.n + REDUCE_PART - 1) / REDUCE_PART, loss_backward_part, &job);
}
