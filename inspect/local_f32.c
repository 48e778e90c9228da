/* local_f32.c: do an op's f32 kernels compute what its f64 kernels do? Both get the same numbers. How far apart they
   may rightly be is measured, too: by how much the f64 results move when all that they are computed from (arguments,
   what arrives, the value that backward reads) is moved by a few units in the last place of f32. That is large where
   large numbers cancel, and where a comparison may turn out otherwise. Besides, no error counts that is small against
   what the op gives for arguments of size 1: next to where a function levels off, f32 rightly gives 0. */
#include "local_trial.h"

#include "../core/arena.h"
#include "../core/rng.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define UNIT   (FLT_EPSILON / 2)
#define SHIFT  (8 * UNIT) /* by which numbers are moved */
#define MOVES  16         /* results may differ by so many times what that moves them */
#define ROUNDS 2          /* each round up and down */

typedef struct pair {
    const tg_node *node;
    tg_local f32, f64;
    int64_t m, n;
    double *v, *moved_v, *x; /* what arrives; the arguments */
    double *now;             /* of m + n: the value and the gradients of one evaluation */
    double *f32_now, *f64_now, *shift;
    double *sizes; /* of the value, then of each leaf's gradient: the largest so far */
    bool backward;
    tg_local_fault *fault;
} pair;

/* Where kernels are compared. Where nothing cancels by chance it shows how large the numbers are that are summed. */
typedef enum point { OWN, STIRRED, TAME, POINTS } point;

static void choose_point(pair *p, point at, uint64_t seed) {
    double *x = p->x;
    tg_trial_place(&p->f64, p->node, at != TAME, at != OWN ? seed + 1 : 0);
    for (int j = 0; j < p->f64.nleaves; j++)
        for (int64_t i = 0; i < tg_size(p->f64.leaves[j]); i++) {
            const double value = tg_value_at(p->f64.leaves[j], i);
            *x++ = fabs(value) < 1e-18 ? 0 : (float)value; /* one through less may overflow */
        }
}

static double nudge(tg_rng *rng, double sign) {
    const double u = tg_rng_uniform(rng);
    return sign * SHIFT * (u < 0.5 ? -1 + u : u);
}

/* One evaluation in f64; with a sign, of moved numbers, which f32 holds as well. */
static bool run_f64(pair *p, uint64_t seed, double sign, double *to) {
    tg_rng rng = {.seed = seed, .stream = 0xF64};
    const double *x = p->x;
    for (int j = 0; j < p->f64.nleaves; j++) {
        double *moved = tg_value(p->f64.leaves[j]);
        const double *own = tg_value(tg_arg(p->node, p->f64.argument[j]));
        for (int64_t i = 0; i < tg_size(p->f64.leaves[j]); i++, x++)
            moved[i] = (float)(*x + fmax(fabs(*x), fabs(own[i])) * nudge(&rng, sign));
    }
    if (!tg_forward_one(p->f64.y)) return false;
    double *y = tg_value(p->f64.y);
    for (int64_t i = 0; i < p->m; i++) {
        *to++ = y[i];
        if (sign != 0) y[i] = (float)y[i];
        p->moved_v[i] = p->v[i] * (1 + nudge(&rng, sign));
    }
    return !p->backward || tg_local_backward(&p->f64, p->moved_v, false, to);
}

static bool run_f32(pair *p) {
    const double *x = p->x;
    for (int j = 0; j < p->f32.nleaves; x += tg_size(p->f32.leaves[j++]))
        for (int64_t i = 0; i < tg_size(p->f32.leaves[j]); i++)
            ((float *)tg_value(p->f32.leaves[j]))[i] = (float)x[i];
    if (!tg_forward_one(p->f32.y)) return false;
    for (int64_t i = 0; i < p->m; i++) p->f32_now[i] = tg_value_at(p->f32.y, i);
    return !p->backward || tg_local_backward(&p->f32, p->v, false, p->f32_now + p->m);
}

/* The value and all gradients at the point, and how they move. */
static bool evaluate(pair *p, uint64_t seed) {
    const int64_t count = p->m + (p->backward ? p->n : 0);
    if (!run_f64(p, 0, 0, p->f64_now)) return false;
    memset(p->shift, 0, (size_t)count * sizeof *p->shift);
    for (int round = 0; round < 2 * ROUNDS; round++) {
        if (!run_f64(p, seed + (uint64_t)round / 2, round % 2 ? 1 : -1, p->now)) return false;
        for (int64_t i = 0; i < count; i++) {
            const double by = fabs(p->now[i] - p->f64_now[i]);
            p->shift[i] = isfinite(by) ? fmax(p->shift[i], by) : INFINITY;
        }
    }
    return run_f32(p);
}

