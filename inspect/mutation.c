#include "mutation.h"

#include "../core/arena.h"

#include <math.h>
#include <string.h>

#define MAX_ATTRS   16
#define MAX_OPTIONS 512

/* The mutant's options are a pointer to its mutation, then the original's options: that is how a kernel,
   which is a plain function, finds out what it is to do. */
#define PREFIX 16

struct tg_mutation {
    tg_op op;
    const tg_op *original;
    tg_corruption kind;
    int argument;
    bool bites;
    tg_kernel kernels[3];
    const tg_kernel *table[3];
    tg_attr attrs[MAX_ATTRS + 1];
};

const char *tg_corruption_name(tg_corruption kind) {
    static const char *const names[] = {
#define TG_X(id, name, text) name,
        TG_CORRUPTIONS(TG_X)
#undef TG_X
    };
    return kind < TG_NCORRUPTIONS ? names[kind] : "?";
}

static tg_mutation *mutation_of(const void *options) {
    tg_mutation *m;
    memcpy(&m, options, sizeof m);
    return m;
}

static tg_eval original_view(const tg_eval *e) {
    tg_eval copy = *e;
    copy.options = (const char *)e->options + PREFIX;
    return copy;
}

static bool infer(tg_infer *in) {
    const void *options = in->options;
    in->options = (const char *)options + PREFIX;
    bool ok = mutation_of(options)->original->infer(in);
    in->options = options;
    return ok;
}

static tg_cost cost(const tg_infer *in) {
    tg_infer copy = *in;
    copy.options = (const char *)in->options + PREFIX;
    return mutation_of(in->options)->original->cost(&copy);
}

/* ---- kernels ---- */

static int64_t size_of(const tg_eval *e, const tg_shape *shape) {
    return shape ? tg_shape_count(shape, 16) : e->n;
}

static void forward(tg_eval *e, tg_dtype dtype) {
    const tg_op *original = mutation_of(e->options)->original;
    tg_eval view = original_view(e);
    if (!original->view)
        tg_kernel_of(original, dtype)->forward(&view);
    else if (e->n)
        memcpy(e->y, e->x[0], (size_t)e->n * tg_dtype_size(dtype));
}

static void branch(tg_eval *e, int32_t *branches, tg_dtype dtype) {
    tg_eval view = original_view(e);
    tg_kernel_of(mutation_of(e->options)->original, dtype)->branch(&view, branches);
}

/* A gradient as numbers: f32 ones, or f64 ones of which a dual has two. */
typedef struct buffer {
    void *data;
    int64_t n; /* elements */
    int width; /* numbers per element */
    bool f32;
} buffer;

static double get(const buffer *b, int64_t i) {
    return b->f32 ? (double)((float *)b->data)[i] : ((double *)b->data)[i];
}

static void put(buffer *b, int64_t i, double value) {
    if (b->f32)
        ((float *)b->data)[i] = (float)value;
    else
        ((double *)b->data)[i] = value;
}

static buffer new_buffer(tg_dtype dtype, int64_t n) {
    return (buffer){tg_alloc((size_t)(n + 16) * tg_dtype_size(dtype)), n, dtype == TG_DUAL ? 2 : 1,
                    dtype == TG_F32};
}

static bool equal(const buffer *a, const buffer *b) {
    for (int64_t i = 0; i < a->n * a->width; i++)
        if (get(a, i) != get(b, i)) return false;
    return true;
}

/* What the real backward contributes to argument k alone, from what arrives. */
static void contribution(const tg_eval *e, int k, tg_dtype dtype, const void *dy, buffer *to) {
    const tg_op *original = mutation_of(e->options)->original;
    void *few[TG_MAX_ARGS] = {0},
         **dx = e->nargs > TG_MAX_ARGS ? tg_alloc((size_t)e->nargs * sizeof *dx) : few;
    if (!dx) return;
    tg_eval view = original_view(e);
    view.dx = dx;
    view.dy = dy;
    view.fresh = 0;
    dx[k] = to->data;
    memset(to->data, 0, (size_t)(to->n + 16) * tg_dtype_size(dtype));
    if (!original->view)
        tg_kernel_of(original, dtype)->backward(&view);
    else if (to->n)
        memcpy(to->data, dy, (size_t)to->n * tg_dtype_size(dtype));
    if (dx != few) tg_release(dx);
}

/* Leaves out the first element of what arrives that matters. */
static void drop_term(const tg_eval *e, int k, tg_dtype dtype, const buffer *whole, buffer *to) {
    const size_t width = tg_dtype_size(dtype);
    const int64_t m = size_of(e, e->xshape ? e->yshape : NULL);
    buffer dy = new_buffer(dtype, m);
    if (!dy.data) return;
    for (int64_t j = 0; j < m; j++) {
        memcpy(dy.data, e->dy, (size_t)m * width);
        memset((char *)dy.data + (size_t)j * width, 0, width);
        contribution(e, k, dtype, dy.data, to);
        if (!equal(whole, to)) break;
    }
    tg_release(dy.data);
}

static void transpose(const tg_shape *shape, const buffer *whole, buffer *to) {
    if (shape->rank < 2) return;
    const int64_t rows = shape->dim[shape->rank - 2], columns = shape->dim[shape->rank - 1],
                  area = rows * columns;
    if (!area || tg_shape_count(shape, 16) > whole->n) return;
    for (int64_t start = 0; start + area <= tg_shape_count(shape, 16); start += area)
        for (int64_t i = 0; i < rows; i++)
            for (int64_t j = 0; j < columns; j++)
                for (int c = 0; c < to->width; c++)
                    put(to, (start + j * rows + i) * to->width + c,
                        get(whole, (start + i * columns + j) * to->width + c));
}

