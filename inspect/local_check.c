/* local_check.c: does one op keep the contract of a backward pass? The adjoint identity; the rest stands in
   local_contract.c. */
#include "local_trial.h"
#include "probe.h"

#include "../core/arena.h"
#include "../core/rng.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool tg_trial_refuse(tg_local_fault *fault, int argument, const char *format, ...) {
    va_list va;
    va_start(va, format);
    vsnprintf(fault->text, sizeof fault->text, format, va);
    va_end(va);
    fault->argument = argument;
    return false;
}

int tg_trial_which(const tg_local *local, int64_t *at) {
    int j = 0;
    while (j + 1 < local->nleaves && *at >= tg_size(local->leaves[j])) *at -= tg_size(local->leaves[j++]);
    return local->argument[j];
}

double tg_trial_largest(const double *x, int64_t n) {
    double size = 0;
    for (int64_t i = 0; i < n; i++)
        if (isfinite(x[i])) size = fmax(size, fabs(x[i]));
    return size;
}

void tg_trial_place(tg_local *local, const tg_node *node, double factor, uint64_t seed) {
    tg_rng rng = {.seed = seed, .stream = 0x7A3E};
    for (int j = 0; j < local->nleaves; j++) {
        const tg_node *arg = tg_arg(node, local->argument[j]);
        const double *base = tg_value(arg), size = tg_trial_largest(base, tg_size(arg));
        const double scale = factor != 0 ? factor : 1 / fmax(size, DBL_MIN);
        double *x = tg_value(local->leaves[j]);
        for (int64_t i = 0; i < tg_size(arg); i++)
            x[i] = base[i] * scale * (seed ? 0.1 + 0.9 * tg_rng_uniform(&rng) : 1);
    }
    tg_forward_one(local->y);
}

/* ---- <v, J u> by differences ---- */

static tg_slope along(const tg_trial *b, tg_probe *probe, tg_node *leaf, const double *u) {
    const int64_t n = tg_size(leaf);
    double *base = tg_alloc((size_t)(n + 1) * sizeof *base);
    if (!base) return (tg_slope){.bar = INFINITY, .kink_node = -1};
    if (n) memcpy(base, tg_value(leaf), (size_t)n * sizeof *base);
    memcpy(probe->cotangent, b->v, (size_t)tg_size(probe->target) * sizeof(double));
    tg_probe_aim(probe, &leaf, 1);
    tg_line line = {.probe = probe, .nodes = &leaf, .nnodes = 1, .base = base, .direction = u, .scale = 1};
    tg_slope slope = tg_slope_six(&line, 1e-10);
    slope.jumps = tg_slope_jumps(&line, &slope);
    tg_release(base);
    return slope;
}

/* For the j'th leaf. */
static tg_slope by_differences(tg_trial *b, int j, const double *u) {
    tg_probe probe;
    tg_slope slope = {.bar = INFINITY, .kink_node = -1};
    tg_local local;
    if (tg_local_open(&local, b->node, TG_F64, NULL)) {
        if (tg_probe_open(&probe, local.tape, local.y, b->seed)) slope = along(b, &probe, local.leaves[j], u);
        local.tape = NULL; /* it is the probe's now */
        tg_probe_close(&probe);
    }
    tg_local_close(&local);
    return slope;
}

/* ---- the adjoint identity ---- */

/* Both sides of it, and the numbers that are summed: their sum, and the root of the sum of their squares, which is
   what one wrong number among many must be compared with. */
typedef struct sides {
    double left, right, sum, root;
} sides;

static void count_in(sides *s, double *side, double x) {
    *side += x;
    if (!isfinite(x)) return;
    s->sum += fabs(x);
    s->root += x * x;
}

/* For the direction that is given (in b->other) for elements from..to of a leaf. False without memory. */
static bool weigh(tg_trial *b, int64_t offset, int64_t from, int64_t to, sides *s) {
    memset(b->u, 0, (size_t)b->f64.size * sizeof *b->u);
    for (int64_t i = from; i < to; i++) b->u[offset + i] = b->other[i];
    if (!tg_local_forward(&b->dual, b->u, b->ju)) return false;
    *s = (sides){0};
    for (int64_t i = 0; i < tg_size(b->f64.y); i++) count_in(s, &s->left, b->v[i] * b->ju[i]);
    for (int64_t i = from; i < to; i++) count_in(s, &s->right, b->g[offset + i] * b->u[offset + i]);
    s->root = sqrt(s->root);
    return true;
}

