/* check_op.c: the registry sweep of one op, and its mutation self-test. */
#include "../core/shadow.h"
#include "check_run.h"
#include "local.h"
#include "sweep.h"

#include <math.h>
#include <string.h>
#include <time.h>

/* The first failure is what the message tells, or else the first case that was not checked. */
static void tell(tg_op_report *r, const tg_sweep_case *c, uint64_t seed, const char *stage,
                 const char *what) {
    if (!r->message[0] || !r->failed_cases)
        snprintf(r->message, sizeof r->message, "%s, case \"%s\", seed %llu: %s: %s", c->op->name, c->label,
                 (unsigned long long)seed, stage, what);
}

static bool skip(tg_op_report *r, const tg_sweep_case *c, uint64_t seed, const char *stage,
                 const char *what) {
    if (!r->message[0]) tell(r, c, seed, stage, what);
    r->unchecked_cases++;
    return false;
}

/* Without memory nothing is known to be wrong. */
static bool refuse(tg_op_report *r, const tg_sweep_case *c, uint64_t seed, const char *stage,
                   const char *what) {
    if (strstr(what, "out of memory")) return skip(r, c, seed, stage, what);
    tell(r, c, seed, stage, what);
    r->failed_cases++;
    return false;
}

/* Whether there is nothing to compare. */
static bool is_empty(const tg_node *y) {
    int64_t n = 0;
    for (int k = 0; k < tg_arg_count(y); k++)
        if (tg_dtype_of(tg_arg(y, k)) != TG_I32) n += tg_size(tg_arg(y, k));
    return n == 0;
}

static void add_counts(tg_op_report *r, const tg_check_report *report) {
    r->elements += report->checked;
    for (int v = 0; v < TG_NVERDICTS; v++) r->counts[v] += report->counts[v];
    for (int d = 0; d < TG_CHECK_DECADES; d++) r->histogram[d] += report->histogram[d];
    r->max_rel_error = fmax(r->max_rel_error, report->max_rel_error);
    if (report->has_drift && isfinite(report->gradient_drift))
        r->max_f32_drift = fmax(r->max_f32_drift, report->gradient_drift);
}

/* An element on a kink that the op's branch kernel does not tell; NULL. */
static const tg_check_element *undeclared(const tg_check_report *report) {
    for (int i = 0; i < report->nworst; i++) {
        const tg_check_element *e = &report->worst[i];
        if (e->reason && strcmp(e->reason, TG_CHECK_UNDECLARED) == 0) return e;
    }
    return NULL;
}

/* Differences, and f32 by the execution plan against f64: rounding may cost digits, but not the second one. */
static bool check_differences(tg_op_report *r, const tg_sweep_case *c, tg_node *y, tg_check_options options) {
    tg_check_report *report = tg_check(y, options);
    bool ok = true;
    if (!report) return refuse(r, c, options.seed, "differences", "out of memory");
    add_counts(r, report);
    const tg_check_element *e = &report->worst[0];
    char text[1024];
    if (report->verdict == TG_VERDICT_FAIL) {
        snprintf(text, sizeof text, "%s; worst: argument %s element %lld, gradient %.9g, differences %.9g%s",
                 report->message, report->nworst && e->tensor >= 0 ? report->tensors[e->tensor].name : "?",
                 (long long)e->index, e->analytic, e->numeric,
                 isnan(e->analytic) && c->op->elementwise
                     ? " (does backward read what .saves does not declare?)"
                     : "");
        ok = refuse(r, c, options.seed, "differences", text);
    } else if (c->grid && undeclared(report)) {
        e = undeclared(report);
        snprintf(text, sizeof text, "the slope jumps at %g, and no branch kernel tells the sides apart",
                 e->value);
        ok = refuse(r, c, options.seed, "kinks", text);
    } else if (!c->grid && report->has_drift &&
               !(report->value_drift < 0.01 && report->gradient_drift < 0.01) &&
               isfinite(report->value_drift)) {
        snprintf(text, sizeof text, "values differ by %.1e, gradients by %.1e (relative to the largest)",
                 report->value_drift, report->gradient_drift);
        ok = refuse(r, c, options.seed, "f32 against f64", text);
    } else if (report->verdict == TG_VERDICT_VACUOUS && !is_empty(y)) {
        ok = skip(r, c, options.seed, "differences", report->message);
    } else if (!options.no_drift && !report->has_drift && !is_empty(y)) {
        ok = skip(r, c, options.seed, "f32 against f64", "out of memory");
    }
    tg_check_free(report);
    return ok;
}

static bool check_contract(tg_op_report *r, const tg_sweep_case *c, const tg_node *y,
                           tg_check_options options, bool quick) {
    tg_tape *shadow = tg_shadow_with(tg_tape_of(y), (tg_shadow_spec){.dtype = TG_F64, .threads = 1});
    const tg_node *node = tg_tape_node(shadow, tg_id(y));
    tg_local_fault fault;
    char text[256];
    bool ok = true;
    if (!node)
        ok = refuse(r, c, options.seed, "f64", shadow ? tg_error(shadow) : "out of memory");
    else if (!tg_local_check(node, options.seed, true, NULL, &fault))
        ok = refuse(r, c, options.seed, "contract", fault.text);
    else if (!fault.starved && !quick && !tg_local_check_f32(node, options.seed, &fault))
        ok = refuse(r, c, options.seed, "f32 against f64", fault.text);
    else if (fault.starved)
        ok = skip(r, c, options.seed, "contract", "out of memory");
    else if (!quick && !tg_sweep_second(node, options.seed, text, sizeof text))
        ok = refuse(r, c, options.seed, "second derivatives", text);
    tg_tape_free(shadow);
    return ok;
}

