/* gather: elements of x picked by index along an axis */
#include "core/kernel.h"

#include <string.h>

#ifdef TG_PUBLIC
typedef struct tg_gather_options {
    int axis;   /* 0, the first, by default; negative ones count from the end */
    bool along; /* an index of its own for every position beside the axis */
} tg_gather_options;
/* Picks along an axis by i32 indices; negative ones count from the end. As NumPy's take: the axis is replaced
   by the shape of the indices, so that tg_gather(x, rows, (tg_gather_options){0}) gives rows of x.
   options.along, as NumPy's take_along_axis: the indices have the shape of x but for the size of the axis, or
   the shape of x without the axis, which then goes: one element for each label is tg_gather(scores, labels,
   (tg_gather_options){.axis = -1, .along = true}). What is picked twice gets the gradients of both. An index
   outside the axis gives NaN: only the values show it, and nothing is read out of bounds. */
tg_node *tg_gather(tg_node *x, tg_node *indices, tg_gather_options options);
#endif

/* x is (outer, size, inner); the result (outer, picks, inner); its indices are (picks), or one for each
 * element. */
typedef struct layout {
    int64_t outer, size, inner, picks;
} layout;

static bool infer_along(tg_infer *in, int axis) {
    const tg_shape *x = in->x[0], *index = in->x[1];
    char a[TG_SHAPE_TEXT], b[TG_SHAPE_TEXT];
    bool fits = index->rank == x->rank || index->rank == x->rank - 1;
    for (int i = 0, j = 0; fits && i < x->rank; i++) {
        if (i == axis && index->rank < x->rank) continue;
        fits = i == axis || index->dim[j] == x->dim[i];
        j++;
    }
    if (!fits)
        return tg_infer_fail(in, "%s along axis %d by indices %s: the other sizes must agree",
                             tg_shape_text(x, a, sizeof a), axis, tg_shape_text(index, b, sizeof b));
    in->y = *index;
    return true;
}

static bool infer(tg_infer *in) {
    const tg_gather_options *o = in->options;
    const tg_shape *x = in->x[0], *index = in->x[1];
    int axis;
    if (x->rank < 1) return tg_infer_fail(in, "a scalar has no axis to pick along");
    if (!tg_infer_axis(in, o->axis, x->rank, &axis)) return false;
    if (o->along) return infer_along(in, axis);
    if (x->rank - 1 + index->rank > TG_MAX_RANK)
        return tg_infer_fail(in, "the result would have rank %d; %d is the most", x->rank - 1 + index->rank,
                             TG_MAX_RANK);
    for (int i = 0; i < axis; i++) in->y.dim[in->y.rank++] = x->dim[i];
    for (int i = 0; i < index->rank; i++) in->y.dim[in->y.rank++] = index->dim[i];
    for (int i = axis + 1; i < x->rank; i++) in->y.dim[in->y.rank++] = x->dim[i];
    return true;
}

static layout layout_of(const tg_eval *e) {
    const tg_gather_options *o = e->options;
    const tg_shape *x = e->xshape[0], *index = e->xshape[1];
    const int axis = o->axis < 0 ? o->axis + x->rank : o->axis;
    layout l = {1, x->dim[axis], 1, 1};
    for (int i = 0; i < axis; i++) l.outer *= x->dim[i];
    for (int i = axis + 1; i < x->rank; i++) l.inner *= x->dim[i];
    if (!o->along)
        for (int i = 0; i < index->rank; i++) l.picks *= index->dim[i];
    else if (index->rank == x->rank)
        l.picks = index->dim[axis];
    return l;
}

/* 0..size-1, or -1 for an index outside the axis. */
static int64_t normal(int64_t index, int64_t size) {
    if (index < 0) index += size;
    return index >= 0 && index < size ? index : -1;
}

static void forward(tg_eval *e) {
    const tg_gather_options *o = e->options;
    const layout l = layout_of(e);
    const real *x = e->x[0];
    const int32_t *index = e->x[1];
    real *y = e->y;
    for (int64_t row = 0; row < l.outer * l.picks && l.inner; row++, y += l.inner) {
        const real *from = x + row / l.picks * l.size * l.inner;
        if (o->along) {
            for (int64_t i = 0; i < l.inner; i++) {
                int64_t at = normal(index[row * l.inner + i], l.size);
                y[i] = at < 0 ? (real)NAN : from[at * l.inner + i];
            }
            continue;
        }
        int64_t at = normal(index[row % l.picks], l.size);
        if (at >= 0) memcpy(y, from + at * l.inner, (size_t)l.inner * sizeof *y);
        for (int64_t i = 0; at < 0 && i < l.inner; i++) y[i] = NAN;
    }
}

static void backward(tg_eval *e) {
    const tg_gather_options *o = e->options;
    const layout l = layout_of(e);
    const int32_t *index = e->x[1];
    const real *dy = e->dy;
    real *dx = e->dx[0];
    for (int64_t row = 0; dx && row < l.outer * l.picks; row++, dy += l.inner) {
        real *to = dx + row / l.picks * l.size * l.inner;
        for (int64_t i = 0; i < l.inner; i++) {
            int64_t at = normal(index[o->along ? row * l.inner + i : row % l.picks], l.size);
            if (at >= 0) to[at * l.inner + i] += dy[i];
        }
    }
}

static const tg_gather_options columns = {.axis = 1}, last = {.axis = -1};
static const tg_gather_options along_rows = {.along = true}, along_last = {.axis = -1, .along = true};
static const tg_attr attrs[] = {
    {"axis", TG_ATTR_INT, offsetof(tg_gather_options, axis), 0, "the axis along which it picks"},
    {"along", TG_ATTR_BOOL, offsetof(tg_gather_options, along), 0,
     "an index for every position beside the axis"},
    {0},
};
static const tg_case cases[] = {
    {"rows", {{2, {4, 3}}, {1, {5}}}, .classes = 4},
    {"one row", {{2, {4, 3}}, {0}}, .classes = 4},
    {"of a vector", {{1, {4}}, {2, {2, 3}}}, .classes = 4},
    {"columns", {{2, {3, 4}}, {1, {6}}}, .classes = 4, .options = &columns},
    {"middle axis by a matrix", {{3, {2, 3, 2}}, {2, {2, 2}}}, .classes = 3, .options = &columns},
    {"last axis", {{3, {2, 2, 3}}, {1, {4}}}, .classes = 3, .options = &last},
    {"one element per row", {{2, {4, 3}}, {1, {4}}}, .classes = 3, .options = &along_last},
    {"some elements per row", {{2, {4, 3}}, {2, {4, 2}}}, .classes = 3, .options = &along_last},
    {"along the first axis", {{2, {4, 3}}, {2, {2, 3}}}, .classes = 4, .options = &along_rows},
    {"no indices", {{2, {4, 3}}, {1, {0}}}, .classes = 4},
    {"empty rows", {{2, {4, 0}}, {1, {2}}}, .classes = 4},
    {0},
};

TG_KERNELS(gather) = {forward, backward, NULL};
TG_OP(gather) = {
    TG_OP_COMMON(gather),
    .arity = 2,
    .infer = infer,
    .int_args = 1u << 1,
    .saves = TG_SAVES_ARG(1),
    .options_size = sizeof(tg_gather_options),
    .attrs = attrs,
    .brief = "elements picked by index along an axis",
    .math = "x[index]",
    .args = {"x", "index"},
    .derivative = {"zeros with dy added at index"},
    .cases = cases,
};
TG_CALL_2_OPTIONS(gather)
