#include "step.h"
#include "core/arena.h"

#include <math.h>

/* From position i downwards, the first node whose gradient has arrived. */
static tg_node *arrived_from(const tg_tape *tape, int i) {
    for (; i >= 0; i--)
        if (tg_requires_grad(tg_tape_node(tape, i)) && tg_grad(tg_tape_node(tape, i)))
            return tg_tape_node(tape, i);
    return NULL;
}

tg_node *tg_step_first(tg_node *last) {
    return tg_backward_begin(last, NULL) ? last : NULL;
}

tg_node *tg_step_next(tg_node *node) {
    if (!node || !tg_backward_one(node)) return NULL;
    return arrived_from(tg_tape_of(node), tg_id(node) - 1);
}

void tg_step_retain(tg_tape *tape) {
    for (int i = 0; i < tg_tape_size(tape); i++) tg_retain_grad(tg_tape_node(tape, i));
}

/* ---- comparing ---- */

const char *tg_match_name(tg_match match) {
    static const char *const names[] = {
#define TG_X(id, name) name,
        TG_MATCHES(TG_X)
#undef TG_X
    };
    return (unsigned)match < TG_NMATCHES ? names[match] : "?";
}

static double difference(double a, double b) {
    if (a == b || (isnan(a) && isnan(b))) return 0;
    return isfinite(a) && isfinite(b) ? fabs(a - b) : INFINITY;
}

static double scale_of(int64_t n, const double *theirs) {
    double scale = 1;
    for (int64_t i = 0; i < n; i++)
        if (isfinite(theirs[i])) scale = fmax(scale, fabs(theirs[i]));
    return scale;
}

/* Whether mine = factor * theirs throughout. */
static bool is_multiple(int64_t n, const double *mine, const double *theirs, double factor, double allowed) {
    for (int64_t i = 0; i < n; i++)
        if (!(difference(mine[i], factor * theirs[i]) <= allowed * fmax(1, fabs(factor)))) return false;
    return true;
}

static const char *hint_of(int64_t n, const double *mine, const double *theirs, double allowed) {
    int64_t largest = 0;
    for (int64_t i = 0; i < n; i++) {
        if (isnan(mine[i]) && !isnan(theirs[i])) return "it holds NaN";
        if (isinf(mine[i]) && !isinf(theirs[i])) return "it holds infinities";
        if (fabs(theirs[i]) > fabs(theirs[largest])) largest = i;
    }
    if (is_multiple(n, mine, theirs, 0, allowed)) return "it is all zero";
    if (is_multiple(n, mine, theirs, -1, allowed)) return "it has the wrong sign";
    double factor = mine[largest] / theirs[largest];
    if (isfinite(factor) && is_multiple(n, mine, theirs, factor, allowed))
        return "it is off by a constant factor";
    return NULL;
}

tg_comparison tg_compare(int64_t n, const double *mine, const double *theirs, double tolerance) {
    tg_comparison c = {.match = TG_MATCH_EXACT, .worst = -1, .mine = NAN, .theirs = NAN};
    double allowed = tolerance * scale_of(n, theirs);
    for (int64_t i = 0; i < n; i++) {
        double d = difference(mine[i], theirs[i]);
        if (c.worst >= 0 && d <= c.max_difference) continue;
        c.max_difference = d;
        c.worst = i;
        c.mine = mine[i];
        c.theirs = theirs[i];
    }
    if (c.max_difference > 0) c.match = c.max_difference <= allowed ? TG_MATCH_CLOSE : TG_MATCH_WRONG;
    if (c.match == TG_MATCH_WRONG) c.hint = hint_of(n, mine, theirs, allowed);
    return c;
}

static tg_comparison compare_node(const tg_node *node, const double *mine, double tolerance, bool has,
                                  double (*at)(const tg_node *, int64_t)) {
    int64_t n = tg_size(node);
    double *theirs = has && mine ? tg_alloc((size_t)(n + 1) * sizeof *theirs) : NULL;
    if (!theirs)
        return (tg_comparison){
            .match = TG_MATCH_MISSING, .max_difference = NAN, .worst = -1, .mine = NAN, .theirs = NAN};
    for (int64_t i = 0; i < n; i++) theirs[i] = at(node, i);
    if (tolerance == 0) tolerance = tg_dtype_of(node) == TG_F32 ? 1e-4 : 1e-9;
    tg_comparison c = tg_compare(n, mine, theirs, tolerance);
    tg_release(theirs);
    return c;
}

tg_comparison tg_compare_grad(const tg_node *node, const double *mine, double tolerance) {
    return compare_node(node, mine, tolerance, tg_grad(node) != NULL, tg_grad_at);
}

tg_comparison tg_compare_value(const tg_node *node, const double *mine, double tolerance) {
    return compare_node(node, mine, tolerance, tg_value(node) != NULL, tg_value_at);
}
