/* registry.c: the list of ops, and which compilation of their kernels this processor runs. */
#include "block.h"
#include "cpu.h"
#include "internal.h"
#include "output.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* TG_LEVELS(X, op) lists the SIMD levels that were built, lowest first; the build defines it. */
#define KERNEL_EXTERNS(level, op)                                                                            \
    extern const tg_kernel tg_kernel_##op##_f32##level, tg_kernel_##op##_f64##level, tg_kernel_##op##_dual;
#define KERNEL_ENTRIES(level, op)                                                                            \
    &tg_kernel_##op##_f32##level, &tg_kernel_##op##_f64##level, &tg_kernel_##op##_dual,

#define OP(name)                                                                                             \
    TG_LEVELS(KERNEL_EXTERNS, name)                                                                          \
    extern const tg_op tg_op_##name;                                                                         \
    extern const tg_kernel *const tg_kernels_##name[];                                                       \
    const tg_kernel *const tg_kernels_##name[] = {TG_LEVELS(KERNEL_ENTRIES, name)};
#include "../ops/ops.def"
#undef OP

static const tg_op *const built_in[] = {
#define OP(name) &tg_op_##name,
#include "../ops/ops.def"
#undef OP
};
#define BUILT_IN ((int)(sizeof built_in / sizeof *built_in))

#define MAX_USER_OPS 256
static const tg_op *user[MAX_USER_OPS];
static int users;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The kernels that exist are those of three number types per level. A view may have none. */
const tg_kernel *tg_kernel_of(const tg_op *op, tg_dtype dtype) {
    if (!op->kernels) return NULL;
    return op->kernels[(op->built_in ? 3 * tg_simd_level() : 0) + (int)dtype];
}

#define BLOCK_EXTERNS(level, unused)                                                                         \
    extern const tg_block_ops tg_block_ops_f32##level, tg_block_ops_f64##level, tg_block_ops_dual;
#define BLOCK_ENTRIES(level, unused) &tg_block_ops_f32##level, &tg_block_ops_f64##level, &tg_block_ops_dual,
TG_LEVELS(BLOCK_EXTERNS, )

const tg_block_ops *tg_block_ops_of(tg_dtype dtype) {
    static const tg_block_ops *const all[] = {TG_LEVELS(BLOCK_ENTRIES, )};
    return all[3 * tg_simd_level() + (int)dtype];
}

int tg_op_count(void) {
    return BUILT_IN + users;
}

const tg_op *tg_op_get(int i) {
    if (i < 0 || i >= BUILT_IN + users) return NULL;
    return i < BUILT_IN ? built_in[i] : user[i - BUILT_IN];
}

const tg_op *tg_op_find(const char *name) {
    for (int i = 0; name && i < tg_op_count(); i++)
        if (strcmp(tg_op_get(i)->name, name) == 0) return tg_op_get(i);
    return NULL;
}

const char *tg_op_fault(const tg_op *op) {
    if (!op || !op->name || !*op->name) return "the op has no name";
    if (!op->infer) return "the op has no infer rule";
    if (op->arity != TG_VARIADIC && (op->arity < 1 || op->arity > TG_MAX_ARGS))
        return "arity must be 1..8 or TG_VARIADIC";
    if (op->options_size > 1024) return "the options struct is larger than 1024 bytes";
    if (op->elementwise && op->arity == TG_VARIADIC) return "an elementwise op needs a fixed arity";
    for (int t = 0; t < 3; t++) {
        const tg_kernel *kernel = op->kernels ? op->kernels[t] : NULL;
        if (op->view && kernel && (kernel->forward || kernel->backward))
            return "a view has no kernels: its value is its argument's memory";
        if (!op->view && !(kernel && kernel->forward))
            return "kernels are needed for f32, f64 and dual (tapegrad_op.h compiles all three)";
    }
    return NULL;
}

