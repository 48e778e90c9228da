/* cross_entropy: y = -log softmax(x)[label], averaged over the rows */
#include "ops/loss.h"
#include "ops/softmax.h"

#ifdef TG_PUBLIC
/* The cross-entropy of class labels under softmax(logits): logits (...,c) hold a row of c scores for each
   label, labels are i32 in 0..c-1, of the shape of the logits without the last axis. The mean over all rows,
   a scalar; with options, their sum, or one loss per row. Finite for any finite logits; computed in one pass
   that keeps the softmax for backward. A label outside 0..c-1 is an error that only the values show: its
   row's loss and gradient are NaN, and so is a mean or sum with it. Nothing is read out of bounds. The mean
   over no rows is NaN. */
tg_node *tg_cross_entropy(tg_node *logits, tg_node *labels);
tg_node *tg_cross_entropy_with(tg_node *logits, tg_node *labels, tg_loss_options options);
#endif

static bool infer(tg_infer *in) {
    const tg_shape *x = in->x[0], *labels = in->x[1];
    char a[TG_SHAPE_TEXT], b[TG_SHAPE_TEXT];
    if (x->rank < 1) return tg_infer_fail(in, "the logits are a scalar; they need an axis of classes");
    tg_shape rows = shape_without(x, 1u << (x->rank - 1), false);
    if (!tg_shape_equal(&rows, labels))
        return tg_infer_fail(in, "logits %s with labels %s: one label is needed for each row of logits",
                             tg_shape_text(x, a, sizeof a), tg_shape_text(labels, b, sizeof b));
    int64_t n = tg_shape_count(&rows, 1);
    in->scratch = softmax_scratch(in, n);
    in->saved = bytes_for(in, tg_shape_count(x, 1), 1, 0);
    return loss_infer(in, &rows);
}

static lanes rows_of(const tg_eval *e) {
    return lanes_of(e->xshape[0], e->xshape[0]->rank - 1);
}

/* Saves the softmax; total becomes the loss of each row: log(sum of exp(x - m)) - (x[label] - m). */
static void forward_part(tg_eval *e, const softmax_part *part) {
    const int64_t rows = part->r.kept, classes = part->r.each;
    accum *total = part_total(e, part);
    const real *x = (const real *)e->x[0] + part->at, *peak = part_peak(e, part);
    const int32_t *label = (const int32_t *)e->x[1] + part->kept_at;
    real *log_sum = part_number(e, part);
    softmax_rows(e, part, x, (real *)e->saved + part->at, true);
    TG_VECTORS for (int64_t j = 0; j < rows; j++) log_sum[j] = r_log((real)total[j]);
    for (int64_t j = 0; j < rows; j++) {
        const bool known = label[j] >= 0 && label[j] < classes;
        total[j] = known ? log_sum[j] - (x[j * classes + label[j]] - peak[j]) : NAN;
    }
}

static void forward(tg_eval *e) {
    lanes l = rows_of(e);
    tg_softmax_parts(e, l, forward_part);
    loss_reduce(e, l.outer, e->scratch);
}

static bool all_alike(int64_t n, const real *g) {
    for (int64_t j = 1; j < n; j++)
        if (g[j] != g[0]) return false;
    return true;
}

/* dx += (softmax - 1 at the label) g, g the gradient of the row's loss: of a mean or a sum, the same for all rows. */
static void backward_part(tg_eval *e, const softmax_part *part) {
    const reduction *r = &part->r;
    const real *p = (const real *)e->saved + part->at;
    const int32_t *label = (const int32_t *)e->x[1] + part->kept_at;
    real *dx = (real *)e->dx[0] + part->at, *g = part_peak(e, part), block[TG_BLOCK];
    loss_gradient(e, part->kept_all, part->kept_at, r->kept, g);
    for (int64_t j = 0; j < r->kept; j++)
        if (label[j] < 0 || label[j] >= r->each) g[j] = NAN;
    const bool alike = all_alike(r->kept, g);
    for (int64_t at = 0; at < r->n; at += TG_BLOCK) {
        int64_t n = block_length(at, r->n);
        if (e->fresh & 1) memset(dx + at, 0, (size_t)n * sizeof *dx);
        if (alike) {
            TG_VECTORS for (int64_t i = 0; i < n; i++) dx[at + i] += p[at + i] * g[0];
        } else {
            BLOCK.gather(&r->walk, g, at, n, block);
            TG_VECTORS for (int64_t i = 0; i < n; i++) dx[at + i] += p[at + i] * block[i];
        }
    }
    for (int64_t j = 0; j < r->kept; j++)
        if (label[j] >= 0 && label[j] < r->each) dx[j * r->each + label[j]] -= g[j];
}

static void backward(tg_eval *e) {
    if (e->dx[0]) tg_softmax_parts(e, rows_of(e), backward_part);
}

static tg_cost cost(const tg_infer *in) {
    return cost_per_element(in, 12, 2);
}

static const tg_loss_options sum = {TG_REDUCTION_SUM}, none = {TG_REDUCTION_NONE};
static const tg_case cases[] = {
    {"mean over rows", {{2, {4, 3}}, {1, {4}}}, .classes = 3},
    {"sum over rows", {{2, {4, 3}}, {1, {4}}}, .classes = 3, .options = &sum},
    {"each row", {{2, {4, 3}}, {1, {4}}}, .classes = 3, .options = &none},
    {"one example", {{1, {5}}, {0}}, .classes = 5},
    {"two axes of rows", {{3, {2, 3, 4}}, {2, {2, 3}}}, .classes = 4},
    {"two axes of rows, each", {{3, {2, 3, 4}}, {2, {2, 3}}}, .classes = 4, .options = &none},
    {"one class", {{2, {3, 1}}, {1, {3}}}, .classes = 1},
    {"far apart", {{2, {4, 3}}, {1, {4}}}, .classes = 3, .range = {{-15, 15}}},
    {"several rows", {{2, {21, 18}}, {1, {21}}}, .classes = 18},
    {"many rows", {{2, {600, 10}}, {1, {600}}}, .classes = 10},
    {"many classes", {{2, {2, 1100}}, {1, {2}}}, .classes = 1100},
    {"no rows, each", {{2, {0, 3}}, {1, {0}}}, .classes = 3, .options = &none},
    {"sum of no rows", {{2, {0, 3}}, {1, {0}}}, .classes = 3, .options = &sum},
    {0},
};

static const char *derivative_with(const void *options, int k) {
    return k ? NULL
             : loss_derivative(options, "(softmax(x) - one_hot(label)) / n", "softmax(x) - one_hot(label)");
}

TG_KERNELS(cross_entropy) = {forward, backward, NULL};
TG_OP(cross_entropy) = {
    TG_OP_COMMON(cross_entropy),
    .arity = 2,
    .infer = infer,
    .int_args = 1u << 1,
    .saves = TG_SAVES_ARG(1),
    .assigns = true,
    .options_size = sizeof(tg_loss_options),
    .attrs = loss_attrs,
    .brief = "cross-entropy of class labels under softmax, from logits",
    .math = "mean(logsumexp(x) - x[label])",
    .args = {"x", "label"},
    .derivative = {"(softmax(x) - one_hot(label)) / n"},
    .derivative_with = derivative_with,
    .cost = cost,
    .cases = cases,
};
TG_CALL_2(cross_entropy)
TG_CALL_2_WITH(cross_entropy, tg_loss_options)
