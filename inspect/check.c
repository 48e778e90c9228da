/* check.c: the course of a check: shadow, gradient, differences, directions, drift, blame. */
#include "check.h"
#include "check_run.h"

#include "../core/arena.h"
#include "../core/shadow.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *tg_verdict_name(tg_verdict verdict) {
    static const char *const names[] = {
#define TG_X(id, name) name,
        TG_VERDICTS(TG_X)
#undef TG_X
    };
    return verdict < TG_NVERDICTS ? names[verdict] : "?";
}

static void say(tg_check_report *report, const char *format, ...) TG_PRINTF(2, 3);
static void say(tg_check_report *report, const char *format, ...) {
    va_list va;
    if (report->message[0]) return;
    va_start(va, format);
    vsnprintf(report->message, sizeof report->message, format, va);
    va_end(va);
}

static void name_node(const tg_node *node, char *text, size_t size) {
    const char *name = tg_name_of(node);
    const tg_op *op = tg_op_of(node);
    if (*name)
        snprintf(text, size, "%s", name);
    else
        snprintf(text, size, "%s #%d", op ? op->name : "leaf", tg_id(node));
}

/* ---- with respect to what ---- */

static bool is_view(const tg_node *node) {
    return tg_op_of(node) && tg_op_of(node)->view;
}

/* The nodes asked for, or all leaves that require their gradient and that the target depends on. */
static bool choose_wrt(tg_check_run *run, const bool *depends) {
    const tg_check_options *o = &run->options;
    const int last = tg_id(run->source_target);
    run->source_wrt = tg_alloc((size_t)(o->nwrt + last + 2) * sizeof(tg_node *));
    if (!run->source_wrt) return false;
    for (int i = 0; i < o->nwrt; i++) {
        tg_node *node = o->wrt[i];
        char name[TG_CHECK_TEXT];
        name_node(node, name, sizeof name);
        if (tg_target_fault(node) || tg_tape_of(node) != run->source || tg_dtype_of(node) == TG_I32) {
            say(run->report, "wrt[%d] is not a real node of the tape", i);
        } else if (is_view(node)) {
            say(run->report, "%s shares its argument's memory; check with respect to that argument", name);
        } else if (tg_id(node) > last || !depends[tg_id(node)]) {
            say(run->report, "%s does not depend on %s", run->report->target, name);
        } else {
            run->source_wrt[run->nwrt++] = node;
        }
    }
    for (int i = 0; !o->nwrt && i <= last; i++) {
        tg_node *node = tg_tape_node(run->source, i);
        if (!tg_op_of(node) && tg_requires_grad(node) && depends[i]) run->source_wrt[run->nwrt++] = node;
    }
    if (!run->nwrt)
        say(run->report, "%s depends on no parameter and on no input that requires its gradient",
            run->report->target);
    return !run->report->message[0];
}

static bool *ancestors(const tg_tape *tape, const tg_node *target) {
    bool *depends = tg_alloc((size_t)tg_tape_size(tape) + 1);
    if (!depends) return NULL;
    depends[tg_id(target)] = true;
    for (int i = tg_id(target); i >= 0; i--)
        for (int k = 0; depends[i] && k < tg_arg_count(tg_tape_node(tape, i)); k++)
            depends[tg_id(tg_arg(tg_tape_node(tape, i), k))] = true;
    return depends;
}

/* Options that mean nothing are refused: what was asked for could not be what is reported. */
static bool options_make_sense(tg_check_report *report, const tg_check_options *o) {
    if (!(o->tolerance >= 0 && isfinite(o->tolerance)))
        say(report, "tolerance is %g; a finite number above 0, or 0 for 1e-6, is possible", o->tolerance);
    else if ((int)o->rule < 0 || o->rule >= TG_NSTEP_RULES)
        say(report, "rule is %d; there are 0 to %d", (int)o->rule, TG_NSTEP_RULES - 1);
    else if (o->nwrt < 0)
        say(report, "nwrt is %d; 0 or more is possible", o->nwrt);
    else if (o->nwrt && !o->wrt)
        say(report, "wrt is NULL, but nwrt is %d", o->nwrt);
    return !report->message[0];
}

