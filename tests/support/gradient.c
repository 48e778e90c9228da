#include "gradient.h"
#include "tapegrad.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ARGS  4
#define MAX_TRIES 300 /* elements of an argument that are compared with differences */

typedef struct check {
    const tg_op *op;
    const tg_case *sample;
    gradient_report *report;
    tg_rng rng;
    tg_tape *tape;
    tg_node *arg[MAX_ARGS], *y;
    int leaves, nargs; /* leaves: 1 when one node is every argument */
    double *cotangent, *low, *high;
    int32_t *branch[3];
} check;

static bool complain(check *c, const char *format, ...) TG_PRINTF(2, 3);
static bool complain(check *c, const char *format, ...) {
    char text[800];
    va_list va;
    va_start(va, format);
    vsnprintf(text, sizeof text, format, va);
    va_end(va);
    if (!c->report->message[0])
        snprintf(c->report->message, sizeof c->report->message, "%s, case \"%s\": %s", c->op->name,
                 c->sample->label, text);
    return false;
}

static double draw(check *c, double low, double high) {
    return (double)(float)(low + (high - low) * tg_rng_uniform(&c->rng));
}

/* Away from zero and of either sign. */
static double draw_weight(check *c) {
    double size = draw(c, 0.5, 1.5);
    return tg_rng_uniform(&c->rng) < 0.5 ? -size : size;
}

static bool fill(check *c, int k) {
    tg_node *leaf = c->arg[k];
    double low = c->sample->range[k].low, high = c->sample->range[k].high;
    if (low == 0 && high == 0) low = c->op->domain[k].low, high = c->op->domain[k].high;
    if (low == 0 && high == 0) low = -2, high = 2;
    bool is_int = tg_dtype_of(leaf) == TG_I32;
    if (is_int && c->sample->classes < 1) return complain(c, "an integer argument, but no .classes");
    double *values = calloc((size_t)tg_size(leaf) + 1, sizeof *values);
    for (int64_t i = 0; i < tg_size(leaf); i++)
        values[i] = is_int ? (double)tg_rng_below(&c->rng, (uint64_t)c->sample->classes) : draw(c, low, high);
    bool ok = tg_set_f64(leaf, values);
    free(values);
    if (!is_int) tg_require_grad(leaf, true);
    return ok;
}

static bool record(check *c) {
    c->tape = tg_tape_new_spec((tg_tape_spec){.dtype = TG_F64, .seed = c->rng.seed, .threads = 1});
    c->nargs = c->sample->nargs ? c->sample->nargs : c->op->arity;
    c->leaves = c->sample->same ? 1 : c->nargs;
    if (c->nargs < 1 || c->nargs > MAX_ARGS) return complain(c, "%d arguments", c->nargs);
    for (int k = 0; k < c->leaves; k++) {
        const tg_shape shape = tg_case_shape_of(c->sample, k);
        tg_dtype dtype = c->op->int_args >> k & 1 ? TG_I32 : TG_F64;
        c->arg[k] = tg_input(c->tape, NULL, dtype, shape.rank, shape.dim);
        if (!c->arg[k]) return complain(c, "%s", tg_error(c->tape));
        if (!fill(c, k)) return complain(c, "%s", tg_error(c->tape));
    }
    for (int k = c->leaves; k < c->nargs; k++) c->arg[k] = c->arg[0];
    c->y = tg_apply(c->op, c->sample->options, c->nargs, c->arg);
    if (!c->y) return complain(c, "%s", tg_error(c->tape));
    size_t n = (size_t)tg_size(c->y) + 1;
    c->cotangent = calloc(n, sizeof(double));
    c->low = calloc(n, sizeof(double));
    c->high = calloc(n, sizeof(double));
    for (int i = 0; i < 3; i++) c->branch[i] = calloc(n, sizeof(int32_t));
    for (int64_t i = 0; i < tg_size(c->y); i++) c->cotangent[i] = draw_weight(c);
    return true;
}

static void release(check *c) {
    tg_tape_free(c->tape);
    free(c->cotangent);
    free(c->low);
    free(c->high);
    for (int i = 0; i < 3; i++) free(c->branch[i]);
}

