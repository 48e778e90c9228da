/* slice: a range of each axis */
#include "ops/strided.h"

#ifdef TG_PUBLIC
#define TG_SLICE_END INT64_MAX /* an end (or a begin) beyond the last element */
typedef struct tg_slice_options {
    tg_shape begin; /* one entry for each of the first axes; axes without an entry are taken whole */
    tg_shape end;   /* likewise; the element at `end` is no longer taken */
    tg_shape step;  /* likewise; 0 or no entry means 1; a negative step walks backward */
} tg_slice_options;
/* x[begin:end:step, ...] as in NumPy: negative begin and end count from the end of the axis, and those beyond
   it are cut to it. The rows 2.. of x: (tg_slice_options){.begin = TG_SHAPE(2)}; all columns but the last:
   (tg_slice_options){.begin = TG_SHAPE(0, 0), .end = TG_SHAPE(TG_SLICE_END, -1)}; the rows in reverse order:
   (tg_slice_options){.step = TG_SHAPE(-1)}. */
tg_node *tg_slice(tg_node *x, tg_slice_options options);
#endif

/* The elements first, first+step, ..., `count` of them. */
typedef struct range {
    int64_t first, step, count;
} range;

/* Moves an index into low..high, counting negative ones from the end of n elements. */
static int64_t settle(int64_t i, int64_t n, int64_t low, int64_t high) {
    if (i < 0) i += n;
    return i < low ? low : i > high ? high : i;
}

/* Walking backward, an end before the first element is -1. */
static range range_of(const tg_slice_options *o, int axis, int64_t n) {
    range r = {.step = axis < o->step.rank && o->step.dim[axis] ? o->step.dim[axis] : 1};
    const bool down = r.step < 0;
    const int64_t low = down ? -1 : 0, high = down ? n - 1 : n;
    int64_t end = down ? -1 : n;
    r.first = down ? n - 1 : 0;
    if (axis < o->begin.rank) r.first = settle(o->begin.dim[axis], n, low, high);
    if (axis < o->end.rank) end = settle(o->end.dim[axis], n, low, high);
    /* Steps beyond the axis are all alike; a smaller number cannot overflow. */
    if (r.step > n) r.step = n + 1;
    if (r.step < -n) r.step = -n - 1;
    const int64_t distance = down ? r.first - end : end - r.first, stride = down ? -r.step : r.step;
    r.count = distance > 0 ? (distance - 1) / stride + 1 : 0;
    return r;
}

static bool infer(tg_infer *in) {
    const tg_slice_options *o = in->options;
    const tg_shape *given[] = {&o->begin, &o->end, &o->step}, *x = in->x[0];
    static const char *const names[] = {"begin", "end", "step"};
    for (int i = 0; i < 3; i++)
        if (given[i]->rank < 0 || given[i]->rank > x->rank)
            return tg_infer_fail(in, "%s has %d entries for a tensor of rank %d", names[i], given[i]->rank,
                                 x->rank);
    in->y.rank = x->rank;
    for (int i = 0; i < x->rank; i++) in->y.dim[i] = range_of(o, i, x->dim[i]).count;
    return true;
}

/* The walk, and where in x it begins. */
static tg_walk walk_of(const tg_eval *e, int64_t *start) {
    const tg_shape *x = e->xshape[0];
    int64_t stride[TG_MAX_RANK];
    tg_walk walk;
    dense_strides(x, stride);
    *start = 0;
    for (int i = 0; i < x->rank; i++) {
        range r = range_of(e->options, i, x->dim[i]);
        *start += r.first * stride[i];
        stride[i] *= r.step;
    }
    tg_walk_merge(&walk, x->rank, e->yshape->dim, stride);
    return walk;
}

static void forward(tg_eval *e) {
    int64_t start;
    tg_walk walk = walk_of(e, &start);
    if (e->n) strided_copy(&walk, e->n, (const real *)e->x[0] + start, e->y);
}

static void backward(tg_eval *e) {
    int64_t start;
    tg_walk walk = walk_of(e, &start);
    if (e->n && e->dx[0]) strided_add(&walk, e->n, (real *)e->dx[0] + start, e->dy);
}

static const tg_slice_options rows = {.begin = {1, {1}}}, but_last = {.end = {2, {TG_SLICE_END, -1}}};
static const tg_slice_options inside = {.begin = {2, {1, 1}}, .end = {2, {3, 3}}};
static const tg_slice_options every_other = {.step = {2, {2, 2}}}, backward_rows = {.step = {1, {-1}}};
static const tg_slice_options backward_part = {
    .begin = {2, {0, -1}}, .end = {2, {9, 0}}, .step = {2, {1, -2}}};
static const tg_slice_options nothing = {.begin = {1, {2}}, .end = {1, {2}}};
static const tg_slice_options middle = {.begin = {3, {0, 1, 0}}, .end = {3, {9, 2, 9}}};
static const tg_attr attrs[] = {
    {"begin", TG_ATTR_DIMS, offsetof(tg_slice_options, begin), 0, "the first element along each axis"},
    {"end", TG_ATTR_DIMS, offsetof(tg_slice_options, end), 0, "the element before which it ends"},
    {"step", TG_ATTR_DIMS, offsetof(tg_slice_options, step), 0, "steps along each axis; 0 means 1"},
    {0},
};
static const tg_case cases[] = {
    {"rows", {{2, {3, 4}}}, .options = &rows},
    {"all columns but the last", {{2, {3, 4}}}, .options = &but_last},
    {"inside", {{2, {4, 5}}}, .options = &inside},
    {"every other", {{2, {4, 5}}}, .options = &every_other},
    {"rows backward", {{2, {3, 4}}}, .options = &backward_rows},
    {"columns backward by two", {{2, {3, 6}}}, .options = &backward_part},
    {"middle axis", {{3, {2, 3, 4}}}, .options = &middle},
    {"whole", {{2, {3, 4}}}},
    {"scalar", {{0}}},
    {"nothing", {{2, {3, 4}}}, .options = &nothing},
    {"of nothing", {{2, {0, 4}}}, .options = &backward_rows},
    {0},
};

TG_KERNELS(slice) = {forward, backward, NULL};
TG_OP(slice) = {
    TG_OP_COMMON(slice),
    .arity = 1,
    .infer = infer,
    .options_size = sizeof(tg_slice_options),
    .attrs = attrs,
    .brief = "a range of each axis",
    .math = "x[begin:end:step]",
    .derivative = {"zeros with dy in that slice"},
    .cases = cases,
};
TG_CALL_1_OPTIONS(slice)
