/* local_check.c: does one op keep the contract of a backward pass? */
#include "local.h"
#include "probe.h"

#include "../core/arena.h"
#include "../core/rng.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct bench {
    const tg_node *node;
    tg_local f64, dual;
    double *v, *scaled, *ju; /* of y */
    double *g, *other, *u;   /* of all leaves */
    uint64_t seed;
    tg_local_fault *fault;
} bench;

static bool refuse(bench *b, int argument, const char *format, ...) TG_PRINTF(3, 4);
static bool refuse(bench *b, int argument, const char *format, ...) {
    va_list va;
    va_start(va, format);
    vsnprintf(b->fault->text, sizeof b->fault->text, format, va);
    va_end(va);
    b->fault->argument = argument;
    return false;
}

static double largest(const double *x, int64_t n) {
    double size = 0;
    for (int64_t i = 0; i < n; i++)
        if (isfinite(x[i])) size = fmax(size, fabs(x[i]));
    return size;
}

/* ---- the adjoint identity ---- */

static tg_slope along(const bench *b, tg_probe *probe, tg_node *leaf, const double *u) {
    const int64_t n = tg_size(leaf);
    double *base = tg_alloc((size_t)(n + 1) * sizeof *base);
    if (!base) return (tg_slope){.bar = INFINITY, .kink_node = -1};
    if (n) memcpy(base, tg_value(leaf), (size_t)n * sizeof *base);
    memcpy(probe->cotangent, b->v, (size_t)tg_size(probe->target) * sizeof(double));
    tg_probe_aim(probe, &leaf, 1);
    tg_line line = {.probe = probe, .nodes = &leaf, .nnodes = 1, .base = base, .direction = u, .scale = 1};
    tg_slope slope = tg_slope_six(&line, 1e-10);
    tg_release(base);
    return slope;
}

/* <v, J u> by differences, for the j'th leaf. */
static tg_slope by_differences(bench *b, int j, const double *u) {
    tg_probe probe;
    tg_slope slope = {.bar = INFINITY, .kink_node = -1};
    tg_local local;
    if (tg_local_open(&local, b->node, TG_F64, -1)) {
        if (tg_probe_open(&probe, local.tape, local.y, b->seed)) slope = along(b, &probe, local.leaves[j], u);
        local.tape = NULL; /* it is the probe's now */
        tg_probe_close(&probe);
    }
    tg_local_close(&local);
    return slope;
}

static bool adjoint(bench *b, int j, int64_t offset) {
    const int64_t n = tg_size(b->f64.leaves[j]), m = tg_size(b->f64.y);
    tg_rng rng = {.seed = b->seed, .stream = 100 + (uint64_t)j};
    memset(b->u, 0, (size_t)b->f64.size * sizeof *b->u);
    for (int64_t i = 0; i < n; i++) b->u[offset + i] = tg_rng_normal(&rng);
    if (!tg_local_forward(&b->dual, b->u, b->ju)) return true;
    double left = 0, right = 0, size = 0;
    for (int64_t i = 0; i < m; i++) {
        left += b->v[i] * b->ju[i];
        size += fabs(b->v[i] * b->ju[i]);
    }
    for (int64_t i = 0; i < n; i++) {
        right += b->g[offset + i] * b->u[offset + i];
        size += fabs(b->g[offset + i] * b->u[offset + i]);
    }
    if (fabs(left - right) <= 1e-8 * size || left == right || !isfinite(left)) return true;
    const int argument = b->f64.argument[j];
    tg_slope slope = by_differences(b, j, b->u + offset);
    /* On a kink J u and backward may take different sides, both rightly. */
    if (!isfinite(slope.bar) && slope.kink_node >= 0) return true;
    double slack = 10 * slope.bar + 1e-7 * size;
    if (isfinite(slope.bar) && fabs(slope.value - right) <= slack && fabs(slope.value - left) > slack)
        return refuse(b, argument,
                      "the forward kernel loses the derivative in dual numbers: <v,Ju> = %.9g, backward and "
                      "differences "
                      "give %.9g (does it convert `real` to double?)",
                      left, right);
    return refuse(
        b, argument, "backward gives <J^T v,u> = %.9g for argument %d; forward gives <v,Ju> = %.9g%s", right,
        argument + 1, left,
        isfinite(slope.bar) && fabs(slope.value - left) <= slack ? ", confirmed by differences" : "");
}

/* ---- the rest of the contract ---- */

static const tg_local *which(const bench *b, int64_t at, int *argument) {
    int j = 0;
    while (j + 1 < b->f64.nleaves && at >= tg_size(b->f64.leaves[j])) at -= tg_size(b->f64.leaves[j++]);
    *argument = b->f64.argument[j];
    return &b->f64;
}

