#include "probe.h"

#include "../core/arena.h"
#include "../core/rng.h"

#include <math.h>
#include <string.h>

const char *tg_target_fault(const tg_node *node) {
    if (!node) return "no node was given";
    return tg_tape_node(tg_tape_of(node), tg_id(node)) == node
               ? NULL
               : "the node was forgotten by tg_tape_clear or tg_tape_rewind";
}

static const tg_kernel *kernel_of(const tg_node *node) {
    const tg_op *op = tg_op_of(node);
    return op ? tg_kernel_of(op, TG_F64) : NULL;
}

/* Marks what target depends on, target included; `alone`: nothing else. */
static void mark_ancestors(tg_probe *p, bool alone) {
    p->depends[tg_id(p->target)] = true;
    for (int i = tg_id(p->target); i >= 0 && !alone; i--) {
        const tg_node *node = tg_tape_node(p->tape, i);
        for (int k = 0; p->depends[i] && k < tg_arg_count(node); k++)
            p->depends[tg_id(tg_arg(node, k))] = true;
    }
}

static void find_kinks(tg_probe *p) {
    for (int i = 0; i <= tg_id(p->target); i++) {
        const tg_kernel *kernel = p->depends[i] ? kernel_of(tg_tape_node(p->tape, i)) : NULL;
        if (!kernel || !kernel->branch) continue;
        p->kinked[p->nkinked++] = i;
        p->nbranches += tg_size(tg_tape_node(p->tape, i)) + 16; /* kernels may write whole vectors */
    }
}

static void draw_cotangent(tg_probe *p, uint64_t seed) {
    tg_rng rng = {.seed = seed, .stream = 0xC07A};
    int64_t n = tg_size(p->target);
    for (int64_t i = 0; i < n; i++) p->cotangent[i] = n == 1 ? 1 : tg_rng_normal(&rng);
}

static void branches_now(const tg_probe *p, int32_t *branches) {
    for (int i = 0; i < p->nkinked; i++) {
        tg_node *node = tg_tape_node(p->tape, p->kinked[i]);
        tg_branch(node, branches);
        branches += tg_size(node) + 16;
    }
}

static bool open_probe(tg_probe *p, tg_tape *tape, tg_node *target, uint64_t seed, bool alone) {
    *p = (tg_probe){.tape = tape, .target = target};
    size_t nodes = (size_t)tg_tape_size(tape), n = (size_t)tg_size(target);
    p->cotangent = tg_alloc((n + 1) * sizeof *p->cotangent);
    p->base = tg_alloc((n + 1) * sizeof *p->base);
    p->depends = tg_alloc(nodes + 1);
    p->moving = tg_alloc(nodes + 1);
    p->order = tg_alloc((nodes + 1) * sizeof *p->order);
    p->kinked = tg_alloc((nodes + 1) * sizeof *p->kinked);
    if (!p->cotangent || !p->base || !p->depends || !p->moving || !p->order || !p->kinked) return false;
    mark_ancestors(p, alone);
    find_kinks(p);
    p->branches = tg_alloc((size_t)(p->nbranches + 1) * sizeof *p->branches);
    p->now = tg_alloc((size_t)(p->nbranches + 1) * sizeof *p->now);
    if (!p->branches || !p->now) return false;
    draw_cotangent(p, seed);
    branches_now(p, p->branches);
    return true;
}

bool tg_probe_open(tg_probe *p, tg_tape *tape, tg_node *target, uint64_t seed) {
    return open_probe(p, tape, target, seed, false);
}

bool tg_probe_open_op(tg_probe *p, tg_tape *tape, tg_node *target, uint64_t seed) {
    return open_probe(p, tape, target, seed, true);
}

void tg_probe_close(tg_probe *p) {
    tg_release(p->cotangent);
    tg_release(p->base);
    tg_release(p->depends);
    tg_release(p->moving);
    tg_release(p->order);
    tg_release(p->kinked);
    tg_release(p->branches);
    tg_release(p->now);
    tg_tape_free(p->tape);
    *p = (tg_probe){0};
}

