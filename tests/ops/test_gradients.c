/* Every op of the registry, each of its cases: backward against differences, dual numbers and f32. And the
   check itself: it must reject a backward that is wrong. */
#include "core/internal.h"
#include "support/gradient.h"
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#define SEEDS 3

static void every_case_of_every_op_is_right(void **state) {
    (void)state;
    int failures = 0;
    int64_t compared = 0, kinks = 0;
    for (int i = 0; i < tg_op_count(); i++) {
        const tg_op *op = tg_op_get(i);
        const tg_case *sample;
        for (int n = 0; (sample = tg_case_of(op, n)); n++)
            for (uint64_t seed = 1; seed <= SEEDS; seed++) {
                gradient_report report;
                if (!check_gradient(op, sample, seed, &report)) {
                    print_error("%s (seed %d)\n", report.message, (int)seed);
                    failures++;
                }
                compared += report.compared;
                kinks += report.kinks;
            }
    }
    print_message("%d ops, %lld elements compared, %lld at kinks\n", tg_op_count(), (long long)compared,
                  (long long)kinks);
    assert_int_equal(failures, 0);
}

/* ---- many elements ---- */

/* More than a thread takes at a time: what the sweep's cases are too small for. Some elements against differences, all
   of them against forward mode, and f32 against f64. */
static void gradients_of_many_elements_are_right(void **state) {
    (void)state;
    static const char *const names[] = {
        "sum", "mean",    "max",     "logsumexp",   "norm",          "variance",
        "mse", "sigmoid", "softmax", "log_softmax", "cross_entropy", "binary_cross_entropy_with_logits"};
    const int64_t dims[] = {4100, 10};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const tg_op *op = tg_op_find(names[i]);
        tg_tape *tape = tg_tape_new_spec((tg_tape_spec){.dtype = TG_F32, .threads = 2});
        tg_node *x = tg_input(tape, "x", TG_F32, 2, dims), *t = x;
        tg_rng rng = {.seed = i};
        for (int64_t k = 0; k < tg_size(x); k++) ((float *)tg_value(x))[k] = (float)tg_rng_uniform(&rng);
        tg_require_grad(x, true);
        if (op->arity == 2)
            t = tg_input(tape, "t", op->int_args ? TG_I32 : TG_F32, op->int_args ? 1 : 2, dims);
        tg_node *y = tg_apply(op, NULL, op->arity, (tg_node *[]){x, t});
        assert_tape_ok(tape);
        tg_check_report *r = tg_check(y, (tg_check_options){.budget = 40, .directions = 2});
        if (!tg_check_ok(r)) {
            tg_check_print(r, stderr);
            fail_msg("%s", names[i]);
        }
        tg_check_free(r);
        tg_tape_free(tape);
    }
}

/* ---- corrupted backward passes ---- */

#define CORRUPTIONS(X)                                                                                       \
    X(SIGN, "the sign is wrong")                                                                             \
    X(THREE_PERCENT, "3 % too much")                                                                         \
    X(NOTHING, "nothing is added")                                                                           \
    X(OVERWRITE, "what stood there is lost")                                                                 \
    X(FIRST_ONLY, "only the first argument is served")

typedef enum corruption {
#define X(id, text) id,
    CORRUPTIONS(X)
#undef X
        KINDS
} corruption;

static const struct {
    const char *text;
    double factor;
} kinds[KINDS] = {
#define X(id, text) {text, id == SIGN ? -1 : id == THREE_PERCENT ? 1.03 : id == NOTHING ? 0 : 1},
    CORRUPTIONS(X)
#undef X
};

static const tg_op *victim;
static corruption kind;

static size_t bytes_of_gradient(const tg_eval *e, int k) {
    int64_t n = victim->elementwise ? e->n : tg_shape_count(e->xshape[k], sizeof(double));
    return (size_t)n * sizeof(double);
}

static void wrong_backward(tg_eval *e) {
    double *before[TG_MAX_ARGS] = {0};
    void *dx[TG_MAX_ARGS] = {0};
    tg_eval copy = *e;
    copy.dx = dx;
    for (int k = 0; k < e->nargs; k++) {
        if (!e->dx[k] || (kind == FIRST_ONLY && k > 0)) continue;
        dx[k] = e->dx[k];
        bool again = false; /* x+x: both gradients are one */
        for (int j = 0; j < k; j++) again |= dx[j] == dx[k];
        if (again) continue;
        size_t bytes = bytes_of_gradient(e, k);
        before[k] = calloc(bytes + 1, 1);
        if (kind == OVERWRITE) memset(dx[k], 0, bytes);
        if (bytes) memcpy(before[k], dx[k], bytes);
    }
    tg_kernel_of(victim, TG_F64)->backward(&copy);
    for (int k = 0; k < e->nargs; k++) {
        double *now = dx[k];
        for (size_t i = 0; before[k] && i < bytes_of_gradient(e, k) / sizeof *now; i++)
            now[i] = before[k][i] + kinds[kind].factor * (now[i] - before[k][i]);
        free(before[k]);
    }
}

/* Whether the check refuses the corrupted victim on one of its cases. Ops without any gradient cannot be told
   apart and count as refused. */
static bool is_rejected(void) {
    tg_kernel wrong = *tg_kernel_of(victim, TG_F64);
    wrong.backward = wrong_backward;
    const tg_kernel *kernels[] = {tg_kernel_of(victim, TG_F32), &wrong, tg_kernel_of(victim, TG_DUAL)};
    tg_op mutant = *victim;
    mutant.kernels = kernels;
    mutant.built_in = false;
    bool zero = true;
    const tg_case *sample;
    for (int n = 0; (sample = tg_case_of(victim, n)); n++) {
        gradient_report report;
        if (!check_gradient(&mutant, sample, 1, &report)) return true;
        check_gradient(victim, sample, 1, &report);
        zero &= report.zero;
    }
    return zero;
}

static void a_wrong_backward_is_rejected(void **state) {
    (void)state;
    int survivors = 0;
    for (int i = 0; i < tg_op_count(); i++) {
        victim = tg_op_get(i);
        if (victim->view || !tg_kernel_of(victim, TG_F64)->backward) continue;
        for (kind = 0; kind < KINDS; kind++) {
            if (kind == FIRST_ONLY && (victim->arity == 1 || (victim->int_args & ~1u))) continue;
            if (is_rejected()) continue;
            print_error("%s passes although %s\n", victim->name, kinds[kind].text);
            survivors++;
        }
    }
    assert_int_equal(survivors, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_of_every_op_is_right),
        cmocka_unit_test(gradients_of_many_elements_are_right),
        cmocka_unit_test(a_wrong_backward_is_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