static void evaluate(const check *c, double *x, double value, double *y, int32_t *branch) {
    *x = value;
    tg_forward_one(c->y);
    if (tg_size(c->y)) memcpy(y, tg_value(c->y), (size_t)tg_size(c->y) * sizeof *y);
    tg_branch(c->y, branch);
}

/* Compares d<cotangent, y>/dx[k][i] with `gradient`. */
static bool compare_element(check *c, int k, int64_t i, double gradient) {
    double *x = (double *)tg_value(c->arg[k]) + i, x0 = *x;
    const double h = cbrt(DBL_EPSILON) * fmax(1, fabs(x0));
    const double above = x0 + h, below = x0 - h;
    const int64_t n = tg_size(c->y);
    size_t bytes = (size_t)n * sizeof(int32_t);
    evaluate(c, x, below, c->low, c->branch[0]);
    evaluate(c, x, x0, c->high, c->branch[1]);
    evaluate(c, x, above, c->high, c->branch[2]);
    *x = x0;
    if (memcmp(c->branch[0], c->branch[1], bytes) || memcmp(c->branch[1], c->branch[2], bytes)) {
        c->report->kinks++;
        return true;
    }
    double difference = 0, moved = 0, largest = 0;
    for (int64_t j = 0; j < n; j++) {
        double size = fabs(c->cotangent[j]) * (fabs(c->high[j]) + fabs(c->low[j]));
        largest = fmax(largest, size);
        if (c->high[j] == c->low[j]) continue;
        difference += c->cotangent[j] * (c->high[j] - c->low[j]);
        moved += size;
    }
    difference /= above - below;
    /* Rounding of the values; one that did not move may have moved by less than that. */
    const double noise = (moved + largest) * 16 * DBL_EPSILON / (above - below);
    c->report->compared++;
    if (fabs(difference - gradient) <= 1e-6 * fmax(fabs(difference), fabs(gradient)) + noise) return true;
    return complain(c, "d/dx%d[%lld] at %.17g: backward gives %.17g, differences %.17g", k, (long long)i, x0,
                    gradient, difference);
}

static bool compare_differences(check *c) {
    for (int k = 0; k < c->leaves; k++) {
        if (!tg_requires_grad(c->arg[k])) continue;
        const int64_t n = tg_size(c->arg[k]), tries = n < MAX_TRIES ? n : MAX_TRIES;
        c->report->elements += n;
        for (int64_t t = 0; t < tries; t++) {
            int64_t i = n <= MAX_TRIES ? t : (int64_t)tg_rng_below(&c->rng, (uint64_t)n);
            double gradient = tg_grad_at(c->arg[k], i);
            if (gradient != 0) c->report->zero = false;
            if (!compare_element(c, k, i, gradient)) return false;
        }
    }
    tg_forward_one(c->y);
    return true;
}

/* <v, J u> = <J^T v, u>: the dual numbers give J u to the last bits. */
static bool compare_duals(check *c) {
    tg_tape *dual = tg_shadow(c->tape, TG_DUAL);
    double pushed = 0, pulled = 0, size = 1;
    for (int k = 0; k < c->leaves; k++)
        for (int64_t i = 0; tg_requires_grad(c->arg[k]) && i < tg_size(c->arg[k]); i++) {
            double u = draw_weight(c), term = u * tg_grad_at(c->arg[k], i);
            tg_set_tangent(tg_tape_node(dual, tg_id(c->arg[k])), i, u);
            pulled += term;
            size += fabs(term);
        }
    tg_node *y = tg_tape_node(dual, tg_id(c->y));
    bool ok = tg_forward_one(y);
    for (int64_t i = 0; ok && i < tg_size(y); i++) {
        double term = c->cotangent[i] * tg_tangent_at(y, i);
        pushed += term;
        size += fabs(term);
        if (fabs(tg_value_at(y, i) - tg_value_at(c->y, i)) > 1e-12 * fmax(1, fabs(tg_value_at(y, i))))
            complain(c, "y[%lld] is %.17g in f64 and %.17g in dual numbers", (long long)i,
                     tg_value_at(c->y, i), tg_value_at(y, i));
    }
    if (!ok) complain(c, "dual numbers: %s", tg_error(dual));
    tg_tape_free(dual);
    if (!ok || c->report->message[0]) return false;
    if (fabs(pushed - pulled) <= 1e-12 * size) return true;
    return complain(c, "<v, J u> is %.17g by dual numbers, <J^T v, u> %.17g by backward", pushed, pulled);
}

