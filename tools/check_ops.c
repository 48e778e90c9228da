/* check_ops.c: `tapegrad check [OP...]`, the registry sweep, and `--mutate`, its self-test. */
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool wanted(const check_input *in, const tg_op *op) {
    for (int i = 0; i < in->count; i++)
        if (strcmp(in->names[i], op->name) == 0) return true;
    return in->count == 0;
}

static bool has_derivative(const tg_op *op) {
    return op->view || tg_kernel_of(op, TG_F64)->backward;
}

/* One line on a terminal that overwrites itself. */
static void show_progress(const check_input *in, int i, const char *name) {
    if (in->json || !isatty(STDERR_FILENO)) return;
    fprintf(stderr, "\r\033[K%d of %d: %s", i + 1, tg_op_count(), name);
    if (i + 1 == tg_op_count()) fprintf(stderr, "\r\033[K");
    fflush(stderr);
}

/* ---- the sweep ---- */

typedef struct totals {
    int ops, failed, vacuous, cases;
    int64_t elements, histogram[TG_CHECK_DECADES];
    double seconds;
} totals;

static void add_up(totals *t, const tg_op_report *r) {
    t->ops++;
    t->failed += r->verdict == TG_VERDICT_FAIL;
    t->vacuous += r->verdict != TG_VERDICT_FAIL && r->verdict != TG_VERDICT_PASS;
    t->cases += r->cases;
    t->elements += r->elements;
    t->seconds += r->seconds;
    for (int d = 0; d < TG_CHECK_DECADES; d++) t->histogram[d] += r->histogram[d];
}

/* The decade, as a power of ten, below which a share of all relative errors lies. */
static int share_below(const totals *t, double share) {
    int64_t all = 0, below = 0;
    for (int d = 0; d < TG_CHECK_DECADES; d++) all += t->histogram[d];
    for (int d = 0; d < TG_CHECK_DECADES; d++) {
        below += t->histogram[d];
        if ((double)below >= share * (double)all) return d - 16;
    }
    return 0;
}

static cJSON *op_json(const tg_op_report *r) {
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "name", r->name);
    cJSON_AddNumberToObject(o, "cases", r->cases);
    cJSON_AddNumberToObject(o, "elements", (double)r->elements);
    cJSON_AddNumberToObject(o, "max_rel_error", r->max_rel_error);
    cJSON_AddStringToObject(o, "status", tg_verdict_name(r->verdict));
    cJSON_AddNumberToObject(o, "kinks", (double)r->counts[TG_VERDICT_KINK]);
    cJSON_AddNumberToObject(o, "inconclusive", (double)r->counts[TG_VERDICT_INCONCLUSIVE]);
    cJSON_AddNumberToObject(o, "f32_drift", r->max_f32_drift);
    cJSON_AddNumberToObject(o, "seconds", r->seconds);
    if (*r->message) cJSON_AddStringToObject(o, "message", r->message);
    return o;
}

static void op_line(const tg_op_report *r) {
    printf("%-34s %5d %9lld %9.1e %6lld %9.1e %6.2f  %s\n", r->name, r->cases, (long long)r->elements,
           r->max_rel_error, (long long)r->counts[TG_VERDICT_KINK], r->max_f32_drift, r->seconds,
           tg_verdict_name(r->verdict));
    if (*r->message) printf("    %s\n", r->message);
}

static check_case junit_case(const tg_op_report *r) {
    check_case c = {.verdict = r->verdict, .seconds = r->seconds};
    snprintf(c.name, sizeof c.name, "%s", r->name);
    snprintf(c.message, sizeof c.message, "%s", r->message);
    return c;
}

static int finish_sweep(const check_input *in, const totals *t, cJSON *list) {
    const bool failed = t->failed > 0, nothing = t->elements == 0;
    const int status = failed ? TG_EXIT_FAILED : nothing ? TG_EXIT_VACUOUS : TG_EXIT_OK;
    if (in->json) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddItemToObject(o, "ops", list);
        cJSON_AddStringToObject(o, "status", failed ? "fail" : nothing ? "vacuous" : "pass");
        cJSON_AddNumberToObject(o, "seed", (double)in->options.seed);
        cJSON_AddNumberToObject(o, "median_rel_error_below", t->elements ? pow(10, share_below(t, 0.5)) : 0);
        cJSON_AddNumberToObject(o, "p99_rel_error_below", t->elements ? pow(10, share_below(t, 0.99)) : 0);
        cJSON_AddNumberToObject(o, "seconds", t->seconds);
        int printed = tg_cli_print_json(o);
        return status == TG_EXIT_OK ? printed : status;
    }
    cJSON_Delete(list);
    printf("\n%d ops, %d cases, %lld elements, %.1f s: ", t->ops, t->cases, (long long)t->elements,
           t->seconds);
    if (failed)
        printf("%d failed\n", t->failed);
    else if (nothing)
        printf("nothing was compared\n");
    else
        printf("all pass; half of the relative errors are below 1e%d, 99 %% below 1e%d\n",
               share_below(t, 0.5), share_below(t, 0.99));
    return status;
}

