/* softmax: y = exp(x) / sum of exp(x) along an axis */
#include "ops/softmax.h"

#ifdef TG_PUBLIC
typedef struct tg_softmax_options {
    tg_axes axis; /* along which the results sum to 1: at most one axis; none given: the last */
} tg_softmax_options;
/* Positive numbers that sum to 1 along the last axis (or along options.axis), in proportion to exp(x). Finite
   for any finite x: the largest of each row is subtracted first. Shape of x. */
tg_node *tg_softmax(tg_node *x);
tg_node *tg_softmax_with(tg_node *x, tg_softmax_options options);
#endif

static void forward_part(tg_eval *e, const softmax_part *part) {
    softmax_rows(e, part, (const real *)e->x[0] + part->at, (real *)e->y + part->at, true);
}

static void forward(tg_eval *e) {
    const tg_softmax_options *o = e->options;
    tg_softmax_parts(e, lanes_of(e->xshape[0], softmax_axis(&o->axis, e->xshape[0]->rank)), forward_part);
}

static void backward_row(int64_t n, const real *y, const real *dy, bool fresh, real *dx) {
    const real s = (real)TG_R(tg_dot)(n, y, dy);
    if (fresh)
        TG_VECTORS for (int64_t i = 0; i < n; i++) dx[i] = y[i] * (dy[i] - s);
    else
        TG_VECTORS for (int64_t i = 0; i < n; i++) dx[i] += y[i] * (dy[i] - s);
}

/* dx += y (dy - s), s the sum of y dy along the axis. */
static void backward_part(tg_eval *e, const softmax_part *part) {
    const reduction *r = &part->r;
    const real *y = (const real *)e->y + part->at, *dy = (const real *)e->dy + part->at;
    real *dx = (real *)e->dx[0] + part->at, *s = part_peak(e, part), block[TG_BLOCK];
    accum *total = part_total(e, part);
    if (has_long_rows(r)) {
        for (int64_t at = 0; at < r->n; at += r->each)
            backward_row(r->each, y + at, dy + at, e->fresh & 1, dx + at);
        return;
    }
    for (int64_t j = 0; j < r->kept; j++) total[j] = 0;
    for (int64_t at = 0; at < r->n; at += TG_BLOCK) {
        int64_t n = block_length(at, r->n);
        TG_VECTORS for (int64_t i = 0; i < n; i++) block[i] = y[at + i] * dy[at + i];
        BLOCK.scatter(&r->walk, total, at, n, block);
    }
    for (int64_t j = 0; j < r->kept; j++) s[j] = (real)total[j];
    for (int64_t at = 0; at < r->n; at += TG_BLOCK) {
        int64_t n = block_length(at, r->n);
        if (e->fresh & 1) memset(dx + at, 0, (size_t)n * sizeof *dx);
        BLOCK.gather(&r->walk, s, at, n, block);
        TG_VECTORS for (int64_t i = 0; i < n; i++) dx[at + i] += y[at + i] * (dy[at + i] - block[i]);
    }
}

static void backward(tg_eval *e) {
    const tg_softmax_options *o = e->options;
    if (!e->dx[0]) return;
    tg_softmax_parts(e, lanes_of(e->xshape[0], softmax_axis(&o->axis, e->xshape[0]->rank)), backward_part);
}

#include "ops/softmax_descriptor.h"

TG_KERNELS(softmax) = {forward, backward, NULL};
TG_OP(softmax) = {
    TG_OP_COMMON(softmax),
    .arity = 1,
    .infer = softmax_infer,
    .saves = TG_SAVES_OUTPUT,
    .assigns = true,
    .options_size = sizeof(tg_softmax_options),
    .attrs = attrs,
    .brief = "softmax along an axis",
    .math = "exp(x) / sum(exp(x))",
    .derivative = {"y * (dy - sum(y * dy))"},
    .cost = softmax_cost,
    .cases = cases,
};
TG_CALL_1(softmax)
TG_CALL_1_WITH(softmax, tg_softmax_options)
