/* plan.c: derives what a replay executes. Consecutive elementwise nodes, each of which feeds only the next,
   become one chain; a value that nobody needs afterwards is not written to memory, or is overwritten in
   place. Such a value is marked stale and computed again when somebody asks for it. */
#include "plan.h"
#include "plan_internal.h"

#include <string.h>

static void *plan_alloc(tg_plan *plan, size_t count, size_t size) {
    void *memory = tg_arena_alloc(&plan->arena, (count ? count : 1) * size, 8);
    if (memory) memset(memory, 0, count * size);
    return memory;
}

void tg_plan_drop(tg_tape *tape) {
    tg_plan *plan = tape->plan;
    if (!plan) return;
    tape->plan = NULL;
    if (tape->spec.lazy)
        for (int i = 0; i < tape->count; i++) {
            if (!tape->nodes[i]->op) continue;
            tape->nodes[i]->value = NULL; /* it stood in the plan's memory */
            tape->nodes[i]->stale = false;
        }
    tg_tensor_free(plan->pool);
    tg_arena_free(&plan->backward_arena);
    tg_arena_free(&plan->arena);
    tg_release(plan);
}

/* ---- chains ---- */

static bool wants_grad_of(const tg_node *node, const tg_node *leaf) {
    for (int k = 0; k < node->nargs; k++)
        if (!node->args[k]->op && node->args[k]->requires_grad && node->args[k]->grad == leaf->grad)
            return true;
    return false;
}

/* A leaf whose gradient two links of a chain add to would be added to block by block from both: not fused. */
static bool share_a_leaf(const tg_plan *plan, const struct tg_members *chain, const tg_node *node) {
    for (int k = 0; k < node->nargs; k++) {
        const tg_node *arg = node->args[k];
        if (!arg->requires_grad) continue;
        for (int i = 0; i < chain->count; i++) {
            const tg_node *member = plan->tape->nodes[chain->node[i]];
            if (!arg->op && wants_grad_of(member, arg)) return true;
            for (int j = 0; arg->op && j < member->nargs; j++)
                if (member->args[j] == arg) return true;
        }
    }
    return false;
}

#define TINY 64 /* elements up to which two calls of kernels cost less than one sweep */
#define FAR  64 /* nodes apart, beyond which nobody looks who else uses an argument */

/* A chain runs where its last node stands. That must not change the order in which contributions to a
   gradient are added: another user of an argument must not stand between the member and the chain's end. */
static bool reorders(const tg_plan *plan, const struct tg_members *chain, const tg_node *end) {
    for (int i = 0; i < chain->count; i++) {
        const tg_node *member = plan->tape->nodes[chain->node[i]];
        for (int k = 0; k < member->nargs; k++) {
            const tg_node *arg = member->args[k];
            if (!arg->requires_grad || plan->uses[arg->id] == 1) continue;
            if (end->id - member->id > FAR) return true;
            for (int j = member->id + 1; j < end->id; j++)
                for (int l = 0; l < plan->tape->nodes[j]->nargs; l++)
                    if (plan->tape->nodes[j]->args[l] == arg) return true;
        }
    }
    return false;
}

/* The chain that node can continue: that of an argument which only it uses. -1: none. */
static int continues(const tg_plan *plan, const tg_node *node) {
    if (node->direct && node->size <= TINY) return -1;
    for (int k = node->nargs; k-- > 0;) {
        const tg_node *arg = node->args[k];
        int c = arg->op ? plan->chain_of[arg->id] : -1;
        if (c < 0 || plan->uses[arg->id] != 1 || arg->size != node->size || arg->retain_grad) continue;
        const struct tg_members *chain = &plan->chains[c];
        if (chain->count < TG_CHAIN_MAX && chain->node[chain->count - 1] == arg->id &&
            !share_a_leaf(plan, chain, node) && !reorders(plan, chain, node))
            return c;
    }
    return -1;
}

static void find_chains(tg_plan *plan) {
    for (int i = 0; i < plan->tape->count; i++) {
        const tg_node *node = plan->tape->nodes[i];
        plan->chain_of[i] = -1;
        if (!node->op || !node->op->elementwise) continue;
        int c = continues(plan, node);
        if (c < 0) c = plan->chain_count++;
        struct tg_members *chain = &plan->chains[c];
        chain->node[chain->count++] = i;
        plan->chain_of[i] = c;
    }
}

/* ---- where values stand ---- */

static bool reads_arg(const tg_node *node, const tg_node *arg) {
    for (int k = 0; k < node->nargs; k++)
        if (node->args[k] == arg && (k >= TG_MAX_ARGS || node->op->saves & TG_SAVES_ARG(k))) return true;
    return false;
}

static bool backward_reads(const tg_node *node, const tg_node *user) {
    return (node->requires_grad && node->op->saves & TG_SAVES_OUTPUT) ||
           (user->requires_grad && reads_arg(user, node));
}

/* A value that is passed on inside a chain need not be written unless backward reads it. */
static void drop_inner_values(tg_plan *plan) {
    for (int c = 0; c < plan->chain_count; c++) {
        const struct tg_members *chain = &plan->chains[c];
        for (int i = 0; i + 1 < chain->count; i++) {
            tg_node *node = plan->tape->nodes[chain->node[i]], *user = plan->tape->nodes[chain->node[i + 1]];
            if (!backward_reads(node, user)) node->stale = true;
        }
    }
}

/* An elementwise node alone, of one block and without broadcasting, needs no chain around it. */
static bool stands_alone(const tg_plan *plan, const tg_node *node) {
    const int c = plan->chain_of[node->id];
    return c < 0 || (plan->chains[c].count == 1 && node->direct && node->size > 0 && node->size <= TG_BLOCK);
}

