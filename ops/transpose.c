/* transpose: the axes in another order */
#include "ops/strided.h"

#ifdef TG_PUBLIC
typedef struct tg_transpose_options {
    tg_axes axes; /* axis i of the result is axis axes[i] of x; none given: the axes in reverse order */
} tg_transpose_options;
/* The axes in reverse order, as NumPy's transpose: a matrix is transposed. matmul takes transposed operands
   without this copy. */
tg_node *tg_transpose(tg_node *x);
/* The axes in any order: axis i of the result is axis axes[i] of x, e.g. tg_permute(x, TG_AXES(0, 2, 1)). */
tg_node *tg_permute(tg_node *x, tg_axes axes);
#endif

static int source_axis(const tg_axes *axes, int i, int rank) {
    if (!axes->count) return rank - 1 - i;
    return axes->axis[i] < 0 ? axes->axis[i] + rank : axes->axis[i];
}

static bool infer(tg_infer *in) {
    const tg_transpose_options *o = in->options;
    const tg_shape *x = in->x[0];
    unsigned seen = 0;
    if (o->axes.count && o->axes.count != x->rank)
        return tg_infer_fail(in, "%d axes for a tensor of rank %d; each is needed once", o->axes.count,
                             x->rank);
    in->y.rank = x->rank;
    for (int i = 0; i < x->rank; i++) {
        int axis = source_axis(&o->axes, i, x->rank);
        if (o->axes.count && !tg_infer_axis(in, o->axes.axis[i], x->rank, &axis)) return false;
        if (seen >> axis & 1) return tg_infer_fail(in, "axis %d is given twice", axis);
        seen |= 1u << axis;
        in->y.dim[i] = x->dim[axis];
    }
    return true;
}

static tg_walk walk_of(const tg_eval *e) {
    const tg_transpose_options *o = e->options;
    const tg_shape *x = e->xshape[0];
    int64_t dense[TG_MAX_RANK], stride[TG_MAX_RANK];
    tg_walk walk;
    dense_strides(x, dense);
    for (int i = 0; i < x->rank; i++) stride[i] = dense[source_axis(&o->axes, i, x->rank)];
    tg_walk_merge(&walk, x->rank, e->yshape->dim, stride);
    return walk;
}

static void forward(tg_eval *e) {
    tg_walk walk = walk_of(e);
    strided_copy(&walk, e->n, e->x[0], e->y);
}

static void backward(tg_eval *e) {
    tg_walk walk = walk_of(e);
    if (e->dx[0]) strided_add(&walk, e->n, e->dx[0], e->dy);
}

static const tg_transpose_options swap_last = {{3, {0, 2, 1}}}, cycle = {{3, {-1, 0, 1}}},
                                  same = {{2, {0, 1}}};
static const tg_transpose_options four = {{4, {2, 0, 3, 1}}};
static const tg_attr attrs[] = {
    {"axes", TG_ATTR_AXES, offsetof(tg_transpose_options, axes), 0, "the new order; none given: reversed"},
    {0},
};
static const tg_case cases[] = {
    {"matrix", {{2, {3, 4}}}},
    {"vector", {{1, {5}}}},
    {"scalar", {{0}}},
    {"reversed", {{3, {2, 3, 4}}}},
    {"last two swapped", {{3, {2, 3, 4}}}, .options = &swap_last},
    {"cycled", {{3, {2, 3, 4}}}, .options = &cycle},
    {"unchanged", {{2, {3, 4}}}, .options = &same},
    {"four axes", {{4, {2, 3, 1, 4}}}, .options = &four},
    {"size 1", {{3, {1, 3, 1}}}},
    {"empty", {{2, {0, 3}}}},
    {0},
};

TG_KERNELS(transpose) = {forward, backward, NULL};
TG_OP(transpose) = {
    TG_OP_COMMON(transpose), .arity = 1,
    .infer = infer,          .options_size = sizeof(tg_transpose_options),
    .attrs = attrs,          .brief = "the axes in another order",
    .math = "x^T",           .derivative = {"dy^T"},
    .cases = cases,
};
TG_CALL_1(transpose)

#ifdef TG_PRIMARY
tg_node *tg_permute_at(tg_where where, tg_node *x, tg_axes axes) {
    return tg_apply_at(where, &tg_op_transpose, &(tg_transpose_options){axes}, 1, &x);
}
#endif
