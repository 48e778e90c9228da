/* check_proof.c: is it the differences that are wrong? Where a function changes within less than any step, they may
   agree on a number that is not its derivative. By the chain rule a gradient is right all the same when forward mode
   gives it too, and when each op on the way is confirmed by differences of its own, which need to resolve that op only.
 */
#include "check_run.h"

#include "../core/arena.h"
#include "../core/shadow.h"

#include <math.h>
#include <string.h>

/* Moves the duals along the line and computes what depends on them. Only leaves can be moved. */
static bool push(const tg_check_run *run, const tg_line *line, double unit) {
    const tg_probe *p = &run->probe;
    const double *u = line->direction;
    for (int j = 0; j < line->nnodes; j++)
        for (int64_t i = 0; i < tg_size(line->nodes[j]); i++) {
            const double by = u ? *u++ : i == line->element;
            if (!tg_set_tangent(tg_tape_node(run->dual, tg_id(line->nodes[j])), i, unit * by)) return false;
        }
    for (int i = 0; i < p->norder; i++)
        if (!tg_forward_one(tg_tape_node(run->dual, p->order[i]))) return false;
    return true;
}

/* Up to rounding, which is relative to all that flows through the nodes on the way. */
static bool forward_mode_agrees(const tg_check_run *run, double analytic, double unit) {
    const tg_probe *p = &run->probe;
    double sum = 0, flow = 0;
    for (int i = 0; i < p->norder; i++) {
        const tg_node *node = tg_tape_node(p->tape, p->order[i]);
        const tg_node *twin = tg_tape_node(run->dual, p->order[i]);
        sum = 0; /* that of the last node, the target, counts */
        for (int64_t j = 0; j < tg_size(node); j++) {
            const double share = tg_grad(node) ? tg_grad_at(node, j) * (tg_tangent_at(twin, j) / unit) : 0;
            sum += share;
            flow += fabs(share);
        }
    }
    return fabs(sum - analytic) <= 1e-10 * flow;
}

/* What an op sends back to argument k against differences of it, along the way in which the argument moves. */
static bool argument_agrees(const tg_check_run *run, tg_probe *op, int k, double *const *sent) {
    tg_node *arg = tg_arg(op->target, k);
    const int64_t n = tg_size(arg);
    double *base = tg_alloc((size_t)(2 * n + 1) * sizeof *base), *u = base + n, most = 0;
    double expected = 0, size = 0, length = 1;
    int64_t moving = 0;
    tg_line line = {.probe = op, .nodes = &arg, .nnodes = 1, .base = base, .direction = u};
    bool agrees = false;
    if (!base) return false;
    for (int64_t i = 0; i < n; i++) {
        base[i] = tg_value_at(arg, i);
        u[i] = tg_tangent_at(tg_tape_node(run->dual, tg_id(arg)), i);
        most = fmax(most, fabs(u[i]) / fmax(1, fabs(base[i])));
    }
    for (int64_t i = 0; i < n; i++) {
        if (u[i] == 0) continue;
        u[i] /= most;
        line.element = i;
        moving++;
        for (int j = 0; j < tg_arg_count(op->target); j++) /* it may be given twice */
            if (tg_arg(op->target, j) == arg) {
                expected += sent[j][i] * u[i];
                size += fabs(sent[j][i] * u[i]);
            }
    }
    if (moving == 1) { /* one alone moves by steps that are known exactly */
        line.direction = NULL;
        length = u[line.element];
    }
    tg_probe_aim(op, &arg, 1);
    for (double shrunk = 1; shrunk > 1e-9 && !agrees && moving; shrunk *= 1e-4) {
        line.scale = shrunk * fabs(length);
        const tg_slope slope = tg_slope_six(&line, 1e-8);
        const double bar = slope.bar * fabs(length), value = slope.value * length;
        agrees = bar <= fmax(1e-4 * size, 1e-8 * op->magnitude) &&
                 fabs(value - expected) <= 10 * bar + 1e-6 * size;
    }
    for (int64_t i = 0; i < n; i++) ((double *)tg_value(arg))[i] = base[i];
    tg_probe_aim(op, &arg, 1); /* the value is that of the base point again */
    tg_release(base);
    return agrees || !moving;
}

/* With the gradient that really arrives: the errors of the ops on the way, each along it, add up to that of the whole. */
static bool op_agrees(const tg_check_run *run, tg_node *node) {
    const int nargs = tg_arg_count(node);
    const double *v = tg_grad(node);
    double **sent = tg_alloc((size_t)nargs * sizeof *sent);
    tg_probe op = {0};
    bool agrees = sent && v && tg_probe_open_op(&op, run->probe.tape, node, 0);
    for (int k = 0; agrees && k < nargs; k++)
        if (run->probe.moving[tg_id(tg_arg(node, k))])
            agrees = (sent[k] = tg_tensor_alloc(tg_size(tg_arg(node, k)), sizeof(double))) != NULL;
    if (agrees) memcpy(op.cotangent, v, (size_t)tg_size(node) * sizeof *v);
    agrees = agrees && tg_send_backward(node, v, (void *const *)sent);
    for (int k = 0; agrees && k < nargs; k++)
        if (sent[k]) agrees = argument_agrees(run, &op, k, sent);
    for (int k = 0; sent && k < nargs; k++) tg_tensor_free(sent[k]);
    tg_release(sent);
    op.tape = NULL; /* the run's */
    tg_probe_close(&op);
    return agrees;
}

static bool all_agree(const tg_check_run *run) {
    const tg_probe *p = &run->probe;
    for (int i = 0; i < p->norder; i++) {
        tg_node *node = tg_tape_node(p->tape, p->order[i]);
        if (!tg_op_of(node)->view && !op_agrees(run, node)) return false;
    }
    return true;
}

void tg_check_acquit(tg_check_run *run, const tg_line *line, tg_check_element *e) {
    tg_probe *p = &run->probe;
    const double unit = 1 / fmax(1, run->scale); /* duals are for tangents that are not large */
    if (run->unproven) return;
    if (!run->dual) run->dual = tg_shadow_with(run->source, (tg_shadow_spec){.dtype = TG_DUAL, .threads = 1});
    tg_line_restore(line);
    tg_probe_aim(p, line->nodes, line->nnodes);
    run->unproven = !(tg_probe_backward(p) && push(run, line, unit) &&
                      forward_mode_agrees(run, e->analytic, unit) && all_agree(run));
    push(run, line, 0);
    if (run->unproven) return;
    e->verdict = TG_VERDICT_INCONCLUSIVE;
    e->reason = "the function is sharper than any step (forward mode and each op alone confirm the gradient)";
}