int check_ops(const check_input *in) {
    totals t = {0};
    cJSON *list = cJSON_CreateArray();
    check_case *cases = calloc((size_t)tg_op_count(), sizeof *cases);
    if (!cases) return tg_cli_fail("out of memory");
    if (!in->json)
        printf("%-34s %5s %9s %9s %6s %9s %6s\n", "op", "cases", "elements", "worst", "kinks", "f32", "s");
    for (int i = 0; i < tg_op_count(); i++) {
        const tg_op *op = tg_op_get(i);
        show_progress(in, i, op->name);
        if (!wanted(in, op) || (!has_derivative(op) && !in->count)) continue;
        tg_op_report r = tg_check_op(op, in->options);
        cases[t.ops] = junit_case(&r);
        add_up(&t, &r);
        if (in->json)
            cJSON_AddItemToArray(list, op_json(&r));
        else
            op_line(&r);
    }
    int status = finish_sweep(in, &t, list);
    if (in->junit && !check_write_junit(in->junit, "ops", cases, t.ops)) status = TG_EXIT_USAGE;
    free(cases);
    return status;
}

/* ---- the self-test ---- */

typedef struct mutant_totals {
    int mutants, killed, equal, by_differences;
} mutant_totals;

static void add_survivors(cJSON *list, const tg_op *op, const tg_mutation_report *r) {
    for (int s = 0; s < r->nsurvivors; s++) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "op", op->name);
        cJSON_AddStringToObject(o, "kind", tg_corruption_name(r->survivors[s].kind));
        cJSON_AddNumberToObject(o, "argument", r->survivors[s].argument);
        cJSON_AddItemToArray(list, o);
    }
}

static int finish_mutants(const check_input *in, const mutant_totals *t, cJSON *survivors) {
    const int status = !t->mutants ? TG_EXIT_VACUOUS : t->killed == t->mutants ? TG_EXIT_OK : TG_EXIT_FAILED;
    if (in->json) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddNumberToObject(o, "mutants", t->mutants);
        cJSON_AddNumberToObject(o, "killed", t->killed);
        cJSON_AddNumberToObject(o, "killed_by_differences", t->by_differences);
        cJSON_AddNumberToObject(o, "equal", t->equal);
        cJSON_AddItemToObject(o, "survivors", survivors);
        int printed = tg_cli_print_json(o);
        return status == TG_EXIT_OK ? printed : status;
    }
    cJSON_Delete(survivors);
    printf("\n%d corrupted backward passes, %d rejected (%d by differences, the others by the rest of the "
           "contract)",
           t->mutants, t->killed, t->by_differences);
    if (t->equal)
        printf("; %d more corruptions left every gradient as it was, bit for bit, and do not count",
               t->equal);
    printf("\n");
    return status;
}

int check_mutants(const check_input *in) {
    mutant_totals t = {0};
    cJSON *survivors = cJSON_CreateArray();
    if (!in->json) printf("%-34s %8s %8s  %s\n", "op", "mutants", "rejected", "survivors");
    for (int i = 0; i < tg_op_count(); i++) {
        const tg_op *op = tg_op_get(i);
        show_progress(in, i, op->name);
        if (!wanted(in, op) || !has_derivative(op)) continue;
        tg_mutation_report r = tg_check_op_mutants(op, in->options);
        t.mutants += r.mutants;
        t.killed += r.killed;
        t.equal += r.equal;
        t.by_differences += r.by_differences;
        add_survivors(survivors, op, &r);
        if (in->json) continue;
        printf("%-34s %8d %8d ", op->name, r.mutants, r.killed);
        for (int s = 0; s < r.nsurvivors; s++)
            printf(" %s of argument %d", tg_corruption_name(r.survivors[s].kind),
                   r.survivors[s].argument + 1);
        putchar('\n');
    }
    return finish_mutants(in, &t, survivors);
}
