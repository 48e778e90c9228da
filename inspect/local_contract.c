/* local_contract.c: what a kernel promises besides right numbers. */
#include "local_trial.h"

#include "../core/arena.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool same(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

/* ---- what is read, and what is written ---- */

/* "the value of argument 2", or the node's own for -1. */
static const char *name_value(int k, char text[48]) {
    snprintf(text, 48, k < 0 ? "its own value" : "the value of argument %d", k + 1);
    return text;
}

static bool is_left_alone(tg_trial *b, const char *pass, const char *what, int64_t n, const double *was,
                          const double *now) {
    for (int64_t i = 0; i < n; i++)
        if (!same(was[i], now[i]))
            return tg_trial_refuse(
                b->fault, -1,
                "its %s kernel changes %s, which it may only read: element %lld from %.6g to %.6g", pass,
                what, (long long)i, was[i], now[i]);
    return true;
}

static bool leaves_arguments_alone(tg_trial *b, double factor, const char *pass) {
    char text[48];
    for (int j = 0; j < b->f64.nleaves; j++) {
        const int k = b->f64.argument[j];
        const int64_t n = tg_size(b->f64.leaves[j]);
        const double *base = tg_value(tg_arg(b->node, k));
        for (int64_t i = 0; i < n; i++) b->u[i] = factor * base[i];
        if (!is_left_alone(b, pass, name_value(k, text), n, b->u, tg_value(b->f64.leaves[j]))) return false;
    }
    return true;
}

/* With other values than the tape's, into which the kernel may have written already. */
bool tg_trial_keeps_off(tg_trial *b, bool backward) {
    const double factor = 0.9;
    const int64_t m = tg_size(b->f64.y);
    char text[48];
    if (b->f64.op.view) return true;
    tg_trial_place(&b->f64, b->node, factor, 0);
    bool ok = leaves_arguments_alone(b, factor, "forward");
    for (int64_t i = 0; i < m; i++) b->scaled[i] = tg_value_at(b->f64.y, i);
    if (ok && backward && tg_local_backward(&b->f64, b->v, false, b->other))
        ok = leaves_arguments_alone(b, factor, "backward") &&
             is_left_alone(b, "backward", name_value(-1, text), m, b->scaled, tg_value(b->f64.y)) &&
             is_left_alone(b, "backward", "the gradient that arrives", m, b->v, tg_grad(b->f64.y));
    tg_trial_place(&b->f64, b->node, 1, 0);
    return ok;
}

static bool is_declared(const tg_node *node, int k) {
    const unsigned saves = tg_op_of(node)->saves;
    if (k < 0) return saves & TG_SAVES_OUTPUT;
    if (tg_dtype_of(tg_arg(node, k)) == TG_I32) return true;
    for (int j = 0; j < tg_arg_count(node); j++)
        if (tg_arg(node, j) == tg_arg(node, k) && (j >= TG_MAX_ARGS || saves & TG_SAVES_ARG(j))) return true;
    return false;
}

bool tg_trial_declares(tg_trial *b) {
    char text[48];
    for (int k = -1; k < tg_arg_count(b->node) && !b->f64.op.view; k++) {
        const tg_node *seen = k < 0 ? b->f64.y : tg_arg(b->f64.y, k);
        if (is_declared(b->node, k)) continue;
        if (tg_size(seen)) memset(tg_value(seen), 0xff, (size_t)tg_size(seen) * sizeof(double)); /* NaN */
        bool ran = tg_local_backward(&b->f64, b->v, false, b->other);
        tg_trial_place(&b->f64, b->node, 1, 0);
        for (int64_t i = 0; ran && i < b->f64.size; i++)
            if (!same(b->other[i], b->g[i]))
                return tg_trial_refuse(b->fault, k,
                                       "backward reads %s, which .saves does not declare: by then its memory "
                                       "may hold something else",
                                       name_value(k, text));
    }
    return true;
}

/* What is computed block by block, and for several threads, must not look at its neighbours. */
bool tg_trial_elementwise(tg_trial *b) {
    const int64_t m = tg_size(b->f64.y);
    for (int round = 0; b->f64.op.elementwise && m > 1 && round < 3; round++) {
        const int64_t one = round * (m - 1) / 2;
        const double should = tg_value_at(b->f64.y, one);
        for (int j = 0; j < b->f64.nleaves; j++) {
            double *x = tg_value(b->f64.leaves[j]);
            for (int64_t i = 0; i < m && tg_size(b->f64.leaves[j]) == m; i++) x[i] *= i == one ? 1 : 0.7;
        }
        tg_forward_one(b->f64.y);
        const double is = tg_value_at(b->f64.y, one);
        tg_trial_place(&b->f64, b->node, 1, 0);
        if (!same(is, should) && !(fabs(is - should) <= 1e-12 * fabs(should)))
            return tg_trial_refuse(
                b->fault, -1,
                "it is not .elementwise, as declared: element %lld of its value depends on "
                "other elements of its arguments",
                (long long)one);
    }
    return true;
}

