#include "sweep.h"

#include "../core/rng.h"

#include <math.h>
#include <string.h>

static int arity(const tg_op *op, const tg_case *sample) {
    return sample->nargs ? sample->nargs : op->arity == TG_VARIADIC ? 1 : op->arity;
}

/* ---- derived cases ---- */

static const tg_case_shape derived_shapes[][3] = {
    {{2, {3, 4}}, {2, {3, 4}}, {2, {3, 4}}},
    {{2, {3, 4}}, {1, {4}}, {2, {3, 1}}},
    {{1, {4}}, {2, {3, 4}}, {0}},
    {{0}, {2, {3, 4}}, {1, {1}}},
    {{2, {3, 1}}, {2, {1, 4}}, {2, {3, 4}}},
    {{3, {2, 1, 3}}, {3, {1, 2, 1}}, {1, {3}}},
    {{2, {0, 4}}, {1, {4}}, {2, {0, 1}}},
    {{0}, {0}, {0}},
};
static const char *const derived_labels[] = {"equal shapes",     "row and column", "row left",
                                             "scalar left",      "outer",          "two inner axes",
                                             "empty, broadcast", "scalars"};
#define DERIVED ((int)(sizeof derived_labels / sizeof *derived_labels))

/* An op that broadcasts several real arguments, in every form of it, whatever cases it brings. */
static bool derive_broadcast(const tg_op *op, int n, tg_sweep_case *out) {
    if (op->infer != tg_infer_broadcast || op->arity < 2 || op->arity > 3 || op->int_args || n >= DERIVED)
        return false;
    for (int k = 0; k < op->arity; k++) out->sample.x[k] = derived_shapes[n][k];
    out->sample.same = false;
    snprintf(out->label, sizeof out->label, "%s (derived)", derived_labels[n]);
    return true;
}

static int count_cases(const tg_op *op) {
    int n = 0;
    while (tg_case_of(op, n)) n++;
    return n;
}

bool tg_sweep_get(const tg_op *op, int n, tg_sweep_case *out) {
    const int own = count_cases(op);
    *out = (tg_sweep_case){.op = op};
    if (n < own) {
        out->sample = *tg_case_of(op, n);
        snprintf(out->label, sizeof out->label, "%s", out->sample.label);
        return true;
    }
    if (!own) return false;
    n -= own;
    /* An op that declares no kinks may have some all the same. */
    const int grids = op->kinks ? own : 1;
    if (n < grids) {
        out->sample = *tg_case_of(op, n);
        out->grid = true;
        snprintf(out->label, sizeof out->label, "%s, %s", out->sample.label,
                 op->kinks ? "on kinks" : "whole numbers");
        return true;
    }
    n -= grids;
    out->sample = *tg_case_of(op, 0);
    return derive_broadcast(op, n, out);
}

/* ---- recording ---- */

static void range_of(const tg_sweep_case *c, int k, double *low, double *high) {
    const int r = k < 4 ? k : 3, d = k < TG_MAX_ARGS ? k : 0;
    *low = c->sample.range[r].low;
    *high = c->sample.range[r].high;
    if (*low != *high) return;
    *low = c->op->domain[d].low;
    *high = c->op->domain[d].high;
    if (*low == *high) {
        *low = -2;
        *high = 2;
    }
}

static double draw(const tg_sweep_case *c, tg_rng *rng, double low, double high) {
    if (!c->grid) return (float)(low + (high - low) * tg_rng_uniform(rng));
    double whole = floor(low + (floor(high) - low + 1) * tg_rng_uniform(rng));
    return whole <= low ? ceil(low) : whole > high ? floor(high) : whole;
}

/* Most kinks lie at 0: it is always among the values, whatever was drawn. */
static void make_sure_of_zero(tg_node *leaf, double low, double high) {
    if (!(low <= 0 && high >= 0) || !tg_size(leaf)) return;
    for (int64_t i = 0; i < tg_size(leaf); i++)
        if (tg_value_at(leaf, i) == 0) return;
    if (tg_dtype_of(leaf) == TG_F32)
        *(float *)tg_value(leaf) = 0;
    else
        *(double *)tg_value(leaf) = 0;
}

static tg_node *record_leaf(const tg_sweep_case *c, tg_tape *tape, int k, tg_rng *rng) {
    const tg_shape shape = tg_case_shape_of(&c->sample, k);
    bool is_int = k < TG_MAX_ARGS && (c->op->int_args >> k & 1);
    char name[] = {(char)('a' + k % 26), 0};
    tg_node *leaf = tg_input(tape, name, is_int ? TG_I32 : tg_tape_dtype(tape), shape.rank, shape.dim);
    double low, high;
    range_of(c, k, &low, &high);
    void *value = tg_value(leaf);
    for (int64_t i = 0; value && i < tg_size(leaf); i++) {
        if (is_int)
            ((int32_t *)value)[i] =
                (int32_t)tg_rng_below(rng, (uint64_t)(c->sample.classes ? c->sample.classes : 2));
        else if (tg_tape_dtype(tape) == TG_F32)
            ((float *)value)[i] = (float)draw(c, rng, low, high);
        else
            ((double *)value)[i] = draw(c, rng, low, high);
    }
    if (value && !is_int && c->grid) make_sure_of_zero(leaf, low, high);
    if (leaf && !is_int) tg_require_grad(leaf, true);
    return leaf;
}

tg_node *tg_sweep_record(const tg_sweep_case *c, tg_tape *tape, uint64_t seed) {
    tg_node *args[26] = {0};
    const int n = arity(c->op, &c->sample);
    tg_rng rng = {.seed = seed, .stream = 0x53EE9};
    for (int k = 0; k < n && k < 26; k++)
        args[k] = k && c->sample.same ? args[0] : record_leaf(c, tape, k, &rng);
    if (c->mutation) return tg_mutation_apply(c->mutation, c->sample.options, n, args);
    return tg_apply(tape ? c->op : NULL, c->sample.options, n, args);
}
