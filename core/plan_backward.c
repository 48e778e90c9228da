/* plan_backward.c: derives what a backward pass from one root executes: only nodes on the way to leaves that
   want a gradient, the first contribution to a gradient written and later ones added, gradients that live at
   different times in the same memory. */
#include "plan_internal.h"

#include <string.h>

#define NOWHERE SIZE_MAX

/* The pool of gradients in the making: which bytes are taken. */
typedef struct span {
    size_t at, size;
} span;

typedef struct maker {
    tg_plan *plan;
    tg_node *root;
    bool *active;  /* by node id: its gradient is needed */
    bool *written; /* its gradient has got a contribution */
    size_t *at;    /* where in the pool its gradient is; NOWHERE */
    span *taken;   /* sorted by place */
    int taken_count;
    bool in_panel; /* the steps from the last node's on are run by panels, up to the next node's */
    bool failed;
} maker;

static void *make(maker *m, size_t count, size_t size) {
    void *memory = tg_arena_alloc(&m->plan->backward_arena, (count ? count : 1) * size, 8);
    if (memory)
        memset(memory, 0, count * size);
    else
        m->failed = true;
    return memory;
}

/* ---- memory by lifetime: first fit ---- */

static size_t gradient_bytes(const tg_node *node) {
    return tg_padded(node->size, tg_dtype_size(node->dtype));
}

static size_t take(maker *m, size_t size) {
    size_t at = 0;
    int i = 0;
    while (i < m->taken_count && m->taken[i].at < at + size) {
        at = m->taken[i].at + m->taken[i].size;
        i++;
    }
    memmove(&m->taken[i + 1], &m->taken[i], (size_t)(m->taken_count - i) * sizeof *m->taken);
    m->taken[i] = (span){at, size};
    m->taken_count++;
    if (at + size > m->plan->pool_size) m->plan->pool_size = at + size;
    return at;
}

static void give_back(maker *m, size_t at) {
    for (int i = 0; i < m->taken_count; i++) {
        if (m->taken[i].at != at) continue;
        memmove(&m->taken[i], &m->taken[i + 1], (size_t)(m->taken_count - i - 1) * sizeof *m->taken);
        m->taken_count--;
        return;
    }
}

/* ---- where gradients go ---- */

/* Whether the gradient of an argument stands in the pool: that of an inner node whose user did not ask for
 * it. */
static bool pooled(const tg_node *node) {
    return node->op && !node->retain_grad;
}

/* Until the pool's size is known, its addresses are places counted from 1. */
static char *place(size_t at) {
    return (char *)(uintptr_t)(at + 1);
}

/* rows: of the gradient of which memory is needed at a time; 0: all. */
static void aim(maker *m, tg_operand *o, tg_node *arg, int64_t rows) {
    if (!arg->requires_grad) return;
    if (!pooled(arg)) {
        o->dx = tg_grad_buffer(arg);
        if (!o->dx) m->failed = true;
        if (arg->op)
            o->fresh = !m->written[arg->id];
        else
            o->has = tg_grad_flag(arg), o->param = arg->param;
    } else {
        if (m->at[arg->id] == NOWHERE) {
            m->at[arg->id] = take(m, rows ? tg_padded(rows * arg->shape.dim[1], tg_dtype_size(arg->dtype))
                                          : gradient_bytes(arg));
            m->plan->apart_size += gradient_bytes(arg);
        }
        o->dx = place(m->at[arg->id]);
        o->fresh = !m->written[arg->id];
    }
    m->written[arg->id] = true;
}

static char *arriving(const maker *m, const tg_node *node) {
    return pooled(node) ? place(m->at[node->id]) : node->grad;
}

/* The gradient of node becomes that of arg, in the same memory. */
static bool may_hand_over(const maker *m, const tg_node *node, const tg_node *arg) {
    return node != m->root && pooled(node) && pooled(arg) && arg->requires_grad && !m->written[arg->id] &&
           arg->size == node->size;
}

