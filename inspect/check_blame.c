/* check_blame.c: which op is wrong. Each is examined on its own, from the target backwards; when all are
   right and the whole is wrong, somebody writes where he should only read, or gradients do not add up between
   ops. */
#include "check_run.h"
#include "local.h"

#include "../core/arena.h"

#include <string.h>

static void describe_shapes(const tg_node *node, char *text, size_t size) {
    char shape[TG_SHAPE_TEXT];
    size_t n = 0;
    for (int k = 0; k < tg_arg_count(node) && n < size; k++)
        n += (size_t)snprintf(text + n, size - n, "%s%s", k ? " x " : "",
                              tg_shape_text(tg_shape_of(tg_arg(node, k)), shape, sizeof shape));
    if (n < size)
        snprintf(text + n, size - n, " -> %s", tg_shape_text(tg_shape_of(node), shape, sizeof shape));
}

static tg_culprit *accuse(tg_check_report *r, const tg_node *node) {
    if (r->nculprits == TG_CHECK_CULPRITS) return NULL;
    tg_culprit *c = &r->culprits[r->nculprits++];
    const tg_op *op = tg_op_of(node);
    *c = (tg_culprit){.node = tg_id(node), .argument = -1, .where = tg_where_of(node)};
    snprintf(c->op, sizeof c->op, "%s", op ? op->name : "leaf");
    describe_shapes(node, c->shapes, sizeof c->shapes);
    if (op) tg_options_text(op, tg_options_of(node), c->attributes, sizeof c->attributes);
    return c;
}

static void examine_ops(tg_check_run *run) {
    const tg_probe *p = &run->probe;
    for (int i = tg_id(p->target); i >= 0; i--) {
        const tg_node *node = tg_tape_node(p->tape, i);
        tg_local_fault fault;
        if (!p->depends[i] || !tg_op_of(node) || !tg_requires_grad(node)) continue;
        if (tg_local_check(node, run->options.seed + 1, false, &fault)) continue;
        tg_culprit *c = accuse(run->report, node);
        if (!c) return;
        c->argument = fault.argument;
        snprintf(c->fault, sizeof c->fault, "%s", fault.text);
    }
}

/* ---- who writes where he should only read ---- */

static uint64_t fingerprint(const void *data, size_t bytes) {
    const unsigned char *at = data;
    uint64_t hash = 1469598103934665603u;
    for (; bytes >= 8; at += 8, bytes -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        hash = (hash ^ word) * 1099511628211u;
        hash ^= hash >> 32;
    }
    while (bytes--) hash = (hash ^ *at++) * 1099511628211u;
    return hash;
}

static uint64_t print_of_value(const tg_node *node) {
    return fingerprint(tg_value(node), (size_t)tg_size(node) * tg_dtype_size(tg_dtype_of(node)));
}

static void accuse_of_writing(tg_check_run *run, const tg_node *node, const tg_node *victim,
                              const char *pass) {
    tg_culprit *c = accuse(run->report, node);
    if (!c) return;
    const char *name = tg_name_of(victim);
    snprintf(c->fault, sizeof c->fault,
             "its %s kernel changes the value of #%d %s (%s:%d), which it may only read", pass, tg_id(victim),
             *name              ? name
             : tg_op_of(victim) ? tg_op_of(victim)->name
                                : "leaf",
             tg_where_of(victim).file, tg_where_of(victim).line);
}

/* Whether what node reads, or its own value, still has the fingerprint taken when it was computed. */
static void look_for_changes(tg_check_run *run, const tg_node *node, uint64_t *prints, const char *pass) {
    for (int k = -1; k < tg_arg_count(node); k++) {
        const tg_node *seen = k < 0 ? node : tg_arg(node, k);
        uint64_t now = print_of_value(seen);
        if (now == prints[tg_id(seen)]) continue;
        prints[tg_id(seen)] = now;
        accuse_of_writing(run, node, seen, pass);
    }
}

static void look_for_writers(tg_check_run *run) {
    const tg_probe *p = &run->probe;
    const int last = tg_id(p->target);
    uint64_t *prints = tg_alloc((size_t)(last + 1) * sizeof *prints);
    if (!prints) return;
    for (int i = 0, at = 0; i <= last; i++) {
        tg_node *node = tg_tape_node(p->tape, i);
        for (; at < run->nwrt && run->wrt[at] == node && !tg_op_of(node); at++) /* put the base point back */
            if (tg_size(node))
                memcpy(tg_value(node), run->base + run->offset[at], (size_t)tg_size(node) * sizeof(double));
        tg_forward_one(node);
        prints[i] = print_of_value(node);
        look_for_changes(run, node, prints, "forward");
    }
    if (tg_backward_begin(p->target, p->cotangent))
        for (int i = last; i >= 0; i--) {
            tg_node *node = tg_tape_node(p->tape, i);
            tg_backward_one(node);
            look_for_changes(run, node, prints, "backward");
        }
    tg_release(prints);
}

void tg_check_examine(tg_check_run *run) {
    run->report->blamed = true;
    examine_ops(run);
}

void tg_check_blame(tg_check_run *run) {
    if (!run->report->nculprits) look_for_writers(run);
}
