/* sweep_second.c: second derivatives by dual numbers against differences of the gradient; the Taylor
 * remainder. */
#include "../core/arena.h"
#include "../core/rng.h"
#include "derivatives.h"
#include "local.h"
#include "sweep.h"

#include <math.h>
#include <string.h>

/* Everything for s(x) = <v, y(x)> at the point where y's arguments stand. */
typedef struct second {
    tg_local f64;
    tg_dual *dual;
    int64_t n, m;
    double *base, *u, *w, *hu, *hw, *plus, *minus, *v, *ju;
    int32_t *branches, *now; /* at the base point, and room for others; NULL for smooth ops */
    double gradient;         /* its length at the base point */
    bool starved;            /* memory ran out */
} second;

static double dot(const double *a, const double *b, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static double norm(const double *a, int64_t n) {
    return sqrt(dot(a, a, n));
}

static bool move(second *s, double h) {
    int64_t at = 0;
    for (int j = 0; j < s->f64.nleaves; j++) {
        double *x = tg_value(s->f64.leaves[j]);
        for (int64_t i = 0; i < tg_size(s->f64.leaves[j]); i++, at++) x[i] = s->base[at] + h * s->u[at];
    }
    return tg_forward_one(s->f64.y);
}

/* Moves; false also when that crosses a kink. */
static bool move_smoothly(second *s, double h) {
    if (!move(s, h)) return false;
    if (!s->now) return true;
    tg_branch(s->f64.y, s->now);
    return memcmp(s->now, s->branches, (size_t)s->m * sizeof *s->now) == 0;
}

static bool remember_branches(second *s) {
    s->branches = tg_alloc((size_t)(2 * s->m + 32) * sizeof *s->branches);
    s->starved |= !s->branches;
    if (!s->branches) return false;
    if (tg_branch(s->f64.y, s->branches)) s->now = s->branches + s->m + 16;
    return true;
}

static bool is_shortage(const tg_status *status) {
    return strstr(status->message, "out of memory") != NULL;
}

static bool open_second(second *s, const tg_node *y, uint64_t seed) {
    *s = (second){.n = 0};
    if (!tg_local_open(&s->f64, y, TG_F64, NULL) || !tg_requires_grad(s->f64.y)) return false;
    s->n = s->f64.size;
    s->m = tg_size(s->f64.y);
    if (!s->n || !s->m) return false;
    tg_status status = {0};
    s->dual = tg_dual_new(s->f64.y, s->f64.nleaves, s->f64.leaves, &status);
    double *memory = tg_alloc((size_t)(7 * s->n + 2 * s->m) * sizeof *memory);
    s->starved |= !memory || is_shortage(&status);
    if (!s->dual || !memory) {
        tg_release(memory);
        return false;
    }
    double **vectors[] = {&s->base, &s->u, &s->w, &s->hu, &s->hw, &s->plus, &s->minus};
    for (int i = 0; i < 7; i++) *vectors[i] = memory + i * s->n;
    s->v = memory + 7 * s->n;
    s->ju = s->v + s->m;
    tg_rng rng = {.seed = seed, .stream = 0x2ED};
    for (int64_t i = 0; i < s->m; i++) s->v[i] = tg_rng_normal(&rng);
    for (int64_t i = 0; i < s->n; i++) s->u[i] = tg_rng_normal(&rng);
    for (int64_t i = 0; i < s->n; i++) s->w[i] = tg_rng_normal(&rng);
    int64_t at = 0;
    for (int j = 0; j < s->f64.nleaves; j++)
        for (int64_t i = 0; i < tg_size(s->f64.leaves[j]); i++)
            s->base[at++] = tg_value_at(s->f64.leaves[j], i);
    if (!tg_local_backward(&s->f64, s->v, false, s->plus)) return false;
    s->gradient = norm(s->plus, s->n);
    return remember_branches(s);
}

static void close_second(second *s) {
    tg_release(s->branches);
    tg_release(s->base);
    tg_dual_free(s->dual);
    tg_local_close(&s->f64);
}

/* H u against (g(x+hu)-g(x-hu))/2h, at the best of several steps: a wrong H u is wrong for all of them. */
static bool agrees_with_differences(second *s, char *text, size_t size) {
    double best = INFINITY;
    for (double h = 1e-3; h > 1e-8 && best > 1e-6; h /= 8) {
        if (!move_smoothly(s, h) || !tg_local_backward(&s->f64, s->v, false, s->plus)) continue;
        if (!move_smoothly(s, -h) || !tg_local_backward(&s->f64, s->v, false, s->minus)) continue;
        for (int64_t i = 0; i < s->n; i++) s->plus[i] = (s->plus[i] - s->minus[i]) / (2 * h) - s->hu[i];
        double error = norm(s->plus, s->n), noise = 1e-14 * s->gradient / h;
        if (!isfinite(error)) continue;
        best = fmin(best, fmax(0, error - noise) / fmax(norm(s->hu, s->n), 1e-4 * s->gradient));
    }
    if (best <= 1e-4 || !isfinite(best)) return true;
    snprintf(text, size, "H u by dual numbers differs from differences of the gradient by %.1e (relative)",
             best);
    return false;
}

static bool is_symmetric(second *s, char *text, size_t size) {
    double left = dot(s->w, s->hu, s->n), right = dot(s->u, s->hw, s->n);
    double scale = norm(s->w, s->n) * norm(s->hu, s->n) + norm(s->u, s->n) * norm(s->hw, s->n);
    double noise = 1e-13 * s->gradient * norm(s->u, s->n) * norm(s->w, s->n);
    if (!isfinite(scale) || fabs(left - right) <= 1e-9 * scale + noise) return true;
    snprintf(text, size, "the Hessian is not symmetric: <w,Hu> = %.9g, <u,Hw> = %.9g", left, right);
    return false;
}

/* |s(x+hu) - s(x) - h <g,u>| must fall as h^2. Only where the remainder stands clear of rounding on both
 * steps. */
static bool remainder_falls(second *s, char *text, size_t size) {
    double value, slope = dot(s->v, s->ju, s->m), previous = NAN, best = 0;
    int compared = 0;
    if (!move(s, 0)) return true;
    value = dot(s->v, tg_value(s->f64.y), s->m);
    double magnitude = norm(s->v, s->m) * norm(tg_value(s->f64.y), s->m);
    for (double h = 1e-2; h > 1e-6; h /= 4) {
        if (!move_smoothly(s, h)) continue;
        double remainder = fabs(dot(s->v, tg_value(s->f64.y), s->m) - value - h * slope);
        if (!(remainder > 1e-12 * magnitude)) break;
        if (isfinite(previous)) {
            best = fmax(best, log2(previous / remainder) / 2);
            compared++;
        }
        previous = remainder;
    }
    if (compared < 3 || best > 1.7) return true;
    snprintf(text, size, "the Taylor remainder falls as h^%.2f, should be h^2", best);
    return false;
}

bool tg_sweep_second(const tg_node *y, uint64_t seed, char *text, size_t size) {
    second s;
    tg_status status = {0};
    bool ok = true;
    if (open_second(&s, y, seed) && tg_dual_apply(s.dual, s.w, NULL, s.v, s.hw, &status) &&
        tg_dual_apply(s.dual, s.u, s.ju, s.v, s.hu, &status))
        ok = is_symmetric(&s, text, size) && agrees_with_differences(&s, text, size) &&
             remainder_falls(&s, text, size);
    s.starved |= is_shortage(&status) || tg_local_starved(&s.f64);
    if (s.starved) snprintf(text, size, "out of memory");
    ok &= !s.starved;
    close_second(&s);
    return ok;
}
