/* own_op: an op of one's own, first with a wrong backward, which the gradient check traces to its line; then
   mended; then through the whole sweep that the library's own ops pass. Ends with status 1 if anything is not
   as it should be. */
#include "swish.h"

#include <stdio.h>
#include <string.h>

/* A small network that uses the op; returns what the check says of it. */
static tg_check_report *check_network(bool mended) {
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = tg_input(tape, "x", TG_F32, 2, (int64_t[]){2, 3});
    tg_node *w = tg_input(tape, "w", TG_F32, 2, (int64_t[]){3, 4});
    tg_set_f64(x, (double[]){0.2, -0.4, 0.6, 1.1, -1.3, 0.5});
    tg_set_f64(w, (double[]){0.5, -0.2, 0.1, 0.8, -0.7, 0.3, 0.9, -0.1, 0.4, 0.6, -0.5, 0.2});
    tg_require_grad(w, true);
    tg_node *h = tg_matmul(x, w);
    tg_node *y = mended ? tg_swish(h) : tg_swish_attempt(h);
    tg_check_report *report = tg_check(tg_mean(tg_square(y)), (tg_check_options){0});
    tg_tape_free(tape);
    return report;
}

/* The file without its folder, so that the output is the same everywhere. */
static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool first_attempt_is_blamed(void) {
    tg_check_report *report = check_network(false);
    if (!report) return false;
    printf("1. The first attempt: %s.\n", tg_verdict_name(report->verdict));
    for (int i = 0; i < report->nculprits; i++) {
        const tg_culprit *c = &report->culprits[i];
        printf("   Culprit: %s %s, called at %s:%d\n   %s\n", c->op, c->shapes, base_name(c->where.file),
               c->where.line, c->fault);
    }
    bool ok = report->verdict == TG_VERDICT_FAIL && report->nculprits == 1 &&
              strcmp(report->culprits[0].op, "swish_attempt") == 0;
    tg_check_free(report);
    return ok;
}

static bool mended_passes(void) {
    tg_check_report *report = check_network(true);
    printf("2. Mended: %s.\n", report ? tg_verdict_name(report->verdict) : "out of memory");
    bool ok = tg_check_ok(report);
    tg_check_free(report);
    return ok;
}

static bool sweep_passes(void) {
    tg_op_report sweep = tg_check_op(&tg_op_swish, (tg_check_options){0});
    tg_mutation_report mutants = tg_check_op_mutants(&tg_op_swish, (tg_check_options){0});
    printf("3. The whole sweep: %s, %d cases, %lld elements. %s\n", tg_verdict_name(sweep.verdict),
           sweep.cases, (long long)sweep.elements, sweep.message);
    printf("4. Corrupted on purpose in %d ways: %d noticed.\n", mutants.mutants, mutants.killed);
    return sweep.verdict == TG_VERDICT_PASS && mutants.killed == mutants.mutants;
}

int main(void) {
    return first_attempt_is_blamed() && mended_passes() && sweep_passes() ? 0 : 1;
}
