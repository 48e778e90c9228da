/* plan_run.c: executes a plan. */
#include "plan_internal.h"

#include <string.h>

static void refresh(const tg_tape *tape, tg_plan_step *step) {
    step->e.seed = tape->spec.seed;
    step->e.stream = tape->step << 24 ^ (uint64_t)step->node->id;
    step->e.training = !tape->spec.evaluation;
}

static bool give_scratch(tg_plan_step *step) {
    return !step->node->scratch || (step->e.scratch = tg_scratch(step->node, step->node->scratch));
}

tg_plan *tg_plan_of(tg_tape *tape) {
    if (tape->plan) return tape->plan;
    tg_plan *plan = tg_alloc(sizeof *plan);
    if (plan) {
        plan->tape = tape;
        tape->plan = plan;
        if (tg_plan_forward(plan)) return plan;
        tg_plan_drop(tape);
    }
    tg_fail(tape, (tg_where){0}, "replay: out of memory for the execution plan of %d nodes", tape->count);
    return NULL;
}

bool tg_plan_replay(tg_plan *plan) {
    tg_tape *tape = plan->tape;
    for (int i = 0; i < plan->stale_count; i++) plan->stale[i]->stale = true;
    for (int i = 0; i < plan->forward_count; i++) {
        tg_plan_step *step = &plan->forward[i];
        if (step->chain) {
            tg_chain_forward(step->chain);
            continue;
        }
        if (!step->ready) {
            refresh(tape, step);
            if (!give_scratch(step)) return false;
        }
        step->run(&step->e);
    }
    return true;
}

/* A scalar's gradient is one cache line, for which a call of memset is slow. */
static void clear(void *memory, size_t bytes) {
    if (bytes == TG_ALIGN)
        memset(memory, 0, TG_ALIGN);
    else
        memset(memory, 0, bytes);
}

/* Keeps what the kernel knows of gradients of parameters. */
static void note_finite(const tg_plan_step *step) {
    for (int k = 0; k < step->node->nargs && k < 32; k++)
        if (step->e.finite >> k & 1 && step->x[k].param) step->x[k].param->grad_finite = true;
}

void tg_plan_aim(tg_plan_step *step) {
    const tg_node *node = step->node;
    step->e.fresh = step->e.finite = 0;
    step->e.dx = step->dx;
    for (int k = 0; k < node->nargs; k++) {
        const tg_operand *o = &step->x[k];
        step->dx[k] = o->dx;
        if (!o->dx) continue;
        if (o->has ? !*o->has : o->fresh) {
            if (node->op->assigns && k < 32)
                step->e.fresh |= 1u << k;
            else
                clear(o->dx, o->bytes);
        }
        tg_operand_written(o);
    }
}

/* Whether dx and fresh are the same in every pass. */
static bool aims_alike(const tg_plan_step *step) {
    if (!step->x) return true; /* forward */
    for (int k = 0; k < step->node->nargs; k++) {
        const tg_operand *o = &step->x[k];
        if (o->dx && (o->has || o->param || (o->fresh && (!step->node->op->assigns || k >= 32))))
            return false;
    }
    return true;
}

void tg_plan_prepare(tg_plan_step *step) {
    const tg_op *op = step->node->op;
    step->run = step->x ? step->node->kernel->backward : step->node->kernel->forward;
    step->ready = op->built_in && !op->random && !step->node->scratch && aims_alike(step);
    if (step->ready && step->x) tg_plan_aim(step);
}

static void add_view(tg_plan_step *step) {
    const tg_operand *o = step->x;
    const tg_dtype dtype = step->node->dtype;
    if (o->has ? !*o->has : o->fresh)
        memcpy(o->dx, step->e.dy, (size_t)o->size * tg_dtype_size(dtype));
    else
        tg_block_ops_of(dtype)->add(o->size, o->dx, step->e.dy);
    tg_operand_written(o);
}

static bool overlap(const void *a, size_t a_bytes, const void *b, size_t b_bytes) {
    return b && (uintptr_t)a < (uintptr_t)b + b_bytes && (uintptr_t)b < (uintptr_t)a + a_bytes;
}

#define LARGE (64u << 10) /* bytes of a cotangent below which a copy costs less than the questions */

/* Whether kernels can read the cotangent where the caller keeps it: aligned, without need of padding, and in
   no gradient that the pass writes. */
static bool serves_in_place(const tg_plan *plan, const void *cotangent) {
    const tg_node *root = plan->root;
    const size_t bytes = (size_t)root->size * tg_dtype_size(root->dtype);
    if (bytes < LARGE || root->retain_grad || root->size % 16 || (uintptr_t)cotangent % TG_ALIGN)
        return false;
    if (overlap(cotangent, bytes, plan->pool, plan->pool_size)) return false;
    for (int i = 0; i < plan->tape->count; i++) {
        const tg_node *node = plan->tape->nodes[i];
        if (overlap(cotangent, bytes, node->grad, tg_padded(node->size, tg_dtype_size(node->dtype))))
            return false;
    }
    return true;
}

/* The first step, the only one that reads the gradient of the root, is pointed at it. */
static void seed(tg_plan *plan, const void *cotangent) {
    const tg_node *root = plan->root;
    tg_plan_step *first = plan->backward;
    char *dy = plan->root_gradient;
    if (cotangent && serves_in_place(plan, cotangent))
        dy = (char *)(uintptr_t)cotangent;
    else if (cotangent)
        memcpy(dy, cotangent, (size_t)root->size * tg_dtype_size(root->dtype));
    else if (!plan->ones)
        tg_block_ops_of(root->dtype)->ones(root->size, dy);
    if (dy == plan->root_gradient) plan->ones = !cotangent;
    if (first->chain)
        first->chain->dy = dy;
    else
        first->e.dy = dy;
}

bool tg_plan_play_back(tg_plan *plan, const void *cotangent) {
    seed(plan, cotangent);
    for (int i = 0; i < plan->backward_count; i++) {
        tg_plan_step *step = &plan->backward[i];
        if (step->panel) {
            if (!tg_plan_run_panels(step)) return false;
            i += 2;
        } else if (step->chain) {
            if (!tg_chain_backward(step->chain)) return false;
        } else if (step->adds) {
            add_view(step);
        } else if (step->ready) {
            step->run(&step->e);
        } else {
            refresh(plan->tape, step);
            if (!give_scratch(step)) return false;
            tg_plan_aim(step);
            step->run(&step->e);
            if (step->e.finite) note_finite(step);
        }
    }
    return true;
}
