/* check_directions.c: eight random directions see every element at once, which a sample of elements does not;
   and how large an error they would have seen. */
#include "check_run.h"

#include "../core/arena.h"
#include "../core/rng.h"

#include <math.h>

/* The t with P(|v| < t) = p for a standard normal v. */
static double normal_within(double p) {
    double low = 0, high = 10;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (erf(middle / sqrt(2)) < p)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The leaves among the checked nodes, their base values one after the other. Inner nodes are left out: they
   move when the leaves do. */
static int gather_leaves(const tg_check_run *run, tg_node **leaves, double *base, double *gradient) {
    int n = 0;
    int64_t at = 0;
    for (int i = 0; i < run->nwrt; i++) {
        if (tg_op_of(run->wrt[i])) continue;
        leaves[n++] = run->wrt[i];
        for (int64_t j = run->offset[i]; j < run->offset[i + 1]; j++, at++) {
            base[at] = run->base[j];
            gradient[at] = run->analytic[j];
        }
    }
    return n;
}

/* |g| without overflow; elements that are not finite do not count. */
static double length_of(const double *g, int64_t n, double largest) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        if (largest > 0 && isfinite(g[i])) sum += g[i] / largest * (g[i] / largest);
    return largest * sqrt(sum);
}

static void one_direction(tg_check_run *run, const tg_line *line, int64_t n, const double *gradient,
                          double *tolerated) {
    tg_check_element e = {.tensor = -1, .index = run->report->directions++};
    for (int64_t i = 0; i < n; i++) e.analytic += gradient[i] * line->direction[i];
    /* g.v may be small by chance: what counts is its typical size, |g|. */
    const double length = length_of(gradient, n, run->scale);
    tg_slope slope = tg_slope_six(line, 1e-10);
    tg_line_restore(line);
    double allowed = 10 * slope.bar + 1e-9 * length;
    e.numeric = slope.value;
    e.bar = slope.bar;
    e.kink_node = slope.kink_node;
    e.kink_element = slope.kink_element;
    e.abs_error = fabs(e.analytic - e.numeric);
    e.rel_error = e.abs_error / fmax(length, 1e-300);
    bool hidden = slope.still && !line->probe->base_finite;
    e.verdict = !isfinite(slope.bar) || hidden ? TG_VERDICT_INCONCLUSIVE
                : e.abs_error <= allowed       ? TG_VERDICT_PASS
                                               : TG_VERDICT_FAIL;
    if (e.verdict == TG_VERDICT_FAIL) tg_check_acquit(run, line, &e);
    if (isfinite(slope.bar)) *tolerated = fmax(*tolerated, allowed);
    run->report->directions_failed += e.verdict == TG_VERDICT_FAIL;
    if (e.verdict != TG_VERDICT_PASS) tg_check_count(run, &e);
}

bool tg_check_directions(tg_check_run *run) {
    const size_t n = (size_t)run->report->elements + 1;
    tg_node **leaves = tg_alloc((size_t)run->nwrt * sizeof *leaves);
    double *base = tg_alloc(n * sizeof *base), *gradient = tg_alloc(n * sizeof *gradient);
    double *direction = tg_alloc(n * sizeof *direction), tolerated = 0;
    bool ok = leaves && base && gradient && direction;
    if (ok) {
        tg_rng rng = {.seed = run->options.seed, .stream = 0xD13};
        int nleaves = gather_leaves(run, leaves, base, gradient);
        int64_t count = 0;
        for (int i = 0; i < nleaves; i++) count += tg_size(leaves[i]);
        tg_line line = {.probe = &run->probe,
                        .nodes = leaves,
                        .nnodes = nleaves,
                        .base = base,
                        .direction = direction,
                        .scale = 1,
                        .steepest = run->scale};
        tg_probe_aim(&run->probe, leaves, nleaves);
        for (int k = 0; k < run->options.directions && count; k++) {
            for (int64_t i = 0; i < count; i++) direction[i] = tg_rng_normal(&rng);
            one_direction(run, &line, count, gradient, &tolerated);
        }
        if (run->report->directions)
            run->report->detection_limit =
                tolerated / normal_within(pow(0.001, 1.0 / run->report->directions));
    }
    tg_release(leaves);
    tg_release(base);
    tg_release(gradient);
    tg_release(direction);
    return ok;
}
