/* broadcast_to: x repeated along new axes and axes of size 1 */
#include "ops/reduce.h"

#ifdef TG_PUBLIC
typedef struct tg_broadcast_to_options {
    tg_shape shape;
} tg_broadcast_to_options;
/* x in a larger shape, by NumPy's rule: aligned at the right, axes that are missing or of size 1 are
   repeated. Binary ops broadcast by themselves. */
tg_node *tg_broadcast_to(tg_node *x, tg_shape shape);
#endif

static bool infer(tg_infer *in) {
    const tg_broadcast_to_options *o = in->options;
    tg_shape both;
    char a[TG_SHAPE_TEXT], b[TG_SHAPE_TEXT];
    if (o->shape.rank < 0 || o->shape.rank > TG_MAX_RANK)
        return tg_infer_fail(in, "rank %d; ranks 0 to %d are possible", o->shape.rank, TG_MAX_RANK);
    if (!tg_shape_broadcast(in->x[0], &o->shape, &both) || !tg_shape_equal(&both, &o->shape))
        return tg_infer_fail(in, "%s does not broadcast to %s", tg_shape_text(in->x[0], a, sizeof a),
                             tg_shape_text(&o->shape, b, sizeof b));
    in->y = o->shape;
    in->scratch = bytes_for(in, tg_shape_count(in->x[0], 1), 0, 1);
    return true;
}

static void forward(tg_eval *e) {
    tg_walk walk;
    tg_walk_init(&walk, e->xshape[0], e->yshape);
    BLOCK.gather(&walk, e->x[0], 0, e->n, e->y);
}

static void backward(tg_eval *e) {
    const int64_t kept = tg_shape_count(e->xshape[0], 1);
    accum *total = e->scratch;
    tg_walk walk;
    if (!e->dx[0]) return;
    tg_walk_init(&walk, e->xshape[0], e->yshape);
    for (int64_t j = 0; j < kept; j++) total[j] = 0;
    BLOCK.scatter(&walk, total, 0, e->n, e->dy);
    BLOCK.flush(kept, e->dx[0], total);
}

static const tg_broadcast_to_options matrix = {{2, {3, 4}}}, cube = {{3, {2, 3, 4}}}, none = {{2, {0, 3}}};
static const tg_attr attrs[] = {
    {"shape", TG_ATTR_DIMS, offsetof(tg_broadcast_to_options, shape), 0, "the shape of the result"},
    {0},
};
static const tg_case cases[] = {
    {"row", {{1, {4}}}, .options = &matrix},
    {"column", {{2, {3, 1}}}, .options = &matrix},
    {"scalar", {{0}}, .options = &matrix},
    {"one element", {{2, {1, 1}}}, .options = &matrix},
    {"same shape", {{2, {3, 4}}}, .options = &matrix},
    {"new axis", {{2, {3, 4}}}, .options = &cube},
    {"outer and inner axis", {{3, {2, 1, 4}}}, .options = &cube},
    {"middle axis", {{3, {1, 3, 1}}}, .options = &cube},
    {"scalar to scalar", {{0}}},
    {"no rows", {{2, {1, 3}}}, .options = &none},
    {0},
};

TG_KERNELS(broadcast_to) = {forward, backward, NULL};
TG_OP(broadcast_to) = {
    TG_OP_COMMON(broadcast_to),
    .arity = 1,
    .infer = infer,
    .options_size = sizeof(tg_broadcast_to_options),
    .attrs = attrs,
    .brief = "repetition to a larger shape",
    .math = "x",
    .derivative = {"sum_to(dy, the shape of x)"},
    .cases = cases,
};

#ifdef TG_PRIMARY
tg_node *tg_broadcast_to_at(tg_where where, tg_node *x, tg_shape shape) {
    return tg_apply_at(where, &tg_op_broadcast_to, &(tg_broadcast_to_options){shape}, 1, &x);
}
#endif