/* ---- gradients ---- */

/* other = factor * g, to rounding, for the arguments that are wanted (NULL: all)? What overflows cannot be compared. */
static bool is_multiple(tg_trial *b, double factor, const bool *wanted, const char *what) {
    const double slack = 1e-10 * tg_trial_largest(b->g, b->f64.size) * fmax(1, fabs(factor));
    for (int64_t i = 0; i < b->f64.size; i++) {
        const double is = b->other[i], should = factor * b->g[i];
        int64_t at = i;
        const int argument = tg_trial_which(&b->f64, &at);
        if (!isfinite(should) || fabs(is - should) <= slack || (wanted && !wanted[argument])) continue;
        if (factor == 2 && fabs(is - b->g[i]) <= slack) what = "overwrites instead of adding";
        return tg_trial_refuse(
            b->fault, argument,
            "backward %s: element %lld of the gradient of argument %d became %.9g, should be %.9g", what,
            (long long)at, argument + 1, is, should);
    }
    return true;
}

/* What stands in a gradient that holds nothing is not added to: here it is NaN. */
bool tg_trial_assigns(tg_trial *b) {
    for (int j = 0; b->f64.op.assigns && j < b->f64.nleaves; j++) {
        void *gradient = (void *)(uintptr_t)tg_grad(b->f64.leaves[j]);
        if (gradient) memset(gradient, 0xff, (size_t)tg_size(b->f64.leaves[j]) * sizeof(double));
    }
    return !b->f64.op.assigns || !tg_local_backward(&b->f64, b->v, false, b->other) ||
           is_multiple(b, 1, NULL, "adds where e->fresh says that nothing is there to add to");
}

static bool adds_up(tg_trial *b) {
    if (!tg_local_backward(&b->f64, b->v, false, b->other)) return true;
    if (!is_multiple(b, 1, NULL, "gives another gradient the second time")) return false;
    if (!tg_local_backward(&b->f64, b->v, true, b->other)) return true;
    return is_multiple(b, 2, NULL, "does not add its share to what is there");
}

static bool is_linear(tg_trial *b) {
    const int64_t m = tg_size(b->f64.y);
    for (int64_t i = 0; i < m; i++) b->scaled[i] = -2.5 * b->v[i];
    if (!tg_local_backward(&b->f64, b->scaled, false, b->other)) return true;
    if (!is_multiple(b, -2.5, NULL, "is not linear in what arrives")) return false;
    memset(b->scaled, 0, (size_t)m * sizeof *b->scaled);
    if (!tg_local_backward(&b->f64, b->scaled, false, b->other)) return true;
    return is_multiple(b, 0, NULL, "of zero is not zero");
}

/* The gradients of those arguments when no others are wanted. */
static bool serves(tg_trial *b, const bool *wanted, const char *what) {
    tg_local few;
    bool ok = !tg_local_open(&few, b->node, TG_F64, wanted) || !tg_requires_grad(few.y) ||
              !tg_local_backward(&few, b->v, false, b->other) || is_multiple(b, 1, wanted, what);
    b->fault->starved |= tg_local_starved(&few);
    tg_local_close(&few);
    return ok;
}

/* Each argument left out, each alone, and what the tape wants: of up to three arguments these are all choices. */
static bool serves_any_choice(tg_trial *b) {
    const int nargs = tg_arg_count(b->node), n = b->f64.nleaves;
    bool *wanted = tg_alloc((size_t)nargs * sizeof *wanted), ok = true;
    b->fault->starved |= !wanted;
    for (int round = n > 1 ? 0 : 2 * n + 1; wanted && ok && round <= 2 * n; round++) {
        const int argument = b->f64.argument[round % n];
        const bool alone = round >= n;
        char what[80] = "gives another gradient when ";
        for (int k = 0; k < nargs; k++)
            wanted[k] = round < 2 * n ? (k == argument) == alone : tg_requires_grad(tg_arg(b->node, k));
        snprintf(what + 28, sizeof what - 28,
                 round >= 2 * n ? "those are wanted that this tape wants"
                 : alone        ? "it alone is wanted"
                                : "that of argument %d is not wanted",
                 argument + 1);
        ok = serves(b, wanted, what);
    }
    tg_release(wanted);
    return ok;
}

bool tg_trial_contract(tg_trial *b, bool thorough) {
    return adds_up(b) && serves_any_choice(b) && (!thorough || is_linear(b));
}