/* The element on which most of the disagreement rests, by halving; its sides in *s. */
static int64_t worst_element(tg_trial *b, int64_t offset, int64_t n, sides *s) {
    int64_t from = 0, to = n;
    while (to - from > 1) {
        const int64_t middle = from + (to - from) / 2;
        const double all = s->left - s->right;
        if (!weigh(b, offset, from, middle, s)) break;
        const double lower = s->left - s->right;
        if (!isfinite(lower) || fabs(lower) >= fabs(all - lower)) {
            to = middle;
        } else {
            from = middle;
            if (!weigh(b, offset, from, to, s)) break;
        }
    }
    return from;
}

static bool disagrees(const sides *s) {
    return !(fabs(s->left - s->right) <= 1e-8 * s->sum);
}

/* Which of the sides differences for the direction in b->u confirm against the other: 'l', 'r', or 'k', a kink, where
   both may be right; 0 where they cannot tell. */
static char judge(tg_trial *b, int j, int64_t offset, const sides *s) {
    const tg_slope slope = by_differences(b, j, b->u + offset);
    if (!isfinite(slope.bar)) return slope.kink_node >= 0 ? 'k' : 0;
    if (slope.jumps) return 'k'; /* one that the op does not declare */
    const double apart = isfinite(s->right) ? s->left - s->right : s->left;
    const double slack = 10 * slope.bar + 0.1 * fabs(apart);
    const bool left = fabs(slope.value - s->left) <= slack, right = fabs(slope.value - s->right) <= slack;
    return left == right ? 0 : left ? 'l' : 'r';
}

/* What is small against the gradient for arguments of size 1 may be a rounding error, next to where a function levels
   off, or where large arguments cancel. */
static double floor_of(const tg_trial *b, int j, int64_t offset) {
    const double size = tg_trial_largest(tg_value(b->f64.leaves[j]), tg_size(b->f64.leaves[j]));
    double root = 0;
    for (int64_t i = 0; i < tg_size(b->f64.leaves[j]); i++)
        if (isfinite(b->tame[offset + i]))
            root += b->tame[offset + i] * b->other[i] * b->tame[offset + i] * b->other[i];
    return 1e-9 * fmax(1, size) * sqrt(root);
}

/* Where duals lose digits, or products overflow that are finite in another order. */
static bool is_extreme(const sides *s) {
    return fmax(fabs(s->left), fabs(s->right)) < 1e-200 || (!isfinite(s->right) && fabs(s->left) > 1e200);
}

/* For the j'th leaf and the direction in b->other. */
static bool adjoint(tg_trial *b, int j, int64_t offset) {
    const int64_t n = tg_size(b->f64.leaves[j]);
    const int argument = b->f64.argument[j];
    sides all, one;
    if (!weigh(b, offset, 0, n, &all) || all.left == all.right || is_extreme(&all) ||
        fabs(all.left - all.right) <= fmax(1e-8 * all.root, floor_of(b, j, offset)))
        return true;
    one = all;
    const int64_t worst = worst_element(b, offset, n, &one);
    char verdict = judge(b, j, offset, &one); /* the direction is that element by now */
    if (!verdict && weigh(b, offset, 0, n, &all)) verdict = judge(b, j, offset, &all);
    if (verdict == 'r')
        return tg_trial_refuse(
            b->fault, argument,
            "the forward kernel loses the derivative in dual numbers: <v,Ju> = %.9g, backward and "
            "differences give %.9g (does it convert `real` to double?)",
            all.left, all.right);
    /* Less than that is a rounding error, unless differences say that it is none. */
    if (verdict == 'k' || (!verdict && !(isfinite(all.left) && disagrees(&all)))) return true;
    return tg_trial_refuse(
        b->fault, argument,
        "backward gives <J^T v,u> = %.9g for argument %d; forward gives <v,Ju> = %.9g%s; the most in "
        "element %lld: %.9g against %.9g",
        all.right, argument + 1, all.left, verdict ? ", confirmed by differences" : "", (long long)worst,
        one.right, one.left);
}

