/* apply.c: putting ops on a tape: their shapes, their memory, and at once their values. */
#include "internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

/* An op that its user has not finished. */
static bool is_complete(tg_where where, const tg_op *op, tg_tape *tape) {
    const char *fault = op->built_in ? NULL : tg_op_fault(op);
    if (fault) tg_fail(tape, where, "%s: %s", op->name ? op->name : "an op", fault);
    return !fault;
}

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
        if (!tg_on_tape(args[k])) {
            tg_fail(tape, where,
                    "%s: argument %d is a node that tg_tape_clear or tg_tape_rewind has forgotten", op->name,
                    k + 1);
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

static bool impossible(tg_infer *in) {
    char text[TG_SHAPE_TEXT];
    return tg_infer_fail(in, "the result would have the impossible shape %s",
                         tg_shape_text(&in->y, text, sizeof text));
}

static bool give_memory(tg_node *node, const tg_infer *in) {
    tg_tape *tape = node->tape;
    if (in->saved &&
        !(node->saved = tg_arena_alloc(&tape->arena, tg_padded((int64_t)in->saved, 1), TG_ALIGN)))
        return tg_op_no_memory(node, in->saved, "that forward keeps for backward");
    node->scratch = in->scratch;
    if (in->scratch > tape->scratch_wanted) tape->scratch_wanted = in->scratch;
    if (tape->spec.lazy) return true;
    if (node->op->view)
        node->value = node->args[0]->value;
    else
        node->value = tg_arena_alloc(&tape->arena, tg_padded(node->size, in->real_size), TG_ALIGN);
    return node->value != NULL;
}

/* The arguments and, for more than TG_MAX_ARGS of them, the arrays that a call needs. */
static void give_args(tg_node *node, int nargs, tg_node *const *args, void **wide, char *behind) {
    node->nargs = nargs;
    node->args = wide ? (tg_node **)wide : (tg_node **)behind;
    node->operands = wide ? wide + nargs : NULL;
    node->direct = node->op->elementwise;
    for (int k = 0; k < nargs; k++) {
        node->args[k] = args[k];
        node->requires_grad |= args[k]->requires_grad;
        if (args[k]->size != node->size) node->direct = false;
    }
}

static tg_node *make_node(tg_infer *in, const tg_op *op, tg_node *const *args, int64_t size, void **wide) {
    const size_t args_size = wide ? 0 : (size_t)in->nargs * sizeof *args;
    tg_node *node = tg_node_new(in->tape, in->where, args_size + op->options_size);
    if (!node) return NULL;
    char *behind = (char *)(node + 1);
    if (op->options_size) node->options = memcpy(behind + args_size, in->options, op->options_size);
    node->op = op;
    node->dtype = in->dtype;
    node->kernel = tg_kernel_of(op, node->dtype);
    node->shape.rank = in->y.rank;
    for (int i = 0; i < in->y.rank; i++) node->shape.dim[i] = in->y.dim[i];
    node->size = size;
    give_args(node, in->nargs, args, wide, behind);
    return give_memory(node, in) ? node : NULL;
}

/* The tape of the first argument that is no NULL; NULL when that has failed, or with an error for a NULL. */
static tg_tape *common_tape(tg_where where, const tg_op *op, int nargs, tg_node *const *args) {
    tg_tape *tape = NULL;
    bool hole = false;
    for (int k = 0; k < nargs; k++) {
        if (!args[k])
            hole = true;
        else if (!tape)
            tape = args[k]->tape;
    }
    if (!tape || tape->failed) return NULL;
    if (!hole) return tape;
    tg_fail(tape, where, "%s: an argument is NULL", op->name);
    return NULL;
}

static const char no_options[1024]; /* all zero */

tg_node *tg_apply_at(tg_where where, const tg_op *op, const void *options, int nargs, tg_node *const *args) {
    if (!op || nargs < 1 || !args) return NULL;
    tg_tape *tape = common_tape(where, op, nargs, args);
    if (!tape || !is_complete(where, op, tape) || !check_args(where, op, nargs, args, tape)) return NULL;
    for (int k = 0; k < nargs; k++)
        if (args[k]->stale && !tg_refresh(args[k])) return NULL;

    const tg_mark before = tg_tape_mark(tape);
    const tg_shape *few[TG_MAX_ARGS], **shapes = few;
    void **wide = NULL;
    if (nargs > TG_MAX_ARGS) {
        wide = tg_arena_alloc(&tape->arena, 4 * (size_t)nargs * sizeof *wide, 8);
        if (!wide) return tg_node_no_memory(tape, where, op->name, &args[0]->shape);
        shapes = (const tg_shape **)(wide + 2 * nargs);
    }
    for (int k = 0; k < nargs; k++) shapes[k] = &args[k]->shape;
    tg_infer in;
    in.options = !op->options_size ? NULL : options ? options : no_options;
    in.nargs = nargs;
    in.x = shapes;
    in.dtype = tape->spec.dtype;
    in.real_size = tg_dtype_size(in.dtype);
    in.tape = tape;
    in.y.rank = 0;
    in.saved = in.scratch = 0;
    in.op_name = op->name;
    in.where = where;
    tg_node *node = NULL;
    if (op->infer(&in)) {
        int64_t size = tg_shape_count(&in.y, in.real_size);
        if (size < 0)
            impossible(&in);
        else if ((op->built_in || tg_op_keeps_shapes(&in, op)) &&
                 !(node = make_node(&in, op, args, size, wide)))
            tg_node_no_memory(tape, where, op->name, &in.y);
    } else {
        tg_infer_fail(&in, "its infer rule refused, and did not say why by tg_infer_fail");
    }
    if (node) {
        tg_node_append(node);
        if (tape->spec.lazy || tg_exec_forward(node)) return node;
    }
    tg_tape_rewind(tape, before);
    return NULL;
}

/* Of the arguments that can have a gradient, the share that wants one. */
static double share_wanted(const tg_node *node) {
    int wanted = 0, real_args = 0;
    for (int k = 0; k < node->nargs; k++) {
        real_args += node->args[k]->dtype != TG_I32;
        wanted += node->args[k]->requires_grad;
    }
    return real_args ? (double)wanted / real_args : 0;
}

static tg_cost full_cost(const tg_node *node) {
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

tg_cost tg_cost_of(const tg_node *node) {
    if (!node || !node->op) return (tg_cost){0, 0};
    tg_cost cost = full_cost(node);
    cost.backward *= share_wanted(node);
    return cost;
}