/* other = factor * g, to rounding? What overflows cannot be compared. */
static bool is_multiple(bench *b, double factor, const char *what) {
    const double slack = 1e-10 * largest(b->g, b->f64.size) * fmax(1, fabs(factor));
    for (int64_t i = 0; i < b->f64.size; i++) {
        if (!isfinite(factor * b->g[i]) || fabs(b->other[i] - factor * b->g[i]) <= slack) continue;
        int argument;
        which(b, i, &argument);
        return refuse(b, argument, "%s: the gradient of argument %d became %.9g, should be %.9g", what,
                      argument + 1, b->other[i], factor * b->g[i]);
    }
    return true;
}

static bool adds_up(bench *b) {
    if (!tg_local_backward(&b->f64, b->v, true, b->other)) return true;
    return is_multiple(b, 2, "backward overwrites instead of adding");
}

static bool is_linear(bench *b) {
    const int64_t m = tg_size(b->f64.y);
    for (int64_t i = 0; i < m; i++) b->scaled[i] = -2.5 * b->v[i];
    if (!tg_local_backward(&b->f64, b->scaled, false, b->other)) return true;
    if (!is_multiple(b, -2.5, "backward is not linear in what arrives")) return false;
    memset(b->scaled, 0, (size_t)m * sizeof *b->scaled);
    if (!tg_local_backward(&b->f64, b->scaled, false, b->other)) return true;
    return is_multiple(b, 0, "backward of zero is not zero");
}

/* Each argument's gradient when no other is wanted. */
static bool serves_each_alone(bench *b) {
    int64_t offset = 0;
    for (int j = 0; j < b->f64.nleaves; offset += tg_size(b->f64.leaves[j++])) {
        tg_local alone;
        const int argument = b->f64.argument[j];
        bool ok = true;
        if (tg_local_open(&alone, b->node, TG_F64, argument) && tg_requires_grad(alone.y) &&
            tg_local_backward(&alone, b->v, false, b->other)) {
            const double slack = 1e-10 * largest(b->g, b->f64.size);
            for (int64_t i = 0; i < tg_size(b->f64.leaves[j]); i++)
                ok &= !isfinite(b->g[offset + i]) || fabs(b->other[offset + i] - b->g[offset + i]) <= slack;
        }
        b->fault->starved |= tg_local_starved(&alone);
        tg_local_close(&alone);
        if (!ok)
            return refuse(b, argument, "the gradient of argument %d is another when it alone is wanted",
                          argument + 1);
    }
    return true;
}

/* Whether forward mode says NaN as well of the derivative by element i: that of (-1)^2 by the exponent, say. */
static bool forward_has_nan(bench *b, int64_t i) {
    memset(b->u, 0, (size_t)b->f64.size * sizeof *b->u);
    b->u[i] = 1;
    if (!tg_local_forward(&b->dual, b->u, b->ju)) return true;
    for (int64_t k = 0; k < tg_size(b->f64.y); k++)
        if (isnan(b->ju[k])) return true;
    return false;
}

static bool finite_where_forward_is(bench *b) {
    for (int64_t i = 0; i < b->f64.size; i++) {
        if (!isnan(b->g[i]) || forward_has_nan(b, i)) continue;
        int argument;
        which(b, i, &argument);
        for (int64_t k = 0; k < tg_size(b->f64.y); k++)
            if (!isfinite(tg_value_at(b->f64.y, k))) return true;
        return refuse(b, argument, "backward gives NaN for argument %d although the value is finite",
                      argument + 1);
    }
    return true;
}

static bool examine(bench *b, bool thorough) {
    tg_rng rng = {.seed = b->seed, .stream = 99};
    for (int64_t i = 0; i < tg_size(b->f64.y); i++) b->v[i] = tg_rng_normal(&rng);
    if (!tg_local_backward(&b->f64, b->v, false, b->g)) return true;
    if (!finite_where_forward_is(b)) return false;
    int64_t offset = 0;
    for (int j = 0; j < b->f64.nleaves; offset += tg_size(b->f64.leaves[j++]))
        if (!adjoint(b, j, offset)) return false;
    if (!adds_up(b)) return false;
    return !thorough || (is_linear(b) && serves_each_alone(b));
}

bool tg_local_check(const tg_node *node, uint64_t seed, bool thorough, tg_local_fault *fault) {
    bench b = {.node = node, .seed = seed, .fault = fault};
    bool right = true;
    *fault = (tg_local_fault){.argument = -1};
    bool open = tg_local_open(&b.f64, node, TG_F64, -1) && tg_local_open(&b.dual, node, TG_DUAL, -1);
    if (open && tg_requires_grad(b.f64.y)) {
        size_t m = (size_t)tg_size(b.f64.y) + 1, n = (size_t)b.f64.size + 1;
        double *memory = tg_alloc((3 * m + 3 * n) * sizeof *memory);
        if (memory) {
            b.v = memory;
            b.scaled = b.v + m;
            b.ju = b.scaled + m;
            b.g = b.ju + m;
            b.other = b.g + n;
            b.u = b.other + n;
            right = examine(&b, thorough);
            tg_release(memory);
        }
        fault->starved |= !memory;
    }
    fault->starved |= tg_local_starved(&b.f64) || (b.f64.y && tg_local_starved(&b.dual));
    tg_local_close(&b.f64);
    tg_local_close(&b.dual);
    return right;
}
