/* log_softmax: y = x - log(sum of exp(x)) along an axis */
#include "ops/softmax.h"

#ifdef TG_PUBLIC
typedef struct tg_log_softmax_options {
    tg_axes axis; /* along which exp of the results sums to 1: at most one axis; none given: the last */
} tg_log_softmax_options;
/* The logarithm of softmax along the last axis (or along options.axis), finite for any finite x. Shape of x.
 */
tg_node *tg_log_softmax(tg_node *x);
tg_node *tg_log_softmax_with(tg_node *x, tg_log_softmax_options options);
#endif

/* y = (x - m) - log(sum of exp(x - m)), m the largest of the row. */
static void forward_part(tg_eval *e, const softmax_part *part) {
    const reduction *r = &part->r;
    const accum *total = part_total(e, part);
    const real *x = (const real *)e->x[0] + part->at, *peak = part_peak(e, part);
    real *log_sum = part_number(e, part), *y = (real *)e->y + part->at, m[TG_BLOCK], l[TG_BLOCK];
    softmax_rows(e, part, x, y, false);
    for (int64_t j = 0; j < r->kept; j++) log_sum[j] = r_log((real)total[j]);
    for (int64_t at = 0; at < r->n; at += TG_BLOCK) {
        int64_t n = block_length(at, r->n);
        BLOCK.gather(&r->walk, peak, at, n, m);
        BLOCK.gather(&r->walk, log_sum, at, n, l);
        TG_VECTORS for (int64_t i = 0; i < n; i++) y[at + i] = x[at + i] - m[i] - l[i];
    }
}

static void forward(tg_eval *e) {
    const tg_log_softmax_options *o = e->options;
    tg_softmax_parts(e, lanes_of(e->xshape[0], softmax_axis(&o->axis, e->xshape[0]->rank)), forward_part);
}

/* dx += dy - exp(y) s, s the sum of dy along the axis. */
static void backward_part(tg_eval *e, const softmax_part *part) {
    const reduction *r = &part->r;
    const real *y = (const real *)e->y + part->at, *dy = (const real *)e->dy + part->at;
    real *dx = (real *)e->dx[0] + part->at, *s = part_peak(e, part), block[TG_BLOCK];
    accum *total = part_total(e, part);
    reduce_total(r, dy, total);
    for (int64_t j = 0; j < r->kept; j++) s[j] = (real)total[j];
    for (int64_t at = 0; at < r->n; at += TG_BLOCK) {
        int64_t n = block_length(at, r->n);
        if (e->fresh & 1) memset(dx + at, 0, (size_t)n * sizeof *dx);
        BLOCK.gather(&r->walk, s, at, n, block);
        TG_VECTORS for (int64_t i = 0; i < n; i++) dx[at + i] += dy[at + i] - r_exp(y[at + i]) * block[i];
    }
}

static void backward(tg_eval *e) {
    const tg_log_softmax_options *o = e->options;
    if (!e->dx[0]) return;
    tg_softmax_parts(e, lanes_of(e->xshape[0], softmax_axis(&o->axis, e->xshape[0]->rank)), backward_part);
}

#include "ops/softmax_descriptor.h"

TG_KERNELS(log_softmax) = {forward, backward, NULL};
TG_OP(log_softmax) = {
    TG_OP_COMMON(log_softmax),
    .arity = 1,
    .infer = softmax_infer,
    .saves = TG_SAVES_OUTPUT,
    .assigns = true,
    .options_size = sizeof(tg_log_softmax_options),
    .attrs = attrs,
    .brief = "logarithm of softmax along an axis",
    .math = "x - logsumexp(x)",
    .derivative = {"dy - exp(y) * sum(dy)"},
    .cost = softmax_cost,
    .cases = cases,
};
TG_CALL_1(log_softmax)
TG_CALL_1_WITH(log_softmax, tg_log_softmax_options)
