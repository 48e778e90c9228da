/* reshape: the same elements in another shape */
#include "core/kernel.h"

#ifdef TG_PUBLIC
typedef struct tg_reshape_options {
    tg_shape shape; /* the new shape; one size may be -1: whatever is left. Rank 0: a scalar */
} tg_reshape_options;
/* The same elements, in row-major order, in another shape of as many: tg_reshape(x, TG_SHAPE(100, -1)). Costs
   nothing: the result is x's memory. */
tg_node *tg_reshape(tg_node *x, tg_shape shape);
#endif

static bool mismatch(tg_infer *in, const tg_shape *wanted) {
    char a[TG_SHAPE_TEXT], b[TG_SHAPE_TEXT];
    return tg_infer_fail(in, "%s to %s: the numbers of elements differ", tg_shape_text(in->x[0], a, sizeof a),
                         tg_shape_text(wanted, b, sizeof b));
}

/* Where -1 stands; -1 when it stands nowhere. False when it stands twice. */
static bool find_free(tg_infer *in, const tg_shape *shape, int *at) {
    *at = -1;
    for (int i = 0; i < shape->rank; i++) {
        if (shape->dim[i] != -1) continue;
        if (*at >= 0) return tg_infer_fail(in, "only one size can be -1");
        *at = i;
    }
    return true;
}

static bool infer(tg_infer *in) {
    const tg_reshape_options *o = in->options;
    tg_shape y = o->shape;
    int at;
    const int64_t n = tg_shape_count(in->x[0], in->real_size);
    if (y.rank < 0 || y.rank > TG_MAX_RANK)
        return tg_infer_fail(in, "rank %d; ranks 0 to %d are possible", y.rank, TG_MAX_RANK);
    if (!find_free(in, &y, &at)) return false;
    if (at >= 0) {
        y.dim[at] = 1;
        int64_t others = tg_shape_count(&y, in->real_size);
        if (others <= 0 || n % others) return mismatch(in, &o->shape);
        y.dim[at] = n / others;
    }
    if (tg_shape_count(&y, in->real_size) != n) return mismatch(in, &o->shape);
    in->y = y;
    return true;
}

static const tg_reshape_options flat = {{1, {-1}}}, rows = {{2, {4, -1}}}, scalar = {{0}},
                                cube = {{3, {2, 3, 2}}};
static const tg_reshape_options empty = {{2, {-1, 3}}}, ones = {{3, {1, 1, 1}}};
static const tg_attr attrs[] = {
    {"shape", TG_ATTR_DIMS, offsetof(tg_reshape_options, shape), 0, "the new shape; one size may be -1"},
    {0},
};
static const tg_case cases[] = {
    {"flat", {{2, {3, 4}}}, .options = &flat},
    {"one size inferred", {{2, {3, 4}}}, .options = &rows},
    {"more axes", {{2, {3, 4}}}, .options = &cube},
    {"to a scalar", {{2, {1, 1}}}, .options = &scalar},
    {"from a scalar", {{0}}, .options = &ones},
    {"empty", {{2, {3, 0}}}, .options = &empty},
    {0},
};

TG_KERNELS(reshape) = {NULL, NULL, NULL};
TG_OP(reshape) = {
    TG_OP_COMMON(reshape),
    .arity = 1,
    .infer = infer,
    .view = true,
    .options_size = sizeof(tg_reshape_options),
    .attrs = attrs,
    .brief = "the same elements in another shape",
    .math = "x",
    .derivative = {"dy in the shape of x"},
    .cases = cases,
};

#ifdef TG_PRIMARY
tg_node *tg_reshape_at(tg_where where, tg_node *x, tg_shape shape) {
    return tg_apply_at(where, &tg_op_reshape, &(tg_reshape_options){shape}, 1, &x);
}
#endif