/* ---- the shadow and its gradient ---- */

bool tg_check_open_probe(tg_check_run *run, tg_probe *probe) {
    tg_node **leaves = tg_alloc((size_t)run->nwrt * sizeof *leaves);
    if (!leaves) return false;
    int n = 0;
    for (int i = 0; i < run->nwrt; i++)
        if (!tg_op_of(run->source_wrt[i])) leaves[n++] = run->source_wrt[i];
    tg_tape *shadow = tg_shadow_with(
        run->source, (tg_shadow_spec){.dtype = TG_F64, .threads = 1, .wanted = leaves, .nwanted = n});
    tg_release(leaves);
    if (!shadow) return false;
    if (tg_failed(shadow)) {
        say(run->report, "%s", tg_error(shadow));
        tg_tape_free(shadow);
        return false;
    }
    return tg_probe_open(probe, shadow, tg_tape_node(shadow, tg_id(run->source_target)), run->options.seed);
}

static bool open_shadow(tg_check_run *run) {
    if (!tg_check_open_probe(run, &run->probe)) return false;
    for (int i = 0; i < run->nwrt; i++) {
        run->wrt[i] = tg_tape_node(run->probe.tape, tg_id(run->source_wrt[i]));
        if (tg_requires_grad(run->wrt[i])) continue;
        say(run->report, "%s depends on no leaf that requires its gradient, so backward does not come by",
            run->report->tensors[i].name);
        return false;
    }
    return true;
}

static bool describe_tensors(tg_check_run *run) {
    tg_check_report *r = run->report;
    r->tensors = tg_alloc((size_t)run->nwrt * sizeof *r->tensors);
    run->wrt = tg_alloc((size_t)run->nwrt * sizeof *run->wrt);
    run->offset = tg_alloc((size_t)(run->nwrt + 1) * sizeof *run->offset);
    if (!r->tensors || !run->wrt || !run->offset) return false;
    r->ntensors = run->nwrt;
    for (int i = 0; i < run->nwrt; i++) {
        tg_check_tensor *t = &r->tensors[i];
        name_node(run->source_wrt[i], t->name, sizeof t->name);
        t->shape = *tg_shape_of(run->source_wrt[i]);
        t->size = tg_size(run->source_wrt[i]);
        t->verdict = TG_VERDICT_VACUOUS;
        run->offset[i + 1] = run->offset[i] + t->size;
    }
    r->elements = run->offset[run->nwrt];
    return true;
}

static void copy_gradients(tg_check_run *run, double *to) {
    for (int i = 0; i < run->nwrt; i++)
        for (int64_t j = 0; j < run->report->tensors[i].size; j++)
            to[run->offset[i] + j] = tg_grad(run->wrt[i]) ? tg_grad_at(run->wrt[i], j) : 0;
}

/* Backward, twice; the second must repeat the first bit for bit, as must the value. */
static bool differentiate(tg_check_run *run) {
    tg_probe *p = &run->probe;
    tg_check_report *r = run->report;
    size_t n = (size_t)r->elements + 1;
    run->base = tg_alloc(n * sizeof *run->base);
    run->analytic = tg_alloc(n * sizeof *run->analytic);
    double *again = tg_alloc(n * sizeof *again);
    if (!run->base || !run->analytic || !again) {
        tg_release(again);
        return false;
    }
    for (int i = 0; i < run->nwrt; i++)
        if (r->tensors[i].size)
            memcpy(run->base + run->offset[i], tg_value(run->wrt[i]),
                   (size_t)r->tensors[i].size * sizeof(double));
    size_t value_size = (size_t)tg_size(p->target) * sizeof(double);
    double *value = tg_alloc(value_size + 1);
    if (value && value_size) memcpy(value, tg_value(p->target), value_size);
    bool ok = value && tg_probe_backward(p);
    copy_gradients(run, run->analytic);
    tg_probe_aim(p, run->wrt, run->nwrt);
    ok = ok && tg_probe_backward(p);
    copy_gradients(run, again);
    r->deterministic = ok && memcmp(run->analytic, again, (n - 1) * sizeof *again) == 0 &&
                       memcmp(value, p->base, value_size) == 0;
    for (size_t i = 0; i + 1 < n; i++)
        if (isfinite(run->analytic[i])) run->scale = fmax(run->scale, fabs(run->analytic[i]));
    tg_release(value);
    tg_release(again);
    if (!ok) say(r, "%s", tg_failed(p->tape) ? tg_error(p->tape) : "out of memory");
    return ok;
}

