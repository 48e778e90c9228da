/* exec.c: evaluating one node forward or backward, and whole tapes op by op. core/plan.c derives a faster
   order of the same work. */
#include "plan_internal.h"

#include <string.h>

/* Where saved and scratch memory of no bytes stands: kernels may offset the pointer by 0, which C forbids for
   NULL. */
static _Alignas(TG_ALIGN) char nothing[TG_ALIGN];

void tg_eval_init(tg_node *node, tg_eval *e, const void **x, const tg_shape **xshape) {
    for (int k = 0; k < node->nargs; k++) {
        x[k] = node->args[k]->value;
        xshape[k] = &node->args[k]->shape;
    }
    *e = (tg_eval){
        .n = node->size,
        .nargs = node->nargs,
        .x = x,
        .y = node->value,
        .saved = node->saved ? node->saved : nothing,
        .scratch = nothing,
        .options = node->options,
        .xshape = xshape,
        .yshape = &node->shape,
        .seed = node->tape->spec.seed,
        .stream = node->tape->step << 24 ^ (uint64_t)node->id,
        .training = !node->tape->spec.evaluation,
        .threads = node->op->elementwise ? 1 : tg_tape_threads(node->tape),
    };
}

/* Arrays for the arguments of a node: on the caller's stack where they fit, else they stand behind the node.
 */
typedef struct operands {
    const void *x[TG_MAX_ARGS];
    const tg_shape *xshape[TG_MAX_ARGS];
    void *dx[TG_MAX_ARGS];
} operands;

static bool with_operands(tg_node *node, bool (*run)(tg_node *, tg_eval *, void **dx)) {
    operands few;
    tg_eval e;
    if (node->nargs <= TG_MAX_ARGS) {
        tg_eval_init(node, &e, few.x, few.xshape);
        return run(node, &e, few.dx);
    }
    void **many = node->operands;
    tg_eval_init(node, &e, (const void **)many, (const tg_shape **)(many + node->nargs));
    return run(node, &e, many + 2 * node->nargs);
}

static bool forward(tg_node *node, tg_eval *e, void **dx) {
    (void)dx;
    if (node->scratch && !(e->scratch = tg_scratch(node, node->scratch))) return false;
    node->kernel->forward(e);
    return true;
}

bool tg_exec_forward(tg_node *node) {
    if (!node->op) return true;
    node->stale = false;
    if (node->op->view) {
        node->value = node->args[0]->value;
        return true;
    }
    return node->op->elementwise ? tg_elementwise_forward(node) : with_operands(node, forward);
}

void *tg_grad_ready(tg_node *node) {
    bool *has = tg_grad_flag(node);
    void *grad = tg_grad_buffer(node);
    if (!grad) return NULL;
    if (!*has) memset(grad, 0, tg_padded(node->size, tg_dtype_size(node->dtype)));
    *has = true;
    return grad;
}

void *tg_grad_target(tg_node *node, int k, tg_eval *e) {
    tg_node *arg = node->args[k];
    if (!node->op->assigns || k >= 32 || *tg_grad_flag(arg)) return tg_grad_ready(arg);
    *tg_grad_flag(arg) = true;
    e->fresh |= 1u << k;
    return tg_grad_buffer(arg);
}

/* The first share is copied, not added to zeros: that would change the sign of -0. */
static bool add_to_gradient(tg_node *node, const void *share) {
    bool *has = tg_grad_flag(node);
    void *grad = tg_grad_buffer(node);
    if (!grad) return false;
    if (*has)
        tg_block_ops_of(node->dtype)->add(node->size, grad, share);
    else
        memcpy(grad, share, (size_t)node->size * tg_dtype_size(node->dtype));
    *has = true;
    return true;
}

static bool backward(tg_node *node, tg_eval *e, void **dx) {
    if (node->op->view) return !node->args[0]->requires_grad || add_to_gradient(node->args[0], node->grad);
    e->dx = dx;
    e->dy = node->grad;
    for (int k = 0; k < node->nargs; k++) {
        dx[k] = NULL;
        if (node->args[k]->requires_grad && !(dx[k] = tg_grad_target(node, k, e))) return false;
    }
    if (node->scratch && !(e->scratch = tg_scratch(node, node->scratch))) return false;
    node->kernel->backward(e);
    return true;
}

bool tg_exec_backward(tg_node *node) {
    if (!node->op || !node->requires_grad || !node->has_grad) return true;
    if (!node->op->view && !node->kernel->backward) {
        tg_fail(node->tape, node->where, "%s: has no derivative", node->op->name);
        return false;
    }
    return node->op->elementwise ? tg_elementwise_backward(node) : with_operands(node, backward);
}

bool tg_branch(tg_node *node, int32_t *branch) {
    if (!node || !node->op || !node->kernel || !node->kernel->branch || !node->value) return false;
    if (node->op->elementwise) {
        tg_elementwise_branch(node, branch);
        return true;
    }
    operands few;
    tg_eval e;
    if (node->nargs > TG_MAX_ARGS) return false;
    tg_eval_init(node, &e, few.x, few.xshape);
    if (node->scratch && !(e.scratch = tg_scratch(node, node->scratch))) return false;
    node->kernel->branch(&e, branch);
    return true;
}

