/* check_report.c: a report as a table and as JSON. */
#include "check.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

/* ---- for people ---- */

static const char *where_of(const tg_check_report *r, const tg_check_element *e) {
    return e->tensor < 0 ? "direction" : r->tensors[e->tensor].name;
}

static void print_culprits(const tg_check_report *r, FILE *out) {
    for (int i = 0; i < r->nculprits; i++) {
        const tg_culprit *c = &r->culprits[i];
        fprintf(out, "\n  culprit: %s #%d  %s%s%s  (%s:%d)\n    %s\n", c->op, c->node, c->shapes,
                *c->attributes ? "  " : "", c->attributes, c->where.file ? c->where.file : "?", c->where.line,
                c->fault);
    }
    if (!r->blamed || r->nculprits || r->verdict != TG_VERDICT_FAIL) return;
    fputs(r->nworst && !isfinite(r->worst[0].analytic)
              ? "\n  No culprit: no op is wrong where it is finite. tg_anomaly names the first that is not.\n"
              : "\n  No culprit: no op was found wrong on its own. Suspect gradients that are not added up, "
                "two nodes sharing\n"
                "  memory, an op that keeps what its next call overwrites, a forward that converts `real` to "
                "double.\n",
          out);
}

static void print_worst(const tg_check_report *r, FILE *out) {
    fprintf(out, "\n  %-12s %-24s %9s %15s %15s %9s %9s\n", "worst", "tensor", "element", "gradient",
            "differences", "relative", "+-");
    for (int i = 0; i < r->nworst; i++) {
        const tg_check_element *e = &r->worst[i];
        fprintf(out, "  %-12s %-24.24s %9lld %15.8g %15.8g %9.1e %9.1e", tg_verdict_name(e->verdict),
                where_of(r, e), (long long)e->index, e->analytic, e->numeric, e->rel_error, e->bar);
        if (e->kink_node >= 0)
            fprintf(out, "  kink at node #%d, element %lld", e->kink_node, (long long)e->kink_element);
        fprintf(out, "%s%s\n", e->reason ? "  " : "", e->reason ? e->reason : "");
    }
}

static void print_tensors(const tg_check_report *r, FILE *out) {
    fprintf(out, "\n  %-24s %-16s %10s %10s %6s %6s %12s %9s  %s\n", "tensor", "shape", "elements",
            "compared", "fail", "kink", "inconclusive", "worst", "verdict");
    for (int i = 0; i < r->ntensors; i++) {
        const tg_check_tensor *t = &r->tensors[i];
        char shape[TG_SHAPE_TEXT];
        fprintf(out, "  %-24.24s %-16s %10lld %10lld %6lld %6lld %12lld %9.1e  %s\n", t->name,
                tg_shape_text(&t->shape, shape, sizeof shape), (long long)t->size, (long long)t->checked,
                (long long)t->counts[TG_VERDICT_FAIL], (long long)t->counts[TG_VERDICT_KINK],
                (long long)t->counts[TG_VERDICT_INCONCLUSIVE], t->max_rel_error, tg_verdict_name(t->verdict));
    }
}

static void print_histogram(const tg_check_report *r, FILE *out) {
    int64_t most = 1;
    for (int i = 0; i < TG_CHECK_DECADES; i++)
        if (r->histogram[i] > most) most = r->histogram[i];
    fprintf(out, "\n  relative errors: median %.1e, 99 %% below %.1e, largest %.1e\n", r->median_rel_error,
            r->p99_rel_error, r->max_rel_error);
    for (int i = 0; i < TG_CHECK_DECADES; i++) {
        if (!r->histogram[i]) continue;
        int bar = (int)(40.0 * (double)r->histogram[i] / (double)most + 0.999);
        if (i == 0)
            fprintf(out, "     < 1e-16 ");
        else
            fprintf(out, "    >= 1e%-3d ", i - 17);
        fprintf(out, "%8lld %.*s\n", (long long)r->histogram[i], bar,
                "########################################");
    }
}

void tg_check_print(const tg_check_report *r, FILE *out) {
    if (!r) return;
    fprintf(out, "gradient check of %s: %s%s%s\n", r->target, tg_verdict_name(r->verdict),
            *r->message ? ": " : "", r->message);
    print_culprits(r, out);
    if (r->nworst) print_worst(r, out);
    if (r->ntensors) print_tensors(r, out);
    if (r->checked) print_histogram(r, out);
    if (r->checked < r->elements)
        fprintf(out, "\n  %lld of %lld elements were compared (a stratified sample).\n",
                (long long)r->checked, (long long)r->elements);
    if (r->directions) {
        fprintf(out, "\n  %d random directions over all leaves: %d contradict the differences.\n",
                r->directions, r->directions_failed);
        fprintf(out,
                "  An error of %.1e or more in any single element would have been seen with probability 99.9 "
                "%%.\n",
                r->detection_limit);
    }
    if (r->has_drift)
        fprintf(out, "\n  drift of %s and its execution plan from f64: value %.1e, gradient %.1e\n",
                tg_dtype_name(r->dtype), r->value_drift, r->gradient_drift);
    if (r->checked && !(r->blamed && r->has_drift))
        fprintf(out, "\n  left out:%s%s\n", r->blamed ? "" : " ops one by one (.no_blame)",
                r->has_drift ? "" : " f32 and the execution plan (.no_drift)");
    fprintf(out, "\n  seed %llu, %lld evaluations, %.3g s\n", (unsigned long long)r->seed,
            (long long)r->evaluations, r->seconds);
}

/* ---- for machines ---- */

