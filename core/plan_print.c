/* plan_print.c: the plan in words. */
#include "plan.h"
#include "plan_internal.h"

#include <string.h>

static int op_count(const tg_tape *tape) {
    int n = 0;
    for (int i = 0; i < tape->count; i++) n += tape->nodes[i]->op != NULL;
    return n;
}

tg_plan_summary tg_plan_summarize(const tg_tape *tape) {
    tg_plan_summary s = {0};
    if (!tape || !tape->plan) return s;
    const tg_plan *plan = tape->plan;
    s.nodes = op_count(tape);
    s.forward_steps = plan->forward_count;
    for (int i = 0; i < plan->forward_count; i++)
        s.chains += plan->forward[i].chain && plan->forward[i].chain->count > 1;
    if (plan->root) {
        s.backward_steps = plan->backward_count;
        s.gradient_bytes = (int64_t)plan->pool_size;
        s.gradient_bytes_apart = (int64_t)plan->apart_size;
    }
    return s;
}

static void print_node(const tg_node *node, FILE *out) {
    char shape[TG_SHAPE_TEXT];
    fprintf(out, "v%d", node->id);
    if (node->name) fprintf(out, " \"%s\"", node->name);
    fprintf(out, " %s", tg_shape_text(&node->shape, shape, sizeof shape));
}

static void print_ops(const tg_plan_step *step, bool reverse, FILE *out) {
    const tg_chain *c = step->chain;
    if (!c) {
        fprintf(out, "%s", step->node->op->name);
        return;
    }
    for (int i = 0; i < c->count; i++)
        fprintf(out, "%s%s", i ? ", " : "", c->links[reverse ? c->count - 1 - i : i].node->op->name);
    if (c->count > 1) fprintf(out, "  in one sweep");
}

static void print_forward(const tg_plan *plan, FILE *out) {
    for (int i = 0; i < plan->forward_count; i++) {
        const tg_plan_step *step = &plan->forward[i];
        fprintf(out, "  %3d  ", i + 1);
        print_node(step->node, out);
        fprintf(out, " = ");
        print_ops(step, false, out);
        for (int k = 0; k < step->node->nargs && !step->chain; k++)
            fprintf(out, "%sv%d", k ? ", " : "(", step->node->args[k]->id);
        fprintf(out, "%s", step->chain ? "" : ")");
        for (int j = 0; j < plan->tape->count; j++) {
            const tg_node *other = plan->tape->nodes[j];
            if (other->op && other->stale && plan->home[j] && plan->home[j] == plan->home[step->node->id] &&
                other != step->node)
                fprintf(out, "; overwrites v%d in place", j);
        }
        fputc('\n', out);
    }
}

static void print_targets(const tg_plan_step *step, const tg_node *node, const tg_operand *x, FILE *out) {
    for (int k = 0; k < (step->adds ? 1 : node->nargs); k++) {
        if (!x[k].dx) continue;
        const bool writes = !x[k].has && x[k].fresh;
        fprintf(out, "  dv%d %s", node->args[k]->id, writes ? "=" : "+=");
    }
}

static void print_backward(const tg_plan *plan, FILE *out) {
    for (int i = 0; i < plan->backward_count; i++) {
        const tg_plan_step *step = &plan->backward[i];
        fprintf(out, "  %3d  from dv%d: ", i + 1, step->node->id);
        print_ops(step, true, out);
        fprintf(out, ";");
        if (step->panel) fprintf(out, " with the next two for %lld rows at a time;", (long long)step->panel);
        if (!step->chain) print_targets(step, step->node, step->x, out);
        for (int j = step->chain ? step->chain->count : 0; j-- > 0;)
            print_targets(step, step->chain->links[j].node, step->chain->links[j].x, out);
        fputc('\n', out);
    }
}

void tg_plan_print(const tg_tape *tape, FILE *out) {
    if (!out) return;
    if (!tape || !tape->plan) {
        fprintf(out, "no plan: %s\n",
                !tape                ? "there is no tape"
                : tape->spec.no_plan ? "the tape is replayed op by op (no_plan)"
                                     : "the tape has not been replayed since it was recorded");
        return;
    }
    const tg_plan *plan = tape->plan;
    const tg_plan_summary s = tg_plan_summarize(tape);
    fprintf(out, "forward: %d ops in %d steps\n", s.nodes, s.forward_steps);
    print_forward(plan, out);
    if (!plan->root) {
        fprintf(out, "backward: not played yet\n");
        return;
    }
    fprintf(out,
            "backward from v%d: %d steps; gradients of inner nodes share %lld bytes (apart they need %lld)\n",
            plan->root->id, s.backward_steps, (long long)s.gradient_bytes, (long long)s.gradient_bytes_apart);
    print_backward(plan, out);
}