/* Computed anew are the descendants of the moved nodes that target depends on; not a moved node itself. */
void tg_probe_aim(tg_probe *p, tg_node *const *moved, int n) {
    const int last = tg_id(p->target);
    p->norder = 0;
    memset(p->moving, 0, (size_t)tg_tape_size(p->tape));
    for (int j = 0; j < n; j++) p->moving[tg_id(moved[j])] = true;
    for (int i = 0; i <= last; i++) {
        const tg_node *node = tg_tape_node(p->tape, i);
        bool below = false;
        for (int k = 0; p->depends[i] && !p->moving[i] && k < tg_arg_count(node); k++)
            below |= p->moving[tg_id(tg_arg(node, k))];
        if (!below) continue;
        p->moving[i] = true;
        p->order[p->norder++] = i;
    }
    for (int i = 0; i < p->norder; i++) tg_forward_one(tg_tape_node(p->tape, p->order[i]));
    const int64_t size = tg_size(p->target);
    if (size) memcpy(p->base, tg_value(p->target), (size_t)size * sizeof(double));
    p->base_finite = true;
    p->magnitude = 0;
    for (int64_t i = 0; i < size; i++) {
        p->base_finite &= isfinite(p->base[i]) != 0;
        p->magnitude += p->cotangent[i] * p->base[i] * p->cotangent[i] * p->base[i];
    }
    p->magnitude = isfinite(p->magnitude) ? sqrt(p->magnitude) : 0;
}

bool tg_probe_backward(tg_probe *p) {
    tg_zero_grad(p->tape);
    return tg_backward_from(p->target, p->cotangent);
}

/* The first node, in the order of computation, that has left its branch. */
static void find_crossing(const tg_probe *p, tg_sample *s) {
    const int32_t *was = p->branches, *now = p->now;
    branches_now(p, p->now);
    for (int i = 0; i < p->nkinked; i++) {
        int64_t n = tg_size(tg_tape_node(p->tape, p->kinked[i]));
        for (int64_t j = 0; j < n; j++) {
            if (was[j] == now[j]) continue;
            s->crossed = true;
            s->kink_node = p->kinked[i];
            s->kink_element = j;
            return;
        }
        was += n + 16;
        now += n + 16;
    }
}

/* Moves the nodes; returns the step really taken. */
static double move(const tg_line *line, double t) {
    if (!line->direction) {
        double *x = (double *)tg_value(line->nodes[0]) + line->element;
        volatile double moved = line->base[line->element] + t; /* in memory, hence rounded */
        *x = moved;
        return moved - line->base[line->element];
    }
    const double *base = line->base, *direction = line->direction;
    for (int j = 0; j < line->nnodes; j++) {
        double *x = tg_value(line->nodes[j]);
        int64_t n = tg_size(line->nodes[j]);
        for (int64_t i = 0; i < n; i++) x[i] = base[i] + t * direction[i];
        base += n;
        direction += n;
    }
    return t;
}

void tg_line_restore(const tg_line *line) {
    move(line, 0);
}

tg_sample tg_line_sample(const tg_line *line, double t, bool branches) {
    tg_probe *p = line->probe;
    tg_sample s = {.t = move(line, t), .kink_node = -1};
    for (int i = 0; i < p->norder; i++) tg_forward_one(tg_tape_node(p->tape, p->order[i]));
    p->evaluations++;
    const double *y = tg_value(p->target);
    const int64_t n = tg_size(p->target);
    for (int64_t i = 0; i < n; i++) {
        if (y[i] == p->base[i]) continue; /* two infinities have no difference */
        s.f += p->cotangent[i] * (y[i] - p->base[i]);
        s.size += fabs(p->cotangent[i] * y[i]);
    }
    if (branches && p->nkinked) find_crossing(p, &s);
    return s;
}
