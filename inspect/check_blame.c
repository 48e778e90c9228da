/* check_blame.c: which op is wrong. Each is examined on its own, from the target backwards, in random directions;
   when all are right and the whole is wrong, along the direction in which it is. */
#include "check_run.h"
#include "local.h"

#include "../core/arena.h"

#include <math.h>

static void describe_shapes(const tg_node *node, char *text, size_t size) {
    char shape[TG_SHAPE_TEXT];
    size_t n = 0;
    for (int k = 0; k < tg_arg_count(node) && n < size; k++)
        n += (size_t)snprintf(text + n, size - n, "%s%s", k ? " x " : "",
                              tg_shape_text(tg_shape_of(tg_arg(node, k)), shape, sizeof shape));
    if (n < size)
        snprintf(text + n, size - n, " -> %s", tg_shape_text(tg_shape_of(node), shape, sizeof shape));
}

/* False when there is no room for more. */
static bool accuse(tg_check_report *r, const tg_node *node, const tg_local_fault *fault, bool f32_only) {
    if (r->nculprits == TG_CHECK_CULPRITS) return false;
    tg_culprit *c = &r->culprits[r->nculprits++];
    const tg_op *op = tg_op_of(node);
    *c = (tg_culprit){
        .node = tg_id(node), .argument = fault->argument, .where = tg_where_of(node), .f32_only = f32_only};
    snprintf(c->op, sizeof c->op, "%s", op->name);
    describe_shapes(node, c->shapes, sizeof c->shapes);
    tg_options_text(op, tg_options_of(node), c->attributes, sizeof c->attributes);
    snprintf(c->fault, sizeof c->fault, "%s", fault->text);
    return true;
}

void tg_check_examine(tg_check_run *run) {
    const tg_probe *p = &run->probe;
    const uint64_t seed = run->options.seed + 1;
    const bool f32 = run->report->dtype == TG_F32 && !run->options.no_drift;
    run->report->blamed = true;
    for (int i = tg_id(p->target); i >= 0; i--) {
        const tg_node *node = tg_tape_node(p->tape, i);
        tg_local_fault fault;
        if (!p->depends[i] || !tg_op_of(node)) continue;
        const bool right = tg_local_check(node, seed, false, NULL, &fault);
        if (right && (!f32 || tg_local_check_f32(node, seed, &fault))) continue;
        if (!accuse(run->report, node, &fault, right)) return;
    }
}

/* What backward does wrong at the worst element it does wrong at some node: there <v, J u> = <J^T v, u> cannot hold for
   u, the way in which that element moves the node's arguments, and v, what really arrives. */
static void look_along(tg_check_run *run, const tg_tape *moved) {
    const tg_probe *p = &run->probe;
    for (int i = tg_id(p->target); i >= 0; i--) {
        const tg_node *node = tg_tape_node(p->tape, i);
        const tg_local_way way = {tg_grad(node), tg_tape_node(moved, i)};
        tg_local_fault fault;
        if (!p->depends[i] || !tg_op_of(node) || !tg_requires_grad(node) || !way.v) continue;
        if (!tg_local_check(node, 0, false, &way, &fault) && !accuse(run->report, node, &fault, false))
            return;
    }
}

void tg_check_blame(tg_check_run *run) {
    const tg_check_element *e = &run->report->worst[0];
    if (run->report->nculprits || !run->report->nworst || e->verdict != TG_VERDICT_FAIL || e->tensor < 0)
        return;
    tg_probe moved = {0};
    if (tg_check_open_probe(run, &moved)) {
        tg_node *x = tg_tape_node(moved.tape, tg_id(run->wrt[e->tensor]));
        const tg_line line = {
            .probe = &moved, .nodes = &x, .base = run->base + run->offset[e->tensor], .element = e->index};
        tg_probe_aim(&moved, &x, 1);
        tg_line_sample(&line, 6e-6 * fmax(1, fabs(e->value)), false);
        if (tg_probe_backward(&run->probe)) look_along(run, moved.tape);
    }
    tg_probe_close(&moved);
}