static void hand_over(maker *m, const tg_node *node, const tg_node *arg) {
    m->at[arg->id] = m->at[node->id];
    m->written[arg->id] = true;
    m->at[node->id] = NOWHERE;
    m->plan->apart_size += gradient_bytes(arg);
}

/* ---- steps ---- */

static void chain_step(maker *m, tg_plan_step *step, const tg_plan_step *forward) {
    const tg_chain *f = forward->chain;
    tg_chain *chain = make(m, 1, sizeof *chain);
    tg_link *links = make(m, (size_t)f->count, sizeof *links);
    if (m->failed) return;
    *chain = *f;
    chain->links = links;
    tg_node *last = f->links[f->count - 1].node, *given = NULL;
    chain->dy = arriving(m, last);
    chain->panel = m->in_panel;
    for (int i = f->count; i-- > 0;) {
        tg_node *node = f->links[i].node;
        links[i] = f->links[i];
        links[i].x = make(m, (size_t)node->nargs, sizeof *links[i].x);
        if (m->failed) return;
        memcpy(links[i].x, f->links[i].x, (size_t)node->nargs * sizeof *links[i].x);
        if (!node->requires_grad) continue;
        for (int k = 0; k < node->nargs; k++) {
            tg_operand *o = &links[i].x[k];
            if (o->inner) continue;
            if (i == 0 && !given && may_hand_over(m, last, node->args[k])) {
                given = node->args[k];
                o->dx = chain->dy;
                o->fresh = true;
                hand_over(m, last, given);
                chain->copy_dy = f->count == 1;
            } else {
                aim(m, o, node->args[k], 0);
            }
        }
    }
    *step = (tg_plan_step){.chain = chain, .node = last};
    tg_chain_aim(chain);
}

static void node_step(maker *m, tg_plan_step *step, const tg_plan_step *forward) {
    tg_node *node = forward->node;
    *step = *forward;
    step->x = make(m, (size_t)node->nargs, sizeof *step->x);
    step->dx = make(m, (size_t)node->nargs, sizeof *step->dx);
    if (m->failed) return;
    step->e.dy = arriving(m, node);
    if (!m->in_panel) step->panel = tg_plan_panel(m->plan, node, m->active, m->written);
    m->in_panel = step->panel > 0;
    for (int k = 0; k < node->nargs; k++) {
        step->x[k].size = node->args[k]->size;
        step->x[k].bytes = gradient_bytes(node->args[k]);
        aim(m, &step->x[k], node->args[k], k == 0 ? step->panel : 0);
    }
}

/* A view hands its gradient over where it can, and adds it otherwise. True when it needs a step. */
static bool view_step(maker *m, tg_plan_step *step, tg_node *node) {
    tg_node *arg = node->args[0];
    if (may_hand_over(m, node, arg)) {
        hand_over(m, node, arg);
        return false;
    }
    *step = (tg_plan_step){.node = node, .adds = true};
    step->x = make(m, 1, sizeof *step->x);
    if (m->failed) return false;
    step->e.dy = arriving(m, node);
    step->x->size = node->size;
    aim(m, step->x, arg, 0);
    return true;
}

static const tg_plan_step *forward_of(const tg_plan *plan, const tg_node *node) {
    int low = 0, high = plan->forward_count - 1;
    while (low < high) {
        int middle = (low + high) / 2;
        if (plan->forward[middle].node->id < node->id)
            low = middle + 1;
        else
            high = middle;
    }
    return &plan->forward[low];
}

static void make_steps(maker *m) {
    tg_plan *plan = m->plan;
    for (int i = m->root->id; i >= 0 && !m->failed; i--) {
        tg_node *node = plan->tape->nodes[i];
        if (!m->active[i] || !node->op) continue;
        tg_plan_step *step = &plan->backward[plan->backward_count];
        const int c = plan->chain_of[i];
        if (c >= 0 && plan->chains[c].node[plan->chains[c].count - 1] != i) continue;
        bool needed = true;
        if (node->op->view)
            needed = view_step(m, step, node);
        else if (forward_of(plan, node)->chain)
            chain_step(m, step, forward_of(plan, node));
        else
            node_step(m, step, forward_of(plan, node));
        plan->backward_count += needed;
        if (m->at[i] != NOWHERE && node != m->root) give_back(m, m->at[i]);
    }
}

