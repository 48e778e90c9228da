/* record.c: putting leaves on a tape. */
#include "internal.h"

#include <math.h>
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

tg_node *tg_node_new(tg_tape *tape, tg_where where, size_t extra) {
    if (tape->count == tape->capacity && !grow(tape)) return NULL;
    tg_node *node = tg_arena_alloc(&tape->arena, sizeof *node + extra, 8);
    if (!node) return NULL;
    memset(node, 0, offsetof(tg_node, shape));
    node->tape = tape;
    node->where = where;
    node->scope = tape->scope;
    return node;
}

tg_node *tg_node_append(tg_node *node) {
    tg_tape *tape = node->tape;
    if (tape->plan) tg_plan_drop(tape);
    node->id = tape->count;
    tape->nodes[tape->count++] = node;
    return node;
}

tg_node *tg_node_no_memory(tg_tape *tape, tg_where where, const char *what, const tg_shape *shape) {
    char text[TG_SHAPE_TEXT];
    tg_fail(tape, where, "%s: out of memory for a value of shape %s", what,
            tg_shape_text(shape, text, sizeof text));
    return NULL;
}

void *tg_op_no_memory(const tg_node *node, size_t bytes, const char *what) {
    char text[TG_SHAPE_TEXT], shapes[3 * TG_SHAPE_TEXT + 8] = "";
    for (int k = 0, n = 0; k < node->nargs && k < 3; k++)
        n += snprintf(shapes + n, sizeof shapes - (size_t)n, "%s%s", k ? ", " : "",
                      tg_shape_text(&node->args[k]->shape, text, sizeof text));
    tg_fail(node->tape, node->where, "%s: out of memory for %zu bytes %s, with arguments of shape %s%s",
            node->op->name, bytes, what, shapes, node->nargs > 3 ? ", ..." : "");
    return NULL;
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
    tg_node *node = tg_node_new(tape, where, 0);
    if (!node) return tg_node_no_memory(tape, where, what, &shape);
    node->kind = kind;
    node->dtype = dtype;
    node->shape = shape;
    node->size = size;
    if (kind == TG_KIND_PARAM) return node;
    size_t bytes = tg_padded(size, tg_dtype_size(dtype));
    node->value = tg_arena_alloc(&tape->arena, bytes, TG_ALIGN);
    if (!node->value) return tg_node_no_memory(tape, where, what, &shape);
    memset(node->value, 0, bytes);
    return node;
}

tg_node *tg_input_at(tg_where where, tg_tape *tape, const char *name, tg_dtype dtype, int rank,
                     const int64_t *dims) {
    tg_node *node = new_leaf(where, tape, "input", TG_KIND_INPUT, dtype, rank, dims);
    return node ? tg_name(tg_node_append(node), name) : NULL;
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
    return tg_node_append(node);
}

tg_node *tg_scalar_at(tg_where where, tg_tape *tape, double value) {
    if (!tape) return NULL;
    tg_node *node = new_leaf(where, tape, "scalar", TG_KIND_CONSTANT, tape->spec.dtype, 0, NULL);
    if (!node) return NULL;
    tg_node_append(node);
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
    return tg_node_append(node);
}

bool tg_must_be_on_tape(const tg_node *node, const char *call) {
    if (tg_on_tape(node)) return true;
    tg_fail(node->tape, (tg_where){0}, "%s: the node was forgotten by tg_tape_clear or tg_tape_rewind", call);
    return false;
}

static bool settable(tg_node *leaf, const void *data) {
    if (!leaf || !tg_must_be_on_tape(leaf, "set")) return false;
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
    if (!leaf || leaf->tape->failed || !tg_must_be_on_tape(leaf, "require_grad")) return;
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
    if (!node || !name || node->param || !tg_must_be_on_tape(node, "name")) return node;
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
