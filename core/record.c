/* record.c: putting leaves and ops on a tape. */
#include "internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool grow(tg_tape *tape) {
    int capacity = tape->capacity ? 2 * tape->capacity : 64;
    tg_node **nodes = capacity > 0 ? tg_alloc((size_t)capacity * sizeof *nodes) : NULL;
    if (!nodes) return false;
    if (tape->count) memcpy(nodes, tape->nodes, (size_t)tape->count * sizeof *nodes);
    tg_release(tape->nodes);
    tape->nodes = nodes;
    tape->capacity = capacity;
    return true;
}

/* A node with room for nargs arguments, the operand arrays of many, and an options struct behind it, not yet
   on the tape. */
static tg_node *new_node(tg_tape *tape, tg_where where, int nargs, size_t options_size) {
    if (tape->count == tape->capacity && !grow(tape)) return NULL;
    size_t arrays = nargs > TG_MAX_ARGS ? 4 : 1, args_size = arrays * (size_t)nargs * sizeof(tg_node *);
    tg_node *node = tg_arena_alloc(&tape->arena, sizeof *node + args_size + options_size, 8);
    if (!node) return NULL;
    memset(node, 0, offsetof(tg_node, shape));
    node->tape = tape;
    node->where = where;
    node->scope = tape->scope;
    node->nargs = nargs;
    node->args = (tg_node **)(node + 1);
    if (arrays > 1) node->operands = (void **)(node->args + nargs);
    if (options_size) node->options = (char *)node->args + args_size;
    return node;
}

static tg_node *out_of_memory(tg_tape *tape, tg_where where, const char *what, const tg_shape *shape) {
    char text[TG_SHAPE_TEXT];
    tg_fail(tape, where, "%s: out of memory for a value of shape %s", what,
            tg_shape_text(shape, text, sizeof text));
    return NULL;
}

static tg_node *append(tg_node *node) {
    tg_tape *tape = node->tape;
    if (tape->plan) tg_plan_drop(tape);
    node->id = tape->count;
    tape->nodes[tape->count++] = node;
    return node;
}

/* ---- leaves ---- */

static tg_node *new_leaf(tg_where where, tg_tape *tape, const char *what, tg_kind kind, tg_dtype dtype,
                         int rank, const int64_t *dims) {
    if (!tape || tape->failed) return NULL;
    if (dtype != tape->spec.dtype && dtype != TG_I32) {
        tg_fail(tape, where,
                "%s: dtype %s on a tape of %s; give it the tape's dtype, or i32 for labels and indices", what,
                tg_dtype_name(dtype), tg_dtype_name(tape->spec.dtype));
        return NULL;
    }
    if (rank < 0 || rank > TG_MAX_RANK || (rank > 0 && !dims)) {
        tg_fail(tape, where, "%s: rank %d%s; ranks 0 to %d are possible", what, rank,
                rank > 0 && !dims ? " without dims" : "", TG_MAX_RANK);
        return NULL;
    }
    tg_shape shape = {.rank = rank};
    if (rank) memcpy(shape.dim, dims, (size_t)rank * sizeof *dims);
    int64_t size = tg_shape_count(&shape, tg_dtype_size(dtype));
    if (size < 0) {
        char text[TG_SHAPE_TEXT];
        tg_fail(tape, where, "%s: impossible shape %s: a size is negative, or the whole is too large", what,
                tg_shape_text(&shape, text, sizeof text));
        return NULL;
    }
    tg_node *node = new_node(tape, where, 0, 0);
    if (!node) return out_of_memory(tape, where, what, &shape);
    node->kind = kind;
    node->dtype = dtype;
    node->shape = shape;
    node->size = size;
    if (kind == TG_KIND_PARAM) return node;
    size_t bytes = tg_padded(size, tg_dtype_size(dtype));
    node->value = tg_arena_alloc(&tape->arena, bytes, TG_ALIGN);
    if (!node->value) return out_of_memory(tape, where, what, &shape);
    memset(node->value, 0, bytes);
    return node;
}