/* ---- from places to addresses ---- */

static void settle(const tg_plan *plan, const tg_node *arg, tg_operand *o) {
    if (o->dx && pooled(arg)) o->dx = (char *)plan->pool + ((uintptr_t)o->dx - 1);
}

static char *settled(const tg_plan *plan, const tg_node *node, const void *dy) {
    return pooled(node) ? (char *)plan->pool + ((uintptr_t)dy - 1) : (char *)(uintptr_t)dy;
}

static void settle_all(tg_plan *plan) {
    for (int i = 0; i < plan->backward_count; i++) {
        tg_plan_step *step = &plan->backward[i];
        if (step->chain) {
            step->chain->dy = settled(plan, step->node, step->chain->dy);
            for (int j = 0; j < step->chain->count; j++)
                for (int k = 0; k < step->chain->links[j].node->nargs; k++)
                    settle(plan, step->chain->links[j].node->args[k], &step->chain->links[j].x[k]);
            continue;
        }
        step->e.dy = settled(plan, step->node, step->e.dy);
        for (int k = 0; k < (step->adds ? 1 : step->node->nargs); k++)
            settle(plan, step->node->args[k], &step->x[k]);
        if (!step->adds) tg_plan_prepare(step);
    }
}

static bool find_active(maker *m) {
    m->active[m->root->id] = true;
    for (int i = m->root->id; i >= 0; i--) {
        const tg_node *node = m->plan->tape->nodes[i];
        if (!m->active[i]) continue;
        if (node->op && !node->op->view && !node->kernel->backward) return false;
        for (int k = 0; k < node->nargs; k++)
            if (node->args[k]->requires_grad) m->active[node->args[k]->id] = true;
    }
    return true;
}

bool tg_plan_backward(tg_plan *plan, tg_node *root) {
    const int c = plan->chain_of[root->id];
    if (!root->op || (c >= 0 && plan->chains[c].node[plan->chains[c].count - 1] != root->id)) return false;
    plan->root = NULL;
    plan->backward_count = 0;
    plan->pool_size = plan->apart_size = 0;
    plan->backward_arena.current = 0;
    plan->backward_arena.used = 0;
    size_t n = (size_t)plan->tape->count;
    maker m = {.plan = plan, .root = root};
    m.active = make(&m, n, sizeof *m.active);
    m.written = make(&m, n, sizeof *m.written);
    m.at = make(&m, n, sizeof *m.at);
    m.taken = make(&m, n + 1, sizeof *m.taken);
    plan->backward = make(&m, n, sizeof *plan->backward);
    if (!m.failed) {
        for (size_t i = 0; i < n; i++) m.at[i] = NOWHERE;
        if (!find_active(&m)) return false;
        if (pooled(root))
            plan->apart_size = gradient_bytes(root), m.at[root->id] = take(&m, gradient_bytes(root));
        else if (!tg_grad_buffer(root))
            m.failed = true;
        plan->root_gradient = arriving(&m, root);
        make_steps(&m);
    }
    tg_tensor_free(plan->pool);
    plan->pool = m.failed ? NULL : tg_tensor_alloc((int64_t)plan->pool_size, 1);
    if (!plan->pool) {
        if (m.failed)
            tg_fail(plan->tape, root->where, "backward: out of memory for the plan of %zu nodes", n);
        else
            tg_fail(plan->tape, root->where, "backward: out of memory for gradients of %zu bytes",
                    plan->pool_size);
        return false;
    }
    settle_all(plan);
    plan->root_gradient = settled(plan, root, plan->root_gradient);
    for (size_t i = 0; i < n; i++)
        if (plan->tape->nodes[i]->op)
            plan->tape->nodes[i]->has_grad = m.active[i] && plan->tape->nodes[i]->retain_grad;
    plan->root = root;
    plan->ones = false;
    return true;
}
