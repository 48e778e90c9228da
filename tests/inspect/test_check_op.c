/* The registry sweep: every op passes, every corrupted backward is rejected. */
#include "support/test.h"

#include <string.h>

static void every_op_passes(void **state) {
    (void)state;
    int failures = 0, cases = 0;
    int64_t elements = 0, histogram[TG_CHECK_DECADES] = {0};
    double seconds = 0;
    for (int i = 0; i < tg_op_count(); i++) {
        tg_op_report r = tg_check_op(tg_op_get(i), (tg_check_options){.seed = 1});
        bool has_derivative = tg_op_get(i)->view || tg_kernel_of(tg_op_get(i), TG_F64)->backward;
        if (r.verdict != TG_VERDICT_PASS && has_derivative) {
            print_error("%s: %s: %s\n", r.name, tg_verdict_name(r.verdict), r.message);
            failures++;
        }
        if (r.seconds > 0.5) print_message("%s: %.2f s\n", r.name, r.seconds);
        cases += r.cases;
        elements += r.elements;
        seconds += r.seconds;
        for (int d = 0; d < TG_CHECK_DECADES; d++) histogram[d] += r.histogram[d];
    }
    print_message("%d ops, %d cases, %lld elements, %.2f s; relative errors from 1e-17:", tg_op_count(),
                  cases, (long long)elements, seconds);
    for (int d = 0; d < TG_CHECK_DECADES; d++) print_message(" %lld", (long long)histogram[d]);
    print_message("\n");
    assert_int_equal(failures, 0);
}

static void every_mutant_is_killed(void **state) {
    (void)state;
    int mutants = 0, killed = 0, equal = 0;
    for (int i = 0; i < tg_op_count(); i++) {
        const tg_op *op = tg_op_get(i);
        tg_mutation_report r = tg_check_op_mutants(op, (tg_check_options){.seed = 1});
        for (int s = 0; s < r.nsurvivors; s++)
            print_error("%s, argument %d: %s survives\n", op->name, r.survivors[s].argument + 1,
                        tg_corruption_name(r.survivors[s].kind));
        mutants += r.mutants;
        killed += r.killed;
        equal += r.equal;
    }
    print_message("%d mutants, %d killed; %d corruptions change nothing\n", mutants, killed, equal);
    assert_int_equal(mutants, killed);
    assert_true(mutants >= 6 * tg_op_count());
}

/* ---- kinks ---- */

static void one_branch(tg_eval *e, int32_t *branch) {
    memset(branch, 0, (size_t)e->n * sizeof *branch);
}

static void branch_elsewhere_f32(tg_eval *e, int32_t *branch) {
    for (int64_t i = 0; i < e->n; i++) branch[i] = ((const float *)e->x[0])[i] > 0.5F;
}

static void branch_elsewhere_f64(tg_eval *e, int32_t *branch) {
    for (int64_t i = 0; i < e->n; i++) branch[i] = ((const double *)e->x[0])[i] > 0.5;
}

static void seven_at_zero_f32(tg_eval *e) {
    tg_kernel_of(tg_op_find("relu"), TG_F32)->backward(e);
    for (int64_t i = 0; i < e->n; i++)
        if (((const float *)e->x[0])[i] == 0) ((float *)e->dx[0])[i] += 7 * ((const float *)e->dy)[i];
}

static void seven_at_zero_f64(tg_eval *e) {
    tg_kernel_of(tg_op_find("relu"), TG_F64)->backward(e);
    for (int64_t i = 0; i < e->n; i++)
        if (((const double *)e->x[0])[i] == 0) ((double *)e->dx[0])[i] += 7 * ((const double *)e->dy)[i];
}

/* relu, with one sample case and other kernels for f32 and f64. */
typedef struct bent {
    tg_op op;
    tg_kernel kernels[3];
    const tg_kernel *table[3];
} bent;

static void bend(bent *b) {
    static const tg_case cases[] = {{"matrix", {{2, {3, 4}}}}, {0}};
    b->op = *tg_op_find("relu");
    for (int t = 0; t < 3; t++) {
        b->kernels[t] = *tg_kernel_of(&b->op, (tg_dtype)t);
        b->table[t] = &b->kernels[t];
    }
    b->op.built_in = b->op.assigns = false;
    b->op.saves = TG_SAVES_ARGS | TG_SAVES_OUTPUT;
    b->op.name = "bent";
    b->op.cases = cases;
    b->op.kernels = b->table;
}

static void assert_every_seed(const bent *b, tg_verdict verdict, const char *message) {
    for (uint64_t seed = 0; seed < 20; seed++) {
        tg_op_report r = tg_check_op(&b->op, (tg_check_options){.seed = seed});
        if (r.verdict != verdict || !strstr(r.message, message))
            fail_msg("seed %d: %s, %s", (int)seed, tg_verdict_name(r.verdict), r.message);
    }
}

static void what_is_wrong_on_a_kink_is_seen_with_every_seed(void **state) {
    (void)state;
    bent b;
    bend(&b);
    assert_every_seed(&b, TG_VERDICT_PASS, "");
    for (int t = 0; t < 3; t++) b.kernels[t].branch = one_branch;
    assert_every_seed(&b, TG_VERDICT_FAIL, "the slope jumps at 0");
    b.kernels[TG_F32].branch = branch_elsewhere_f32;
    b.kernels[TG_F64].branch = branch_elsewhere_f64;
    assert_every_seed(&b, TG_VERDICT_FAIL, "the slope jumps at 0");
    for (int t = 0; t < 3; t++) b.kernels[t].branch = NULL;
    assert_every_seed(&b, TG_VERDICT_FAIL, "no branch kernel");
    bend(&b);
    b.kernels[TG_F32].backward = seven_at_zero_f32;
    b.kernels[TG_F64].backward = seven_at_zero_f64;
    assert_every_seed(&b, TG_VERDICT_FAIL, "contradict the differences");
}

static void a_gradient_of_nan_asks_for_saves(void **state) {
    (void)state;
    tg_op op = *tg_op_find("square");
    op.saves = 0;
    tg_op_report r = tg_check_op(&op, (tg_check_options){0});
    assert_int_equal(r.verdict, TG_VERDICT_FAIL);
    if (!strstr(r.message, "(does backward read what .saves does not declare?)")) fail_msg("%s", r.message);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_op_passes),
        cmocka_unit_test(every_mutant_is_killed),
        cmocka_unit_test(a_gradient_of_nan_asks_for_saves),
        cmocka_unit_test(what_is_wrong_on_a_kink_is_seen_with_every_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