static bool adjoint_of_all(tg_trial *b, const tg_local_way *way) {
    int64_t offset = 0;
    for (int j = 0; j < b->f64.nleaves; offset += tg_size(b->f64.leaves[j++])) {
        const tg_node *arg = tg_arg(b->node, b->f64.argument[j]);
        const tg_node *moved = way ? tg_arg(way->moved, b->f64.argument[j]) : NULL;
        tg_rng rng = {.seed = b->seed, .stream = 100 + (uint64_t)j};
        if (way && !tg_requires_grad(arg)) continue;
        for (int64_t i = 0; i < tg_size(arg); i++) {
            const double u = way ? tg_value_at(moved, i) - tg_value_at(arg, i) : tg_rng_normal(&rng);
            b->other[i] = isfinite(u) ? u : 0;
        }
        if (!adjoint(b, j, offset)) return false;
    }
    return true;
}

/* ---- all of it ---- */

bool tg_trial_finite(const tg_node *node) {
    for (int k = -1; k < tg_arg_count(node); k++) {
        const tg_node *seen = k < 0 ? node : tg_arg(node, k);
        for (int64_t i = 0; i < tg_size(seen); i++)
            if (!isfinite(tg_value_at(seen, i))) return false;
    }
    return true;
}

static bool examine(tg_trial *b, bool thorough, const tg_local_way *way) {
    const bool wanted = tg_requires_grad(b->node) && tg_requires_grad(b->f64.y);
    tg_rng rng = {.seed = b->seed, .stream = 99};
    for (int64_t i = 0; i < tg_size(b->f64.y); i++) {
        b->v[i] = way ? way->v[i] : tg_rng_normal(&rng);
        if (!isfinite(b->v[i])) return true; /* whoever sent it is asked himself */
    }
    if (!way && !(tg_trial_keeps_off(b, wanted) && tg_trial_elementwise(b))) return false;
    if (!wanted) return true;
    tg_trial_place(&b->f64, b->node, 0, b->seed + 1);
    bool ran = tg_local_backward(&b->f64, b->v, false, b->tame);
    tg_trial_place(&b->f64, b->node, 1, 0);
    if (!ran || !tg_local_backward(&b->f64, b->v, false, b->g)) return true;
    if (way) return adjoint_of_all(b, way);
    if (!tg_trial_assigns(b) || !tg_trial_declares(b)) return false;
    /* Infinite numbers have no derivatives to compare. */
    if (tg_trial_finite(b->f64.y) && !adjoint_of_all(b, NULL)) return false;
    return tg_trial_contract(b, thorough);
}

bool tg_local_check(const tg_node *node, uint64_t seed, bool thorough, const tg_local_way *way,
                    tg_local_fault *fault) {
    tg_trial b = {.node = node, .seed = seed, .fault = fault};
    bool right = true;
    *fault = (tg_local_fault){.argument = -1};
    if (tg_local_open(&b.f64, node, TG_F64, NULL) && tg_local_open(&b.dual, node, TG_DUAL, NULL)) {
        size_t m = (size_t)tg_size(b.f64.y) + 1, n = (size_t)b.f64.size + 1;
        double *memory = tg_alloc((3 * m + 4 * n) * sizeof *memory);
        if (memory) {
            b.v = memory;
            b.scaled = b.v + m;
            b.ju = b.scaled + m;
            b.g = b.ju + m;
            b.other = b.g + n;
            b.u = b.other + n;
            b.tame = b.u + n;
            right = examine(&b, thorough, way);
            tg_release(memory);
        }
        fault->starved |= !memory;
    }
    fault->starved |= tg_local_starved(&b.f64) || (b.f64.y && tg_local_starved(&b.dual));
    tg_local_close(&b.f64);
    tg_local_close(&b.dual);
    return right;
}