bool tg_op_keeps_shapes(tg_infer *in, const tg_op *op) {
    char x[TG_SHAPE_TEXT], y[TG_SHAPE_TEXT];
    tg_shape both;
    for (int k = 0; k < in->nargs && (op->view || op->elementwise); k++) {
        if (op->view ? tg_shape_count(in->x[k], 1) == tg_shape_count(&in->y, 1)
                     : tg_shape_broadcast(in->x[k], &in->y, &both) && tg_shape_equal(&both, &in->y))
            continue;
        return tg_infer_fail(in, "its infer rule gives the shape %s; argument %d, %s, does not %s",
                             tg_shape_text(&in->y, y, sizeof y), k + 1, tg_shape_text(in->x[k], x, sizeof x),
                             op->view ? "have that size, as for a view"
                                      : "broadcast to it, as for an .elementwise op");
    }
    return true;
}

const char *tg_op_register(const tg_op *op) {
    const char *what = tg_op_fault(op);
    if (what) return what;
    pthread_mutex_lock(&lock);
    const tg_op *present = tg_op_find(op->name);
    if (present && present != op)
        what = "an op of this name exists already";
    else if (!present && users == MAX_USER_OPS)
        what = "too many registered ops";
    else if (!present)
        user[users++] = op;
    pthread_mutex_unlock(&lock);
    return what;
}

/* ---- options as text ---- */

/* Appends the i'th of some whole numbers; TG_SLICE_END is no number that anybody would know. */
static size_t put_whole(char *text, size_t size, size_t n, int i, long long number) {
    const char *before = i ? "," : "(";
    if (n >= size) return n;
    return n + (size_t)(number == INT64_MAX ? snprintf(text + n, size - n, "%send", before)
                                            : snprintf(text + n, size - n, "%s%lld", before, number));
}

static int attr_text(const tg_attr *attr, const void *at, char *text, size_t size) {
    const tg_shape *dims = at;
    const tg_axes *axes = at;
    size_t n = 0;
    switch (attr->type) {
    case TG_ATTR_DOUBLE:
        return snprintf(text, size, "%g", *(const double *)at);
    case TG_ATTR_INT:
        return snprintf(text, size, "%d", *(const int *)at);
    case TG_ATTR_BOOL:
        return snprintf(text, size, "%s", *(const bool *)at ? "true" : "false");
    case TG_ATTR_SEED:
        return snprintf(text, size, "%llu", (unsigned long long)*(const uint64_t *)at);
    case TG_ATTR_DIMS:
        for (int i = 0; i < dims->rank && i < TG_MAX_RANK; i++) n = put_whole(text, size, n, i, dims->dim[i]);
        break;
    case TG_ATTR_AXES:
        for (int i = 0; i < axes->count && i < TG_MAX_RANK; i++)
            n = put_whole(text, size, n, i, axes->axis[i]);
        break;
    }
    return (int)(n < size ? n + (size_t)snprintf(text + n, size - n, ")") : n);
}

static size_t attr_size(tg_attr_type type) {
    switch (type) {
    case TG_ATTR_DOUBLE:
        return sizeof(double);
    case TG_ATTR_INT:
        return sizeof(int);
    case TG_ATTR_BOOL:
        return sizeof(bool);
    case TG_ATTR_AXES:
        return sizeof(int); /* the count tells whether it is set */
    case TG_ATTR_DIMS:
        return sizeof(int);
    case TG_ATTR_SEED:
        return sizeof(uint64_t);
    }
    return 0;
}

char *tg_options_text(const tg_op *op, const void *options, char *text, size_t size) {
    static const char zeros[sizeof(uint64_t)];
    size_t n = 0;
    if (!size) return text;
    text[0] = 0;
    if (!op || !op->attrs || !options) return text;
    const locale_t before = tg_plain_begin();
    for (const tg_attr *attr = op->attrs; attr->name; attr++) {
        const char *at = (const char *)options + attr->offset;
        if (memcmp(at, zeros, attr_size(attr->type)) == 0) continue;
        int wrote = n < size ? snprintf(text + n, size - n, "%s%s=", n ? ", " : "", attr->name) : 0;
        n += wrote > 0 ? (size_t)wrote : 0;
        if (n < size) n += (size_t)attr_text(attr, at, text + n, size - n);
    }
    tg_plain_end(before);
    return text;
}