tg_node *tg_input_at(tg_where where, tg_tape *tape, const char *name, tg_dtype dtype, int rank,
                     const int64_t *dims) {
    tg_node *node = new_leaf(where, tape, "input", TG_KIND_INPUT, dtype, rank, dims);
    return node ? tg_name(append(node), name) : NULL;
}

tg_node *tg_constant_at(tg_where where, tg_tape *tape, tg_dtype dtype, int rank, const int64_t *dims,
                        const void *data) {
    tg_node *node = new_leaf(where, tape, "constant", TG_KIND_CONSTANT, dtype, rank, dims);
    if (!node) return NULL;
    if (!data && node->size) {
        tg_fail(tape, where, "constant: data is NULL");
        return NULL;
    }
    if (node->size) memcpy(node->value, data, (size_t)node->size * tg_dtype_size(dtype));
    return append(node);
}

tg_node *tg_scalar_at(tg_where where, tg_tape *tape, double value) {
    if (!tape) return NULL;
    tg_node *node = new_leaf(where, tape, "scalar", TG_KIND_CONSTANT, tape->spec.dtype, 0, NULL);
    if (!node) return NULL;
    append(node);
    tg_set_f64(node, &value);
    return node;
}

tg_node *tg_use_at(tg_where where, tg_tape *tape, tg_param *param) {
    if (!tape || tape->failed) return NULL;
    if (!param) {
        tg_fail(tape, where, "use: parameter is NULL");
        return NULL;
    }
    if (param->dtype != tape->spec.dtype) {
        tg_fail(tape, where, "use: parameter %s is %s, the tape %s", param->name, tg_dtype_name(param->dtype),
                tg_dtype_name(tape->spec.dtype));
        return NULL;
    }
    tg_node *node =
        new_leaf(where, tape, "use", TG_KIND_PARAM, param->dtype, param->shape.rank, param->shape.dim);
    if (!node) return NULL;
    node->param = param;
    node->value = param->value;
    node->grad = param->grad;
    node->requires_grad = !param->frozen && !tape->spec.inference;
    node->name = param->name;
    return append(node);
}

static bool settable(tg_node *leaf, const void *data) {
    if (!leaf) return false;
    if (leaf->kind != TG_KIND_INPUT && leaf->kind != TG_KIND_CONSTANT) {
        tg_fail(leaf->tape, leaf->where, "set: node %d (%s) is not an input or a constant", leaf->id,
                leaf->op ? leaf->op->name : leaf->param->name);
        return false;
    }
    if (!data && leaf->size) {
        tg_fail(leaf->tape, leaf->where, "set: data for %s is NULL", leaf->name ? leaf->name : "the input");
        return false;
    }
    return true;
}

bool tg_set(tg_node *leaf, const void *data) {
    if (!settable(leaf, data)) return false;
    if (leaf->size) memcpy(leaf->value, data, (size_t)leaf->size * tg_dtype_size(leaf->dtype));
    return true;
}

bool tg_set_f64(tg_node *leaf, const double *data) {
    if (!settable(leaf, data)) return false;
    for (int64_t i = 0; i < leaf->size; i++) {
        double x = data[i];
        switch (leaf->dtype) {
        case TG_F32:
            ((float *)leaf->value)[i] = (float)x;
            break;
        case TG_F64:
            ((double *)leaf->value)[i] = x;
            break;
        case TG_DUAL:
            memcpy((double *)leaf->value + 2 * i, (double[]){x, 0}, 2 * sizeof x);
            break;
        default:
            if (!(x >= INT32_MIN && x <= INT32_MAX)) {
                tg_fail(leaf->tape, leaf->where, "set: element %lld is %g, which no i32 holds", (long long)i,
                        x);
                return false;
            }
            ((int32_t *)leaf->value)[i] = (int32_t)x;
        }
    }
    return true;
}