static void move(check *c, double *const *start, double *const *direction, double step) {
    for (int k = 0; k < c->leaves; k++)
        for (int64_t i = 0; start[k] && i < tg_size(c->arg[k]); i++)
            ((double *)tg_value(c->arg[k]))[i] = start[k][i] + step * direction[k][i];
    tg_forward_one(c->y);
}

/* Forward over reverse: the slope of the gradient along u, by dual numbers, into slope[k]. */
static bool push_gradient(check *c, double *const *u, double *const *slope) {
    tg_tape *dual = tg_shadow(c->tape, TG_DUAL);
    tg_node *y = tg_tape_node(dual, tg_id(c->y));
    double *cotangent = calloc(2 * (size_t)tg_size(c->y) + 1, sizeof *cotangent);
    for (int64_t i = 0; i < tg_size(c->y); i++) cotangent[2 * i] = c->cotangent[i];
    for (int k = 0; k < c->leaves; k++)
        for (int64_t i = 0; u[k] && i < tg_size(c->arg[k]); i++)
            tg_set_tangent(tg_tape_node(dual, tg_id(c->arg[k])), i, u[k][i]);
    bool ok = tg_forward_one(y) && tg_backward_from(y, cotangent);
    if (!ok) complain(c, "dual numbers: %s", tg_error(dual));
    for (int k = 0; k < c->leaves; k++)
        for (int64_t i = 0; ok && u[k] && i < tg_size(c->arg[k]); i++)
            slope[k][i] = tg_grad_tangent_at(tg_tape_node(dual, tg_id(c->arg[k])), i);
    free(cotangent);
    tg_tape_free(dual);
    return ok;
}

/* The gradient at a step along u, times `factor`, is added to slope. */
static void add_gradient(check *c, double *const *x, double *const *u, double step, double factor,
                         double *const *slope, int32_t *branch) {
    move(c, x, u, step);
    tg_branch(c->y, branch);
    tg_zero_grad(c->tape);
    tg_backward_from(c->y, c->cotangent);
    for (int k = 0; k < c->leaves; k++)
        for (int64_t i = 0; x[k] && i < tg_size(c->arg[k]); i++)
            slope[k][i] += factor * tg_grad_at(c->arg[k], i);
}

/* Second derivatives along a random direction: dual numbers against differences of the gradient, unless they
   cross a kink. */
static bool compare_curvature(check *c) {
    const double h = 1e-6;
    double *x[MAX_ARGS] = {0}, *u[MAX_ARGS] = {0}, *pushed[MAX_ARGS] = {0}, *difference[MAX_ARGS] = {0};
    double size = 1;
    for (int k = 0; k < c->leaves; k++) {
        size_t n = (size_t)tg_size(c->arg[k]);
        if (!tg_requires_grad(c->arg[k])) continue;
        double **all[] = {&x[k], &u[k], &pushed[k], &difference[k]};
        for (int a = 0; a < 4; a++) *all[a] = calloc(n + 1, sizeof(double));
        for (size_t i = 0; i < n; i++) {
            x[k][i] = tg_value_at(c->arg[k], (int64_t)i);
            u[k][i] = draw_weight(c);
            size = fmax(size, fabs(tg_grad_at(c->arg[k], (int64_t)i)));
        }
    }
    bool ok = push_gradient(c, u, pushed);
    add_gradient(c, x, u, -h, -0.5 / h, difference, c->branch[0]);
    add_gradient(c, x, u, h, 0.5 / h, difference, c->branch[1]);
    add_gradient(c, x, u, 0, 0, difference, c->branch[2]);
    size_t bytes = (size_t)tg_size(c->y) * sizeof(int32_t);
    bool smooth = !memcmp(c->branch[0], c->branch[2], bytes) && !memcmp(c->branch[1], c->branch[2], bytes);
    for (int k = 0; k < c->leaves; k++) {
        for (int64_t i = 0; ok && smooth && x[k] && i < tg_size(c->arg[k]); i++)
            if (!(fabs(pushed[k][i] - difference[k][i]) <= 1e-5 * fmax(size, fabs(pushed[k][i]))))
                ok = complain(c, "the slope of d/dx%d[%lld] is %.12g by dual numbers, %.12g by differences",
                              k, (long long)i, pushed[k][i], difference[k][i]);
        free(x[k]);
        free(u[k]);
        free(pushed[k]);
        free(difference[k]);
    }
    return ok;
}

