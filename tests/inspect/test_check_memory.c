/* Memory that runs out at any moment: the check ends, says so, gives back all it took, and blames nobody. */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

static long left, held;

static void *scarce(void *context, size_t size) {
    (void)context;
    if (left-- <= 0) return NULL;
    void *memory = NULL;
    if (posix_memalign(&memory, 16, size ? size : 1) != 0) return NULL;
    held++;
    return memset(memory, 0, size);
}

static void give_back(void *context, void *memory) {
    (void)context;
    held -= memory != NULL;
    free(memory);
}

/* Everything that needs memory, once; true when nothing ran out. */
static bool check_all(void) {
    double u[16] = {1}, hu[16];
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = tg_input(tape, "x", TG_F32, 2, (int64_t[]){4, 4});
    if (x) tg_require_grad(x, true);
    tg_node *y = tg_mean(tg_sigmoid(tg_relu(tg_matmul(x, x))));
    tg_check_report *r = tg_check(y, (tg_check_options){.budget = 8, .rule = TG_STEP_SIX});
    tg_taylor taylor;
    bool all = y && r && r->has_drift && !*r->message;
    assert_true(!r || r->verdict != TG_VERDICT_FAIL);
    assert_true(!r || r->nculprits == 0);
    all &= y && tg_hvp(y, 0, NULL, u, hu, NULL);
    all &= y && tg_taylor_test(y, (tg_check_options){0}, &taylor, NULL);
    tg_check_free(r);
    tg_tape_free(tape);
    return all;
}

static void the_check_survives_any_shortage(void **state) {
    (void)state;
    bool enough = false;
    int allocations = 0;
    tg_set_allocator((tg_allocator){scarce, give_back, NULL});
    for (; !enough && allocations < 5000; allocations++) {
        left = allocations;
        enough = check_all();
        assert_int_equal(held, 0);
    }
    tg_set_allocator((tg_allocator){0});
    print_message("%d allocations\n", allocations);
    assert_true(enough);
}

/* Checks the op with that many allocations; true when nothing ran out. */
static bool sweep(const tg_op *op, long allocations) {
    left = allocations;
    tg_op_report r = tg_check_op(op, (tg_check_options){0});
    const bool enough = left >= 0;
    assert_int_equal(held, 0);
    assert_int_equal(r.failed_cases, 0);
    if (enough) {
        assert_int_equal(r.verdict, TG_VERDICT_PASS);
    } else if (r.verdict != TG_VERDICT_VACUOUS || !strstr(r.message, "out of memory")) {
        fail_msg("%s, allocation %ld: %s, %s", op->name, allocations, tg_verdict_name(r.verdict), r.message);
    }
    return enough;
}

static void a_sweep_without_memory_is_vacuous_and_says_so(void **state) {
    (void)state;
    const char *const names[] = {"tanh", "maximum"};
    tg_set_allocator((tg_allocator){scarce, give_back, NULL});
    for (int i = 0; i < 2; i++) {
        long n = 0;
        while (n < 20000 && !sweep(tg_op_find(names[i]), n)) n++;
        print_message("%s: %ld allocations\n", names[i], n);
        assert_true(n > 100 && n < 20000);
    }
    tg_set_allocator((tg_allocator){0});
}

int main(void) {
    tg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sweep_without_memory_is_vacuous_and_says_so),
        cmocka_unit_test(the_check_survives_any_shortage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