void tg_require_grad(tg_node *leaf, bool wanted) {
    if (!leaf || leaf->tape->failed) return;
    if (leaf->op || leaf->param || leaf->dtype == TG_I32) {
        tg_fail(leaf->tape, leaf->where, "require_grad: only real inputs and constants can be asked for it");
    } else if (leaf->id != leaf->tape->count - 1 && wanted != leaf->requires_grad) {
        for (int i = leaf->id + 1; i < leaf->tape->count; i++)
            for (int k = 0; k < leaf->tape->nodes[i]->nargs; k++)
                if (leaf->tape->nodes[i]->args[k] == leaf) {
                    tg_fail(leaf->tape, leaf->where,
                            "require_grad: the input is in use already (%s:%d); ask before",
                            leaf->tape->nodes[i]->where.file, leaf->tape->nodes[i]->where.line);
                    return;
                }
    }
    if (leaf->tape->failed) return;
    leaf->requires_grad = wanted && !leaf->tape->spec.inference;
    if (leaf->requires_grad) tg_grad_buffer(leaf);
}

tg_node *tg_name(tg_node *node, const char *name) {
    if (!node || !name || node->param) return node;
    size_t size = strlen(name) + 1;
    char *copy = tg_arena_alloc(&node->tape->arena, size, 8);
    if (!copy) {
        tg_fail(node->tape, node->where, "name: out of memory");
        return node;
    }
    memcpy(copy, name, size);
    node->name = copy;
    return node;
}

/* ---- inference ---- */

bool tg_infer_fail(tg_infer *in, const char *format, ...) {
    char message[400];
    va_list va;
    va_start(va, format);
    vsnprintf(message, sizeof message, format, va);
    va_end(va);
    tg_fail(in->tape, in->where, "%s: %s", in->op_name, message);
    return false;
}

bool tg_infer_same(tg_infer *in) {
    in->y = *in->x[0];
    return true;
}

bool tg_infer_broadcast(tg_infer *in) {
    in->y = *in->x[0];
    for (int k = 1; k < in->nargs; k++) {
        if (tg_shape_broadcast(&in->y, in->x[k], &in->y)) continue;
        char a[TG_SHAPE_TEXT], b[TG_SHAPE_TEXT];
        return tg_infer_fail(in,
                             "shapes %s and %s do not broadcast: aligned at the right, each pair of sizes "
                             "must be equal or contain a 1",
                             tg_shape_text(in->x[0], a, sizeof a), tg_shape_text(in->x[k], b, sizeof b));
    }
    return true;
}

bool tg_infer_axis(tg_infer *in, int axis, int rank, int *normal) {
    if (axis < -rank || axis >= rank) return tg_infer_fail(in, "axis %d of a tensor of rank %d", axis, rank);
    *normal = axis < 0 ? axis + rank : axis;
    return true;
}

bool tg_infer_range(tg_infer *in, const char *option, double value, double low, double high) {
    if (isfinite(value) && value >= low && value <= high) return true;
    if (isfinite(low) && isfinite(high))
        return tg_infer_fail(in, "%s is %g; it must lie between %g and %g", option, value, low, high);
    if (isfinite(low))
        return tg_infer_fail(in, "%s is %g; it must be finite and at least %g", option, value, low);
    if (isfinite(high))
        return tg_infer_fail(in, "%s is %g; it must be finite and at most %g", option, value, high);
    return tg_infer_fail(in, "%s is %g; it must be finite", option, value);
}

/* ---- ops ---- */

static bool check_args(tg_where where, const tg_op *op, int nargs, tg_node *const *args, tg_tape *tape) {
    if (op->arity != TG_VARIADIC && nargs != op->arity) {
        tg_fail(tape, where, "%s: %d arguments; it takes %d", op->name, nargs, op->arity);
        return false;
    }
    for (int k = 0; k < nargs; k++) {
        if (args[k]->tape != tape) {
            tg_fail(tape, where, "%s: argument %d is a node of another tape", op->name, k + 1);
            return false;
        }
        bool wants_int = k < TG_MAX_ARGS && (op->int_args >> k & 1);
        if (wants_int == (args[k]->dtype == TG_I32)) continue;
        tg_fail(tape, where, "%s: argument %d is %s; %s is needed", op->name, k + 1,
                tg_dtype_name(args[k]->dtype), tg_dtype_name(wants_int ? TG_I32 : tape->spec.dtype));
        return false;
    }
    return true;
}

static bool is_direct(const tg_node *node) {
    for (int k = 0; k < node->nargs; k++)
        if (node->args[k]->size != node->size) return false;
    return true;
}