static void add_counts(cJSON *object, const int64_t *counts) {
    cJSON *o = cJSON_AddObjectToObject(object, "verdicts");
    for (int v = 0; v < TG_VERDICT_VACUOUS; v++)
        cJSON_AddNumberToObject(o, tg_verdict_name((tg_verdict)v), (double)counts[v]);
}

static void add_tensors(cJSON *object, const tg_check_report *r) {
    cJSON *list = cJSON_AddArrayToObject(object, "tensors");
    for (int i = 0; i < r->ntensors; i++) {
        const tg_check_tensor *t = &r->tensors[i];
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "name", t->name);
        cJSON *shape = cJSON_AddArrayToObject(o, "shape");
        for (int d = 0; d < t->shape.rank; d++)
            cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)t->shape.dim[d]));
        cJSON_AddNumberToObject(o, "elements", (double)t->size);
        cJSON_AddNumberToObject(o, "compared", (double)t->checked);
        add_counts(o, t->counts);
        cJSON_AddNumberToObject(o, "max_rel_error", t->max_rel_error);
        cJSON_AddStringToObject(o, "verdict", tg_verdict_name(t->verdict));
        cJSON_AddItemToArray(list, o);
    }
}

static void add_worst(cJSON *object, const tg_check_report *r) {
    cJSON *list = cJSON_AddArrayToObject(object, "worst");
    for (int i = 0; i < r->nworst; i++) {
        const tg_check_element *e = &r->worst[i];
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "tensor", where_of(r, e));
        cJSON_AddNumberToObject(o, "element", (double)e->index);
        cJSON_AddNumberToObject(o, "value", e->value);
        cJSON_AddNumberToObject(o, "gradient", e->analytic);
        cJSON_AddNumberToObject(o, "differences", e->numeric);
        cJSON_AddNumberToObject(o, "abs_error", e->abs_error);
        cJSON_AddNumberToObject(o, "rel_error", e->rel_error);
        cJSON_AddNumberToObject(o, "error_bar", e->bar);
        cJSON_AddStringToObject(o, "verdict", tg_verdict_name(e->verdict));
        if (e->kink_node >= 0) {
            cJSON_AddNumberToObject(o, "kink_node", e->kink_node);
            cJSON_AddNumberToObject(o, "kink_element", (double)e->kink_element);
        }
        cJSON_AddItemToArray(list, o);
    }
}

static void add_culprits(cJSON *object, const tg_check_report *r) {
    cJSON_AddBoolToObject(object, "blamed", r->blamed);
    cJSON *list = cJSON_AddArrayToObject(object, "culprits");
    for (int i = 0; i < r->nculprits; i++) {
        const tg_culprit *c = &r->culprits[i];
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "op", c->op);
        cJSON_AddNumberToObject(o, "node", c->node);
        cJSON_AddNumberToObject(o, "argument", c->argument);
        cJSON_AddStringToObject(o, "shapes", c->shapes);
        cJSON_AddStringToObject(o, "attributes", c->attributes);
        cJSON_AddStringToObject(o, "file", c->where.file ? c->where.file : "");
        cJSON_AddNumberToObject(o, "line", c->where.line);
        cJSON_AddBoolToObject(o, "f32_only", c->f32_only);
        cJSON_AddStringToObject(o, "fault", c->fault);
        cJSON_AddItemToArray(list, o);
    }
}

static void add_numbers(cJSON *o, const tg_check_report *r) {
    cJSON_AddNumberToObject(o, "elements", (double)r->elements);
    cJSON_AddNumberToObject(o, "compared", (double)r->checked);
    add_counts(o, r->counts);
    cJSON_AddNumberToObject(o, "max_rel_error", r->max_rel_error);
    cJSON_AddNumberToObject(o, "median_rel_error", r->median_rel_error);
    cJSON_AddNumberToObject(o, "p99_rel_error", r->p99_rel_error);
    cJSON *histogram = cJSON_AddArrayToObject(o, "histogram");
    for (int i = 0; i < TG_CHECK_DECADES; i++)
        cJSON_AddItemToArray(histogram, cJSON_CreateNumber((double)r->histogram[i]));
    cJSON_AddNumberToObject(o, "directions", r->directions);
    cJSON_AddNumberToObject(o, "directions_failed", r->directions_failed);
    if (r->directions) cJSON_AddNumberToObject(o, "detection_limit", r->detection_limit);
    cJSON_AddBoolToObject(o, "deterministic", r->deterministic);
    if (r->has_drift) {
        cJSON_AddNumberToObject(o, "value_drift", r->value_drift);
        cJSON_AddNumberToObject(o, "gradient_drift", r->gradient_drift);
    }
}

char *tg_check_json(const tg_check_report *r) {
    cJSON *o = r ? cJSON_CreateObject() : NULL;
    if (!o) return NULL;
    cJSON_AddStringToObject(o, "target", r->target);
    cJSON_AddStringToObject(o, "verdict", tg_verdict_name(r->verdict));
    cJSON_AddStringToObject(o, "message", r->message);
    cJSON_AddStringToObject(o, "dtype", tg_dtype_name(r->dtype));
    cJSON_AddNumberToObject(o, "seed", (double)r->seed);
    add_numbers(o, r);
    add_culprits(o, r);
    add_tensors(o, r);
    add_worst(o, r);
    cJSON_AddNumberToObject(o, "evaluations", (double)r->evaluations);
    cJSON_AddNumberToObject(o, "seconds", r->seconds);
    char *text = cJSON_Print(o);
    cJSON_Delete(o);
    return text;
}