static bool compare_twice(check *c) {
    size_t bytes[MAX_ARGS] = {0};
    double *once[MAX_ARGS] = {0};
    bool ok = true;
    for (int k = 0; k < c->leaves; k++) {
        if (!tg_requires_grad(c->arg[k])) continue;
        bytes[k] = (size_t)tg_size(c->arg[k]) * sizeof(double);
        once[k] = calloc(bytes[k] + 1, 1);
        if (bytes[k]) memcpy(once[k], tg_grad(c->arg[k]), bytes[k]);
    }
    if (!tg_backward_from(c->y, c->cotangent)) ok = complain(c, "%s", tg_error(c->tape));
    for (int k = 0; k < c->leaves; k++) {
        for (int64_t i = 0; ok && once[k] && i < tg_size(c->arg[k]); i++) {
            double twice = tg_grad_at(c->arg[k], i);
            if (fabs(twice - 2 * once[k][i]) > 1e-12 * fmax(1, fabs(twice)))
                ok = complain(c, "d/dx%d[%lld] is %.17g after one backward pass, %.17g after two", k,
                              (long long)i, once[k][i], twice);
        }
        free(once[k]);
    }
    return ok;
}

static bool same_within(check *c, const char *what, tg_node *wide, tg_node *narrow, bool grads,
                        double scale) {
    for (int64_t i = 0; i < tg_size(wide); i++) {
        double a = grads ? tg_grad_at(wide, i) : tg_value_at(wide, i);
        double b = grads ? scale * tg_grad_at(narrow, i) : tg_value_at(narrow, i);
        if (!(fabs(a - b) <= 1e-4 * fmax(1, fmax(fabs(a), fabs(b)))))
            return complain(c, "%s[%lld] is %.17g in f64, %.9g in f32", what, (long long)i, a, b);
    }
    return true;
}

/* The tape has been played backward twice by now, the copy once. */
static bool compare_f32(check *c) {
    tg_tape *narrow = tg_shadow(c->tape, TG_F32);
    tg_node *y = tg_tape_node(narrow, tg_id(c->y));
    float *cotangent = calloc((size_t)tg_size(c->y) + 1, sizeof *cotangent);
    for (int64_t i = 0; i < tg_size(c->y); i++) cotangent[i] = (float)c->cotangent[i];
    bool ok = tg_backward_from(y, cotangent);
    if (!ok) complain(c, "in f32: %s", tg_error(narrow));
    free(cotangent);
    ok = ok && same_within(c, "y", c->y, y, false, 1);
    for (int k = 0; ok && k < c->leaves; k++)
        if (tg_requires_grad(c->arg[k]))
            ok = same_within(c, "a gradient", c->arg[k], tg_tape_node(narrow, tg_id(c->arg[k])), true, 2);
    tg_tape_free(narrow);
    return ok;
}

static bool check_all(check *c) {
    if (!record(c)) return false;
    if (!tg_requires_grad(c->y)) return true;
    if (!tg_backward_from(c->y, c->cotangent)) return complain(c, "%s", tg_error(c->tape));
    if (!compare_differences(c) || !compare_duals(c) || !compare_curvature(c)) return false;
    if (!compare_twice(c) || !compare_f32(c)) return false;
    if (c->report->elements && tg_size(c->y) && !c->report->compared)
        return complain(c, "nothing was compared");
    return true;
}

bool check_gradient(const tg_op *op, const tg_case *sample, uint64_t seed, gradient_report *report) {
    *report = (gradient_report){.zero = true};
    check c = {.op = op, .sample = sample, .report = report, .rng = {.seed = seed}};
    bool ok = check_all(&c);
    release(&c);
    return ok;
}