/* All that is asked is that it ends, and that the process is still there. */
static void feed_nan(tg_node *y) {
    for (int k = 0; k < tg_arg_count(y); k++) {
        const tg_node *arg = tg_arg(y, k);
        if (tg_dtype_of(arg) == TG_F32 && tg_size(arg)) ((float *)tg_value(arg))[0] = NAN;
    }
    tg_forward_one(y);
    tg_backward_from(y, NULL);
}

/* Every element of a small case, a hundred of a large one: large ones are there for threads and blocks. */
static int64_t budget_of(const tg_node *y) {
    int64_t n = 0;
    for (int k = 0; k < tg_arg_count(y); k++) n += tg_size(tg_arg(y, k));
    return n > 400 ? 100 : 400;
}

static bool check_case(tg_op_report *r, const tg_sweep_case *c, tg_check_options options, bool quick) {
    tg_tape *tape = tg_tape_new_spec((tg_tape_spec){.dtype = TG_F32, .seed = options.seed, .threads = 1});
    tg_node *y = tg_sweep_record(c, tape, options.seed);
    bool ok;
    r->cases++;
    if (!y) {
        ok = refuse(r, c, options.seed, "recording", tape ? tg_error(tape) : "out of memory");
    } else if (!tg_requires_grad(y)) {
        ok = true; /* integers only */
    } else {
        if (!options.budget) options.budget = budget_of(y);
        ok = check_differences(r, c, y, options);
        /* On a kink J u and backward may take different sides, both rightly. */
        if (ok && !c->grid) ok = check_contract(r, c, y, options, quick);
        if (ok && !quick) feed_nan(y);
    }
    tg_tape_free(tape);
    return ok;
}

static bool has_derivative(const tg_op *op) {
    return op->view || (op->kernels && tg_kernel_of(op, TG_F64)->backward);
}

static void check_declaration(tg_op_report *r, const tg_op *op) {
    if (!op->kinks || op->view || tg_kernel_of(op, TG_F64)->branch) return;
    snprintf(r->message, sizeof r->message,
             "%s declares kinks (%s), but has no branch kernel that tells the sides apart", op->name,
             op->kinks);
    r->failed_cases++;
}

static tg_check_options for_cases(tg_check_options o, bool quick) {
    return (tg_check_options){.rule = o.rule  ? o.rule
                                      : quick ? TG_STEP_AUTO
                                              : TG_STEP_SIX,
                              .tolerance = o.tolerance,
                              .budget = o.budget,
                              .directions = -1,
                              .seed = o.seed,
                              .no_blame = true,
                              .no_drift = quick};
}

static double now(void) {
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

tg_op_report tg_check_op(const tg_op *op, tg_check_options options) {
    tg_op_report r = {.name = op ? op->name : "", .verdict = TG_VERDICT_VACUOUS};
    if (!op) {
        snprintf(r.message, sizeof r.message, "there is no op: NULL was given");
        return r;
    }
    const double start = now();
    tg_sweep_case c;
    if (has_derivative(op)) {
        check_declaration(&r, op);
        for (int n = 0; tg_sweep_get(op, n, &c); n++) check_case(&r, &c, for_cases(options, false), false);
    } else {
        snprintf(r.message, sizeof r.message, "%s has no derivative", op->name);
    }
    if (r.failed_cases)
        r.verdict = TG_VERDICT_FAIL;
    else if (r.unchecked_cases)
        r.verdict = TG_VERDICT_VACUOUS;
    else if (r.counts[TG_VERDICT_INCONCLUSIVE] == r.elements && r.elements)
        r.verdict = TG_VERDICT_INCONCLUSIVE;
    else if (r.elements)
        r.verdict = TG_VERDICT_PASS;
    if (!r.cases && !r.message[0])
        snprintf(r.message, sizeof r.message, "%s brings no sample cases (.cases of its descriptor)",
                 op->name);
    r.seconds = now() - start;
    return r;
}

/* ---- the self-test ---- */

/* Whether any case rejects the mutant; stops at the first that does. The message then names the stage. */
static bool is_killed(const tg_op *op, tg_mutation *mutation, tg_check_options options, tg_op_report *r) {
    tg_sweep_case c;
    for (int n = 0; tg_sweep_get(op, n, &c); n++) {
        c.mutation = mutation;
        if (!c.grid && !check_case(r, &c, for_cases(options, true), true) && r->failed_cases) return true;
    }
    return false;
}

tg_mutation_report tg_check_op_mutants(const tg_op *op, tg_check_options options) {
    tg_mutation_report r = {0};
    if (!op) return r;
    const int arguments = op->arity == TG_VARIADIC ? 1 : op->arity;
    for (int k = 0; k < arguments; k++) {
        for (int kind = 0; kind < TG_NCORRUPTIONS && !(op->int_args >> k & 1); kind++) {
            tg_mutation *mutation = tg_mutation_new(op, (tg_corruption)kind, k);
            if (!mutation) continue;
            tg_op_report sweep = {.name = op->name};
            bool killed = is_killed(op, mutation, options, &sweep);
            if (!tg_mutation_bites(mutation)) {
                r.equal++;
            } else {
                r.mutants++;
                r.killed += killed;
                r.by_differences += killed && strstr(sweep.message, ": differences: ") != NULL;
                if (!killed && r.nsurvivors < 64) {
                    r.survivors[r.nsurvivors].kind = (tg_corruption)kind;
                    r.survivors[r.nsurvivors++].argument = k;
                }
            }
            tg_mutation_free(mutation);
        }
    }
    return r;
}
