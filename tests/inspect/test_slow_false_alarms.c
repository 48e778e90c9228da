/* Ten thousand checks of right gradients, other numbers and other shapes each time: not one may be refused. And no op
   may be blamed, at whatever scale its arguments are, nor in deep networks in which numbers grow and vanish. */
#include "core/shadow.h"
#include "inspect/local.h"
#include "inspect/sweep.h"
#include "support/test.h"

#include <math.h>
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

/* Records a case and moves its leaves; its op must be right by itself, in f64 and in f32. */
static bool is_blamed(const tg_sweep_case *c, uint64_t seed, double scale, double offset) {
    tg_tape *tape = tg_tape_new_spec((tg_tape_spec){.dtype = TG_F32, .seed = seed, .threads = 1});
    tg_node *y = tg_sweep_record(c, tape, seed);
    assert_tape_ok(tape);
    for (int i = 0; i < tg_id(y); i++) {
        tg_node *x = tg_tape_node(tape, i);
        for (int64_t k = 0; tg_dtype_of(x) == TG_F32 && k < tg_size(x); k++)
            ((float *)tg_value(x))[k] = (float)(tg_value_at(x, k) * scale + offset);
    }
    tg_tape *shadow = tg_shadow_with(tape, (tg_shadow_spec){.dtype = TG_F64, .threads = 1});
    const tg_node *node = tg_tape_node(shadow, tg_id(y));
    tg_local_fault fault;
    bool blamed = tg_requires_grad(node) && !((c->grid || tg_local_check(node, seed, false, NULL, &fault)) &&
                                              tg_local_check_f32(node, seed, &fault));
    if (blamed)
        print_error("%s, case \"%s\", seed %d, scale %g, offset %g: %s\n", c->op->name, c->label, (int)seed,
                    scale, offset, fault.text);
    tg_tape_free(shadow);
    tg_tape_free(tape);
    return blamed;
}

static void no_right_op_is_blamed_at_any_scale(void **state) {
    (void)state;
    const double scales[] = {1, 1e-12, 1e-6, 1e-3, 0.1, 10, 40, 100, 1e4, 1e7}, offsets[] = {0, 1, 1000};
    int blamed = 0, checks = 0;
    tg_sweep_case c;
    for (int i = 0; i < tg_op_count(); i++) {
        const tg_op *op = tg_op_get(i);
        for (int n = 0; (op->view || tg_kernel_of(op, TG_F64)->backward) && tg_sweep_get(op, n, &c); n++)
            for (int k = 0; k < 30; k++, checks++)
                blamed += is_blamed(&c, (uint64_t)(i + n + k), scales[k % 10], offsets[k / 10]);
    }
    print_message("%d checks, %d blamed\n", checks, blamed);
    assert_int_equal(blamed, 0);
}

static tg_node *leaf(tg_tape *tape, int64_t n, double scale, double offset, uint64_t seed) {
    tg_node *x = tg_input(tape, NULL, TG_F32, 2, (int64_t[]){n, n});
    tg_rng rng = {.seed = seed};
    for (int64_t i = 0; i < n * n; i++)
        ((float *)tg_value(x))[i] = (float)(offset + scale * tg_rng_normal(&rng));
    tg_require_grad(x, true);
    return x;
}

/* Up to 60 ops at random, among them those that make numbers grow without bound. */
static tg_node *deep(tg_tape *tape, uint64_t seed) {
    static const char *const unary[] = {"tanh",       "sin",     "softplus",    "gelu", "elu", "sigmoid",
                                        "leaky_relu", "softmax", "cos",         "relu", "exp", "abs",
                                        "square",     "selu",    "log_softmax", "neg"};
    static const char *const binary[] = {"add", "sub", "mul", "matmul", "maximum", "minimum", "div"};
    tg_rng rng = {.seed = seed, .stream = 3};
    const int64_t n = 2 + (int64_t)tg_rng_below(&rng, 20);
    tg_node *h = leaf(tape, n, pow(10, -3 + 6 * tg_rng_uniform(&rng)), seed % 3 ? 0 : 50, seed);
    for (int i = 3 + (int)tg_rng_below(&rng, 60); i > 0; i--) {
        const bool two = tg_rng_below(&rng, 3) == 0, twice = tg_rng_below(&rng, 6) == 0;
        tg_node *other = two && !twice ? leaf(tape, n, pow(10, -2 + 3 * tg_rng_uniform(&rng)),
                                              (double)(seed % 2), 1000 * seed + (uint64_t)i)
                                       : h;
        const tg_op *op = tg_op_find(two ? binary[tg_rng_below(&rng, 7)] : unary[tg_rng_below(&rng, 16)]);
        h = tg_apply(op, NULL, two ? 2 : 1, (tg_node *[]){h, other});
    }
    return tg_mean(h);
}

static void no_op_of_a_deep_network_is_blamed(void **state) {
    (void)state;
    int blamed = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        tg_tape *tape = tg_tape_new(TG_F32);
        tg_node *y = deep(tape, seed);
        assert_tape_ok(tape);
        tg_check_report *r = tg_check(y, (tg_check_options){.budget = 4, .directions = -1, .seed = seed});
        if (r->nculprits) tg_check_print(r, stderr);
        blamed += r->nculprits;
        tg_check_free(r);
        tg_tape_free(tape);
    }
    assert_int_equal(blamed, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_right_gradient_is_refused),
        cmocka_unit_test(no_right_op_is_blamed_at_any_scale),
        cmocka_unit_test(no_op_of_a_deep_network_is_blamed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