/* By how much element i exceeds what rounding explains: 1 is just too much. */
static double excess(const pair *p, int64_t i, double floor) {
    const double y = p->f64_now[i], allowed = MOVES * p->shift[i] + floor;
    if (!(fabs(y) < 1e18 && allowed < 1e18)) return 0; /* f32 may rightly overflow */
    if (!isfinite(p->f32_now[i])) return INFINITY;
    return fabs(p->f32_now[i] - y) / allowed;
}

/* How large the numbers are of which n results are made: as large as these, and at tame points as what moves when they
   do, in the mean. */
static double size_of(const pair *p, int64_t start, int64_t n, point where) {
    double moved = 0;
    for (int64_t i = start; where == TAME && i < start + n; i++)
        if (isfinite(p->shift[i])) moved += p->shift[i] * p->shift[i] / (double)n;
    return fmax(tg_trial_largest(p->f64_now + start, n), sqrt(moved) / SHIFT);
}

/* The share of that size which a long sum may lose: with the root of its length, but of equal numbers with the length. */
static double share_lost(const pair *p, point where) {
    const double terms = (double)(p->n + p->m);
    return UNIT * (128 + (where == OWN ? terms : 4 * sqrt(terms)));
}

/* Part 0 is the value, part j the gradient of leaf j-1. */
static bool compare(pair *p, point where) {
    int64_t start = 0;
    for (int j = 0; j <= (p->backward ? p->f64.nleaves : 0); j++) {
        const int64_t n = tg_size(j ? p->f64.leaves[j - 1] : p->f64.y);
        const int argument = j ? p->f64.argument[j - 1] : -1;
        double worst = 1;
        int64_t at = -1;
        char of[48] = "";
        p->sizes[j] = fmax(p->sizes[j], size_of(p, start, n, where));
        const double floor = share_lost(p, where) * p->sizes[j] + FLT_MIN;
        for (int64_t i = start; i < start + n; i++) {
            const double by = excess(p, i, floor);
            if (by <= worst) continue;
            worst = by;
            at = i;
        }
        if (j) snprintf(of, sizeof of, " of the gradient of argument %d", argument + 1);
        if (at >= 0)
            return tg_trial_refuse(
                p->fault, argument,
                "in f32 its %s gives %.9g for element %lld%s, in f64 %.9g from the same numbers%s; "
                "rounding explains no more than %.1e",
                j ? "backward" : "forward", p->f32_now[at], (long long)(at - start), of, p->f64_now[at],
                where == OWN       ? ""
                : where == STIRRED ? " (not the tape's)"
                                   : " (not the tape's, but of size 1)",
                MOVES * p->shift[at] + floor);
        start += n;
    }
    return true;
}

static bool open_pair(pair *p, uint64_t seed) {
    if (!tg_local_open(&p->f32, p->node, TG_F32, NULL) || !tg_local_open(&p->f64, p->node, TG_F64, NULL))
        return false;
    p->m = tg_size(p->f64.y);
    p->n = p->f64.size;
    p->backward = tg_requires_grad(p->node) && tg_requires_grad(p->f64.y);
    const size_t m = (size_t)p->m, n = (size_t)p->n;
    p->v = tg_alloc((6 * m + 5 * n + (size_t)p->f64.nleaves + 1) * sizeof *p->v);
    p->fault->starved |= !p->v;
    if (!p->v) return false;
    p->moved_v = p->v + m;
    p->now = p->moved_v + m;
    p->f32_now = p->now + m + n;
    p->f64_now = p->f32_now + m + n;
    p->shift = p->f64_now + m + n;
    p->x = p->shift + m + n;
    p->sizes = p->x + n;
    tg_rng rng = {.seed = seed, .stream = 98};
    for (int64_t i = 0; i < p->m; i++) p->v[i] = (float)tg_rng_normal(&rng);
    return true;
}

bool tg_local_check_f32(const tg_node *node, uint64_t seed, tg_local_fault *fault) {
    pair p = {.node = node, .fault = fault};
    bool right = true;
    *fault = (tg_local_fault){.argument = -1};
    if (tg_op_of(node)->view || !tg_trial_finite(node)) return true;
    if (open_pair(&p, seed))
        for (int at = POINTS; at-- > 0;) {
            choose_point(&p, (point)at, seed);
            right &= !evaluate(&p, seed) || compare(&p, (point)at);
        }
    fault->starved |= tg_local_starved(&p.f32) || (p.f32.y && tg_local_starved(&p.f64));
    tg_release(p.v);
    tg_local_close(&p.f32);
    tg_local_close(&p.f64);
    return right;
}
