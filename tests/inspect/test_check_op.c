/* The registry sweep: every op passes, every corrupted backward is rejected. */
#include "support/test.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_op_passes),
        cmocka_unit_test(every_mutant_is_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