/* The chain may write its value over that of its first argument: a product's, say, which only it uses. */
static tg_node *overwritten_by(const tg_plan *plan, const struct tg_members *chain) {
    tg_node *first = plan->tape->nodes[chain->node[0]];
    if (stands_alone(plan, first)) return NULL;
    for (int k = 0; k < first->nargs; k++) {
        tg_node *arg = first->args[k];
        if (!arg->op || arg->op->view || arg->op->elementwise || arg->stale) continue;
        if (arg->size == first->size && plan->uses[arg->id] == 1 && !backward_reads(arg, first)) return arg;
    }
    return NULL;
}

/* Which chain's value each overwritten node stands in; -1: none. */
static void overwrite_in_place(tg_plan *plan, int *into) {
    for (int i = 0; i < plan->tape->count; i++) into[i] = -1;
    for (int c = 0; c < plan->chain_count; c++) {
        const struct tg_members *chain = &plan->chains[c];
        tg_node *arg = overwritten_by(plan, chain);
        if (!arg) continue;
        into[arg->id] = chain->node[chain->count - 1];
        arg->stale = true;
    }
}

static char *new_home(tg_plan *plan, const tg_node *node) {
    if (!plan->tape->spec.lazy) return node->value;
    return tg_arena_alloc(&plan->arena, tg_padded(node->size, tg_dtype_size(node->dtype)), TG_ALIGN);
}

static bool give_homes(tg_plan *plan, const int *into) {
    tg_tape *tape = plan->tape;
    for (int i = 0; i < tape->count; i++) {
        tg_node *node = tape->nodes[i];
        if (!node->op)
            plan->home[i] = node->value;
        else if (node->op->view)
            plan->home[i] = plan->home[node->args[0]->id];
        else if (!node->stale && !(plan->home[i] = new_home(plan, node)))
            return tg_node_no_memory(tape, node->where, node->op->name, &node->shape);
        if (!node->stale) node->value = plan->home[i];
    }
    for (int i = 0; i < tape->count; i++)
        if (into[i] >= 0) plan->home[i] = plan->home[into[i]];
    return true;
}

/* ---- steps ---- */

static bool chain_step(tg_plan *plan, tg_plan_step *step, const struct tg_members *members) {
    tg_chain *chain = plan_alloc(plan, 1, sizeof *chain);
    tg_link *links = plan_alloc(plan, (size_t)members->count, sizeof *links);
    if (!chain || !links) return false;
    for (int i = 0; i < members->count; i++) {
        tg_node *node = plan->tape->nodes[members->node[i]];
        tg_operand *operands = plan_alloc(plan, (size_t)node->nargs, sizeof *operands);
        if (!operands) return false;
        tg_link_init(&links[i], node, operands);
        links[i].y = plan->home[node->id];
        for (int k = 0; k < node->nargs; k++) {
            operands[k].x = plan->home[node->args[k]->id];
            operands[k].inner = i > 0 && node->args[k]->id == members->node[i - 1];
        }
    }
    tg_chain_init(chain, links, members->count);
    *step = (tg_plan_step){.chain = chain, .node = links[members->count - 1].node};
    return true;
}

static bool node_step(tg_plan *plan, tg_plan_step *step, tg_node *node) {
    const void **x = plan_alloc(plan, (size_t)node->nargs, sizeof *x);
    const tg_shape **shapes = plan_alloc(plan, (size_t)node->nargs, sizeof *shapes);
    if (!x || !shapes) return false;
    *step = (tg_plan_step){.node = node};
    tg_eval_init(node, &step->e, x, shapes);
    for (int k = 0; k < node->nargs; k++) x[k] = plan->home[node->args[k]->id];
    step->e.y = plan->home[node->id];
    if (node->op->elementwise) step->e.n = tg_whole(node);
    tg_plan_prepare(step);
    return true;
}

static bool make_steps(tg_plan *plan) {
    for (int i = 0; i < plan->tape->count; i++) {
        tg_node *node = plan->tape->nodes[i];
        if (!node->op || node->op->view) continue;
        tg_plan_step *step = &plan->forward[plan->forward_count];
        if (stands_alone(plan, node)) {
            if (!node_step(plan, step, node)) return false;
        } else {
            const struct tg_members *chain = &plan->chains[plan->chain_of[i]];
            if (chain->node[chain->count - 1] != i) continue;
            if (!chain_step(plan, step, chain)) return false;
        }
        plan->forward_count++;
    }
    return true;
}

bool tg_plan_forward(tg_plan *plan) {
    tg_tape *tape = plan->tape;
    size_t n = (size_t)tape->count;
    plan->uses = plan_alloc(plan, n, sizeof *plan->uses);
    plan->chain_of = plan_alloc(plan, n, sizeof *plan->chain_of);
    plan->home = plan_alloc(plan, n, sizeof *plan->home);
    plan->stale = plan_alloc(plan, n, sizeof *plan->stale);
    plan->chains = plan_alloc(plan, n, sizeof *plan->chains);
    plan->forward = plan_alloc(plan, n, sizeof *plan->forward);
    int *into = plan_alloc(plan, n, sizeof *into);
    if (!plan->uses || !plan->chain_of || !plan->home || !plan->stale || !plan->chains || !plan->forward ||
        !into)
        return false;
    for (int i = 0; i < tape->count; i++) {
        tape->nodes[i]->stale = false;
        for (int k = 0; k < tape->nodes[i]->nargs; k++) plan->uses[tape->nodes[i]->args[k]->id]++;
    }
    find_chains(plan);
    drop_inner_values(plan);
    overwrite_in_place(plan, into);
    for (int i = 0; i < tape->count; i++)
        if (tape->nodes[i]->stale) plan->stale[plan->stale_count++] = tape->nodes[i];
    return give_homes(plan, into) && make_steps(plan);
}