/* ---- the calls ---- */

static bool give_value(tg_node *node) {
    if (node->value || (node->op && node->op->view)) return true;
    node->value =
        tg_arena_alloc(&node->tape->arena, tg_padded(node->size, tg_dtype_size(node->dtype)), TG_ALIGN);
    return node->value || tg_node_no_memory(node->tape, node->where, node->op->name, &node->shape);
}

bool tg_refresh(tg_node *node) {
    if (!node->stale) return true;
    for (int k = 0; k < node->nargs; k++)
        if (!tg_refresh(node->args[k])) return false;
    return give_value(node) && tg_exec_forward(node);
}

bool tg_forward_one(tg_node *node) {
    if (!node || node->tape->failed || !tg_must_be_on_tape(node, "forward_one")) return false;
    for (int k = 0; k < node->nargs; k++)
        if (!tg_refresh(node->args[k]) || !node->args[k]->value) return false;
    return give_value(node) && tg_exec_forward(node);
}

bool tg_replay(tg_tape *tape) {
    if (!tape || tape->failed) return false;
    tape->step++;
    if (!tape->spec.no_plan && tape->spec.dtype != TG_DUAL) {
        tg_plan *plan = tg_plan_of(tape);
        return plan && tg_plan_replay(plan);
    }
    for (int i = 0; i < tape->count; i++)
        if (!give_value(tape->nodes[i]) || !tg_exec_forward(tape->nodes[i])) return false;
    return true;
}

/* Whether a backward pass can start at node; otherwise the tape says why. */
static bool can_begin(tg_node *node) {
    if (!node || node->tape->failed) return false;
    tg_tape *tape = node->tape;
    if (!tg_must_be_on_tape(node, "backward")) return false;
    if (!node->requires_grad) {
        tg_fail(tape, node->where,
                "backward: the node %s depends on no parameter and on no input that requires a "
                "gradient%s",
                node->op            ? node->op->name
                : *tg_name_of(node) ? tg_name_of(node)
                                    : "without a name",
                tape->spec.inference ? " (the tape records for inference)" : "");
        return false;
    }
    if (!node->value && !node->stale) {
        tg_fail(tape, node->where, "backward: the tape is lazy and has not been replayed");
        return false;
    }
    return true;
}

bool tg_backward_begin(tg_node *node, const void *cotangent) {
    if (!can_begin(node)) return false;
    tg_tape *tape = node->tape;
    for (int i = 0; i < tape->count; i++) {
        if (!tg_refresh(tape->nodes[i])) return false;
        if (tape->nodes[i]->op) tape->nodes[i]->has_grad = false;
    }
    if (tape->plan) tape->plan->root = NULL;
    if (cotangent) return add_to_gradient(node, cotangent);
    void *grad = tg_grad_ready(node);
    if (!grad) return false;
    for (int64_t i = 0; i < node->size; i++) switch (node->dtype) {
        case TG_F32:
            ((float *)grad)[i] += 1;
            break;
        case TG_F64:
            ((double *)grad)[i] += 1;
            break;
        default:
            ((double *)grad)[2 * i] += 1;
            break;
        }
    return true;
}

bool tg_backward_one(tg_node *node) {
    return node && !node->tape->failed && tg_must_be_on_tape(node, "backward_one") && tg_exec_backward(node);
}

/* The plan, when replay has made one and it can serve this root. */
static tg_plan *plan_for(tg_node *root) {
    tg_plan *plan = root->tape->plan;
    if (!plan || root->tape->spec.no_plan) return NULL;
    return plan->root == root || tg_plan_backward(plan, root) ? plan : NULL;
}

bool tg_backward_from(tg_node *node, const void *cotangent) {
    if (!can_begin(node)) return false;
    tg_plan *plan = plan_for(node);
    if (plan) return tg_plan_play_back(plan, cotangent);
    if (!tg_backward_begin(node, cotangent)) return false;
    for (int i = node->id; i >= 0; i--)
        if (!tg_exec_backward(node->tape->nodes[i])) return false;
    return true;
}

bool tg_backward(tg_node *loss) {
    if (!loss || loss->tape->failed) return false;
    if (loss->size != 1) {
        char text[TG_SHAPE_TEXT];
        tg_fail(loss->tape, loss->where,
                "backward: %s has shape %s; backward starts from a scalar (sum or mean it, "
                "or give a cotangent to tg_backward_from)",
                loss->op ? loss->op->name : tg_name_of(loss), tg_shape_text(&loss->shape, text, sizeof text));
        return false;
    }
    return tg_backward_from(loss, NULL);
}

void tg_zero_grad(tg_tape *tape) {
    if (!tape) return;
    for (int i = 0; i < tape->count; i++) {
        tg_node *node = tape->nodes[i];
        if (node->param)
            tg_param_zero_grad(node->param);
        else if (!node->op)
            node->has_grad = false;
    }
}