/* ---- element by element ---- */

static void keep_worst(tg_check_report *r, const tg_check_element *e) {
    int at = r->nworst;
    while (at > 0 && (r->worst[at - 1].verdict < e->verdict ||
                      (r->worst[at - 1].verdict == e->verdict && r->worst[at - 1].rel_error < e->rel_error)))
        at--;
    if (at == TG_CHECK_WORST) return;
    if (r->nworst < TG_CHECK_WORST) r->nworst++;
    memmove(r->worst + at + 1, r->worst + at, (size_t)(r->nworst - 1 - at) * sizeof *r->worst);
    r->worst[at] = *e;
}

void tg_check_count(tg_check_run *run, const tg_check_element *e) {
    tg_check_report *r = run->report;
    keep_worst(r, e);
    if (e->tensor < 0) return;
    tg_check_tensor *t = &r->tensors[e->tensor];
    t->checked++;
    r->checked++;
    t->counts[e->verdict]++;
    r->counts[e->verdict]++;
    if (!t->reason) t->reason = e->reason;
    if (e->verdict != TG_VERDICT_PASS && e->verdict != TG_VERDICT_FAIL) return;
    t->max_rel_error = fmax(t->max_rel_error, e->rel_error);
    r->max_rel_error = fmax(r->max_rel_error, e->rel_error);
    run->errors[run->nerrors++] = (float)e->rel_error;
    int decade = e->rel_error > 0 ? (int)floor(log10(fmin(e->rel_error, 1))) + 17 : 0;
    r->histogram[decade < 0 ? 0 : decade >= TG_CHECK_DECADES ? TG_CHECK_DECADES - 1 : decade]++;
}

/* ---- the verdict ---- */