static bool give_memory(tg_node *node, const tg_infer *in) {
    tg_arena *arena = &node->tape->arena;
    if (in->saved && !(node->saved = tg_arena_alloc(arena, tg_padded((int64_t)in->saved, 1), TG_ALIGN)))
        return false;
    node->scratch = in->scratch;
    if (in->scratch > node->tape->scratch_wanted) node->tape->scratch_wanted = in->scratch;
    if (node->tape->spec.lazy) return true;
    if (node->op->view)
        node->value = node->args[0]->value;
    else
        node->value = tg_arena_alloc(arena, tg_padded(node->size, in->real_size), TG_ALIGN);
    return node->value != NULL;
}

tg_node *tg_apply_at(tg_where where, const tg_op *op, const void *options, int nargs, tg_node *const *args) {
    const tg_shape *few[TG_MAX_ARGS], **shapes = few;
    if (!op || nargs < 1 || !args) return NULL;
    tg_tape *tape = NULL;
    for (int k = 0; k < nargs && !tape; k++) tape = args[k] ? args[k]->tape : NULL;
    if (!tape || tape->failed) return NULL;
    for (int k = 0; k < nargs; k++) {
        if (args[k]) continue;
        tg_fail(tape, where, "%s: argument %d is NULL", op->name, k + 1);
        return NULL;
    }
    if (!check_args(where, op, nargs, args, tape)) return NULL;

    tg_mark before = tg_tape_mark(tape);
    tg_node *node = new_node(tape, where, nargs, op->options_size);
    if (!node) return out_of_memory(tape, where, op->name, &(tg_shape){0});
    if (node->operands) shapes = (const tg_shape **)(node->operands + nargs);
    if (op->options_size) {
        if (options)
            memcpy((void *)(uintptr_t)node->options, options, op->options_size);
        else
            memset((void *)(uintptr_t)node->options, 0, op->options_size);
    }
    node->op = op;
    node->dtype = tape->spec.dtype;
    node->kernel = tg_kernel_of(op, node->dtype);
    for (int k = 0; k < nargs; k++) {
        if (args[k]->stale && !tg_refresh(args[k])) goto fail;
        node->args[k] = args[k];
        shapes[k] = &args[k]->shape;
        node->requires_grad |= args[k]->requires_grad;
    }
    tg_infer in = {.options = node->options,
                   .nargs = nargs,
                   .x = shapes,
                   .dtype = node->dtype,
                   .real_size = tg_dtype_size(node->dtype),
                   .tape = tape,
                   .op_name = op->name,
                   .where = where};
    if (!op->infer(&in)) goto fail;
    node->shape = in.y;
    node->size = tg_shape_count(&in.y, in.real_size);
    if (node->size < 0) {
        char text[TG_SHAPE_TEXT];
        tg_fail(tape, where, "%s: the result would have the impossible shape %s", op->name,
                tg_shape_text(&in.y, text, sizeof text));
        goto fail;
    }
    node->direct = op->elementwise && is_direct(node);
    if (!give_memory(node, &in)) {
        out_of_memory(tape, where, op->name, &in.y);
        goto fail;
    }
    append(node);
    if (tape->spec.lazy || tg_exec_forward(node)) return node;
fail:
    tg_tape_rewind(tape, before);
    return NULL;
}

tg_cost tg_cost_of(const tg_node *node) {
    if (!node || !node->op) return (tg_cost){0, 0};
    if (!node->op->cost) {
        double n = (double)node->size * node->op->flops;
        return (tg_cost){n, 2 * n};
    }
    const tg_shape *few[TG_MAX_ARGS], **shapes = few;
    if (node->operands) shapes = (const tg_shape **)(node->operands + node->nargs);
    for (int k = 0; k < node->nargs; k++) shapes[k] = &node->args[k]->shape;
    tg_infer in = {.options = node->options,
                   .nargs = node->nargs,
                   .x = shapes,
                   .dtype = node->dtype,
                   .real_size = tg_dtype_size(node->dtype),
                   .y = node->shape};
    return node->op->cost(&in);
}
