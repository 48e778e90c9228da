/* Ten thousand checks of right gradients, other numbers and other shapes each time: not one may be refused.
 */
#include "inspect/sweep.h"
#include "support/test.h"

#include <string.h>

#define CHECKS 10000

/* Every size that occurs in the case becomes another one, the same everywhere, so that shapes that must agree
   still do; 0 and 1 stay. */
static void resize(tg_case *sample, tg_rng *rng) {
    int16_t sizes[64];
    for (int i = 0; i < 64; i++) sizes[i] = (int16_t)(2 + tg_rng_below(rng, 5));
    for (int k = 0; k < 4; k++)
        for (int d = 0; d < sample->x[k].rank; d++) {
            int16_t *size = &sample->x[k].dim[d];
            if (*size > 1 && *size < 64) *size = sizes[*size];
        }
}

static tg_node *record(const tg_sweep_case *c, tg_tape *tape, uint64_t seed) {
    tg_sweep_case other = *c;
    tg_rng rng = {.seed = seed, .stream = 17};
    if (!c->op->int_args) resize(&other.sample, &rng); /* indices must stay in range */
    tg_node *y = tg_sweep_record(&other, tape, seed);
    if (y) return y;
    tg_tape_clear(tape); /* an option of the case fits its own shapes only */
    return tg_sweep_record(c, tape, seed);
}

static int cases_of(const tg_op *op) {
    tg_sweep_case c;
    int n = 0;
    while (tg_sweep_get(op, n, &c)) n++;
    return n;
}

static void no_right_gradient_is_refused(void **state) {
    (void)state;
    int64_t counts[TG_NVERDICTS] = {0}, histogram[TG_CHECK_DECADES] = {0}, all = 0, below7 = 0, below10 = 0;
    int verdicts[TG_NVERDICTS] = {0}, done = 0;
    for (uint64_t seed = 1; done < CHECKS; seed++) {
        const tg_op *op = tg_op_get((int)(seed % (uint64_t)tg_op_count()));
        tg_sweep_case c;
        if (!op->view && !tg_kernel_of(op, TG_F64)->backward) continue;
        tg_sweep_get(op, (int)(seed / (uint64_t)tg_op_count() % (uint64_t)cases_of(op)), &c);
        tg_tape *tape = tg_tape_new_spec((tg_tape_spec){.dtype = TG_F32, .seed = seed, .threads = 1});
        tg_node *y = record(&c, tape, seed);
        assert_tape_ok(tape);
        tg_check_report *r = tg_check(y, (tg_check_options){.seed = seed, .budget = 40, .rule = TG_STEP_SIX});
        if (r->verdict == TG_VERDICT_FAIL) {
            print_error("%s, case \"%s\", seed %d\n", op->name, c.label, (int)seed);
            tg_check_print(r, stderr);
        }
        if (r->verdict == TG_VERDICT_INCONCLUSIVE)
            print_message("inconclusive: %s, case \"%s\", seed %d\n", op->name, c.label, (int)seed);
        verdicts[r->verdict]++;
        done += r->checked > 0; /* an empty one is no check */
        for (int v = 0; v < TG_NVERDICTS; v++) counts[v] += r->counts[v];
        for (int d = 0; d < TG_CHECK_DECADES; d++) histogram[d] += r->histogram[d];
        tg_check_free(r);
        tg_tape_free(tape);
    }
    for (int d = 0; d < TG_CHECK_DECADES; d++) {
        all += histogram[d];
        if (d <= 6) below10 += histogram[d];
        if (d <= 9) below7 += histogram[d];
    }
    print_message("%d checks: %d false alarms, %d inconclusive; %lld elements: %lld fail, %lld kinks, %lld "
                  "inconclusive; "
                  "relative errors: %.3f %% below 1e-10, %.3f %% below 1e-7\n",
                  CHECKS, verdicts[TG_VERDICT_FAIL], verdicts[TG_VERDICT_INCONCLUSIVE], (long long)all,
                  (long long)counts[TG_VERDICT_FAIL], (long long)counts[TG_VERDICT_KINK],
                  (long long)counts[TG_VERDICT_INCONCLUSIVE], 100.0 * (double)below10 / (double)all,
                  100.0 * (double)below7 / (double)all);
    assert_int_equal(verdicts[TG_VERDICT_FAIL], 0);
    assert_true(below10 * 2 > all && below7 * 100 >= all * 99);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_right_gradient_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
