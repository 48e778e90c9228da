/* concat: tensors one behind the other along an axis */
#include "core/kernel.h"

#include <string.h>

#ifdef TG_PUBLIC
typedef struct tg_concat_options {
    int axis; /* 0, the first, by default; negative ones count from the end */
} tg_concat_options;
/* `count` tensors one behind the other along options.axis; their other sizes agree. The array is read during
   the call only. */
tg_node *tg_concat(int count, tg_node *const *parts, tg_concat_options options);
#endif

static bool infer(tg_infer *in) {
    const tg_concat_options *o = in->options;
    char a[TG_SHAPE_TEXT], b[TG_SHAPE_TEXT];
    int axis;
    in->y = *in->x[0];
    if (in->y.rank < 1) return tg_infer_fail(in, "scalars have no axis; reshape them to (1)");
    if (!tg_infer_axis(in, o->axis, in->y.rank, &axis)) return false;
    for (int k = 1; k < in->nargs; k++) {
        const tg_shape *x = in->x[k];
        bool fits = x->rank == in->y.rank;
        for (int i = 0; fits && i < x->rank; i++) fits = i == axis || x->dim[i] == in->y.dim[i];
        if (!fits)
            return tg_infer_fail(in, "shapes %s and %s (argument %d) differ in more than axis %d",
                                 tg_shape_text(in->x[0], a, sizeof a), tg_shape_text(x, b, sizeof b), k + 1,
                                 axis);
        if (x->dim[axis] > INT64_MAX - in->y.dim[axis])
            return tg_infer_fail(in, "the result would be too large");
        in->y.dim[axis] += x->dim[axis];
    }
    return true;
}

/* Rows of the result: the axes before the axis; `inner`: elements of one step along it. */
typedef struct layout {
    int axis;
    int64_t rows, inner;
} layout;

static layout layout_of(const tg_eval *e) {
    const tg_concat_options *o = e->options;
    const tg_shape *y = e->yshape;
    layout l = {o->axis < 0 ? o->axis + y->rank : o->axis, 1, 1};
    for (int i = 0; i < l.axis; i++) l.rows *= y->dim[i];
    for (int i = l.axis + 1; i < y->rank; i++) l.inner *= y->dim[i];
    return l;
}

static void forward(tg_eval *e) {
    const layout l = layout_of(e);
    const int64_t row = e->yshape->dim[l.axis] * l.inner;
    real *y = e->y;
    if (e->n == 0) return;
    for (int k = 0; k < e->nargs; k++) {
        const int64_t piece = e->xshape[k]->dim[l.axis] * l.inner;
        const real *x = e->x[k];
        for (int64_t i = 0; piece && i < l.rows; i++)
            memcpy(y + i * row, x + i * piece, (size_t)piece * sizeof *y);
        y += piece;
    }
}

static void backward(tg_eval *e) {
    const layout l = layout_of(e);
    const int64_t row = e->yshape->dim[l.axis] * l.inner;
    const real *dy = e->dy;
    for (int k = 0; k < e->nargs; k++) {
        const int64_t piece = e->xshape[k]->dim[l.axis] * l.inner;
        real *dx = e->dx[k];
        for (int64_t i = 0; dx && i < l.rows; i++)
            TG_VECTORS for (int64_t j = 0; j < piece; j++) dx[i * piece + j] += dy[i * row + j];
        dy += piece;
    }
}

static const tg_concat_options columns = {1}, last = {-1};
static const tg_attr attrs[] = {
    {"axis", TG_ATTR_INT, offsetof(tg_concat_options, axis), 0, "the axis along which they are joined"},
    {0},
};
static const tg_case cases[] = {
    {"rows", {{2, {2, 3}}, {2, {1, 3}}}, .nargs = 2},
    {"columns", {{2, {2, 3}}, {2, {2, 1}}, {2, {2, 2}}}, .nargs = 3, .options = &columns},
    {"one", {{2, {2, 3}}}, .nargs = 1},
    {"vectors", {{1, {2}}, {1, {3}}, {1, {1}}, {1, {4}}}, .nargs = 4},
    {"middle axis", {{3, {2, 1, 3}}, {3, {2, 2, 3}}}, .nargs = 2, .options = &columns},
    {"last axis", {{3, {2, 2, 3}}, {3, {2, 2, 1}}}, .nargs = 2, .options = &last},
    {"an empty one", {{2, {2, 3}}, {2, {0, 3}}}, .nargs = 2},
    {"nothing", {{2, {0, 3}}, {2, {0, 2}}}, .nargs = 2, .options = &last},
    {"x with x", {{2, {2, 3}}, {2, {2, 3}}}, .nargs = 2, .options = &last, .same = true},
    {0},
};

TG_KERNELS(concat) = {forward, backward, NULL};
TG_OP(concat) = {
    TG_OP_COMMON(concat),
    .arity = TG_VARIADIC,
    .infer = infer,
    .options_size = sizeof(tg_concat_options),
    .attrs = attrs,
    .brief = "tensors joined along an axis",
    .math = "concat(x0, x1, ...)",
    .derivative = {"the part of dy that came from it"},
    .cases = cases,
};

#ifdef TG_PRIMARY
tg_node *tg_concat_at(tg_where where, int count, tg_node *const *parts, tg_concat_options options) {
    return tg_apply_at(where, &tg_op_concat, &options, count, parts);
}
#endif