static int by_size(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static tg_verdict sum_up(const int64_t *counts, int64_t checked) {
    if (counts[TG_VERDICT_FAIL]) return TG_VERDICT_FAIL;
    if (!checked) return TG_VERDICT_VACUOUS;
    if (counts[TG_VERDICT_INCONCLUSIVE] == checked) return TG_VERDICT_INCONCLUSIVE;
    return TG_VERDICT_PASS;
}

static void conclude(tg_check_run *run) {
    tg_check_report *r = run->report;
    const char *unsure = NULL;
    for (int i = 0; i < r->ntensors; i++) {
        r->tensors[i].verdict = sum_up(r->tensors[i].counts, r->tensors[i].checked);
        if (!unsure && r->tensors[i].verdict == TG_VERDICT_INCONCLUSIVE) unsure = r->tensors[i].reason;
    }
    if (run->nerrors) {
        qsort(run->errors, (size_t)run->nerrors, sizeof *run->errors, by_size);
        r->median_rel_error = run->errors[run->nerrors / 2];
        r->p99_rel_error = run->errors[(99 * run->nerrors + 99) / 100 - 1];
    }
    r->verdict = sum_up(r->counts, r->checked);
    if (unsure && r->verdict == TG_VERDICT_PASS) r->verdict = TG_VERDICT_INCONCLUSIVE;
    if (r->directions_failed || !r->deterministic || r->nculprits) r->verdict = TG_VERDICT_FAIL;
    bool plan_differs = r->has_drift && !(run->plan_drift < 1e-6);
    if (plan_differs && r->verdict == TG_VERDICT_PASS) r->verdict = TG_VERDICT_FAIL;
    if (!r->deterministic)
        say(r, "not a function: the same point gave other bits the second time");
    else if (r->counts[TG_VERDICT_FAIL])
        say(r, "%lld of %lld elements contradict the differences", (long long)r->counts[TG_VERDICT_FAIL],
            (long long)r->checked);
    else if (r->directions_failed)
        say(r, "%d of %d random directions contradict the differences", r->directions_failed, r->directions);
    else if (r->nculprits)
        say(r,
            r->culprits[0].f32_only
                ? "the op %s is wrong in f32 only, where differences, taken in f64, do not look"
                : "the op %s is wrong by itself, though no difference that was taken says so",
            r->culprits[0].op);
    else if (plan_differs)
        say(r, "a replay (execution plan, threads) gives another gradient than op by op (relative %.1e)",
            run->plan_drift);
    else if (r->verdict == TG_VERDICT_VACUOUS)
        say(r, "nothing was compared: there are no elements");
    else if (r->verdict == TG_VERDICT_INCONCLUSIVE)
        say(r, "no difference quotient of at least one tensor was reliable: %s", unsure);
}

static void close_run(tg_check_run *run) {
    tg_probe_close(&run->probe);
    tg_tape_free(run->dual);
    tg_release(run->source_wrt);
    tg_release(run->wrt);
    tg_release(run->offset);
    tg_release(run->base);
    tg_release(run->analytic);
    tg_release(run->errors);
}

static bool go(tg_check_run *run) {
    bool *depends = ancestors(run->source, run->source_target);
    bool ok = depends && choose_wrt(run, depends);
    tg_release(depends);
    if (!ok || !describe_tensors(run) || !open_shadow(run) || !differentiate(run) || !tg_check_elements(run))
        return false;
    if (tg_failed(run->probe.tape)) { /* on the way; what was compared then is worth nothing */
        say(run->report, "%s", tg_error(run->probe.tape));
        return false;
    }
    tg_probe_aim(&run->probe, run->wrt, run->nwrt);
    if (!run->options.no_drift) tg_check_drift(run);
    if (!run->options.no_blame) tg_check_examine(run);
    conclude(run);
    if (run->report->verdict == TG_VERDICT_FAIL && !run->options.no_blame) tg_check_blame(run);
    return true;
}

tg_check_report *tg_check(tg_node *node, tg_check_options options) {
    tg_check_report *report = node ? tg_alloc(sizeof *report) : NULL;
    if (!report) return NULL;
    struct timespec start, end;
    timespec_get(&start, TIME_UTC);
    const bool sense = options_make_sense(report, &options);
    if (options.tolerance == 0) options.tolerance = 1e-6;
    report->verdict = TG_VERDICT_VACUOUS;
    report->seed = options.seed;
    report->dtype = tg_tape_dtype(tg_tape_of(node));
    name_node(node, report->target, sizeof report->target);
    tg_check_run run = {
        .options = options, .report = report, .source = tg_tape_of(node), .source_target = node};
    if (tg_failed(run.source))
        say(report, "the tape has failed: %s", tg_error(run.source));
    else if (tg_target_fault(node))
        say(report, "%s", tg_target_fault(node));
    else if (sense && !go(&run))
        say(report, "out of memory");
    report->evaluations = run.probe.evaluations;
    close_run(&run);
    timespec_get(&end, TIME_UTC);
    report->seconds = (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
    return report;
}

bool tg_check_ok(const tg_check_report *report) {
    return report && report->verdict == TG_VERDICT_PASS;
}

void tg_check_free(tg_check_report *report) {
    if (!report) return;
    tg_release(report->tensors);
    tg_release(report);
}