static void scale(buffer *b, double factor) {
    for (int64_t i = 0; i < b->n * b->width; i++) put(b, i, factor * get(b, i));
}

/* What the mutant contributes instead of the whole. */
static void corrupt(const tg_eval *e, int k, tg_dtype dtype, const buffer *whole, buffer *to) {
    const tg_mutation *m = mutation_of(e->options);
    switch (m->kind) {
    case TG_CORRUPT_SIGN:
        scale(to, -1);
        break;
    case TG_CORRUPT_SCALE:
        scale(to, 1.03);
        break;
    case TG_CORRUPT_TERM:
        drop_term(e, k, dtype, whole, to);
        break;
    case TG_CORRUPT_TRANSPOSED:
        if (e->xshape || e->offset == 0) transpose(e->xshape ? e->xshape[k] : e->yshape, whole, to);
        break;
    case TG_CORRUPT_ZERO:
        scale(to, 0);
        break;
    case TG_CORRUPT_NAN:
        if (to->n) put(to, 0, NAN);
        break;
    default:
        break;
    }
}

static void backward_of(tg_eval *e, int k, tg_dtype dtype) {
    tg_mutation *m = mutation_of(e->options);
    const int64_t n = size_of(e, e->xshape ? e->xshape[k] : NULL);
    buffer dx = {e->dx[k], n, dtype == TG_DUAL ? 2 : 1, dtype == TG_F32};
    buffer whole = new_buffer(dtype, n), to = new_buffer(dtype, n);
    if (whole.data && to.data) {
        contribution(e, k, dtype, e->dy, &whole);
        memcpy(to.data, whole.data, (size_t)n * tg_dtype_size(dtype));
        bool spoil = k == m->argument || m->original->arity == TG_VARIADIC;
        if (spoil) corrupt(e, k, dtype, &whole, &to);
        bool overwrite = spoil && m->kind == TG_CORRUPT_OVERWRITE;
        m->bites |= !equal(&whole, &to);
        for (int64_t i = 0; i < n * dx.width; i++) {
            m->bites |= overwrite && get(&dx, i) != 0;
            put(&dx, i, (overwrite ? 0 : get(&dx, i)) + get(&to, i));
        }
    }
    tg_release(whole.data);
    tg_release(to.data);
}

static void backward(tg_eval *e, tg_dtype dtype) {
    for (int k = 0; k < e->nargs; k++)
        if (e->dx[k]) backward_of(e, k, dtype);
}

#define KERNELS(name, dtype)                                                                                 \
    static void forward_##name(tg_eval *e) {                                                                 \
        forward(e, dtype);                                                                                   \
    }                                                                                                        \
    static void backward_##name(tg_eval *e) {                                                                \
        backward(e, dtype);                                                                                  \
    }                                                                                                        \
    static void branch_##name(tg_eval *e, int32_t *branches) {                                               \
        branch(e, branches, dtype);                                                                          \
    }
KERNELS(f32, TG_F32)
KERNELS(f64, TG_F64)
KERNELS(dual, TG_DUAL)

/* ---- the op ---- */

static void copy_attrs(tg_mutation *m) {
    if (!m->original->attrs) return;
    for (int i = 0; i < MAX_ATTRS && m->original->attrs[i].name; i++) {
        m->attrs[i] = m->original->attrs[i];
        m->attrs[i].offset += PREFIX;
    }
    m->op.attrs = m->attrs;
}

tg_mutation *tg_mutation_new(const tg_op *op, tg_corruption kind, int argument) {
    static const tg_kernel kernels[3] = {
        {forward_f32, backward_f32, branch_f32},
        {forward_f64, backward_f64, branch_f64},
        {forward_dual, backward_dual, branch_dual},
    };
    if (!op || (!op->view && !tg_kernel_of(op, TG_F64)->backward) || op->options_size > MAX_OPTIONS)
        return NULL;
    tg_mutation *m = tg_alloc(sizeof *m);
    if (!m) return NULL;
    *m = (tg_mutation){.op = *op, .original = op, .kind = kind, .argument = argument};
    for (int t = 0; t < 3; t++) {
        m->kernels[t] = kernels[t];
        if (op->view || !tg_kernel_of(op, (tg_dtype)t)->branch) m->kernels[t].branch = NULL;
        m->table[t] = &m->kernels[t];
    }
    m->op.kernels = m->table;
    m->op.built_in = m->op.view = m->op.assigns = false;
    m->op.infer = infer;
    m->op.cost = op->cost ? cost : NULL;
    m->op.options_size = PREFIX + op->options_size;
    copy_attrs(m);
    return m;
}

void tg_mutation_free(tg_mutation *mutation) {
    tg_release(mutation);
}

bool tg_mutation_bites(const tg_mutation *mutation) {
    return mutation && mutation->bites;
}

tg_node *tg_mutation_apply_at(tg_where where, tg_mutation *m, const void *options, int nargs,
                              tg_node *const *args) {
    _Alignas(16) char block[PREFIX + MAX_OPTIONS] = {0};
    if (!m) return NULL;
    memcpy(block, &m, sizeof m);
    if (options) memcpy(block + PREFIX, options, m->original->options_size);
    return tg_apply_at(where, &m->op, block, nargs, args);
}
