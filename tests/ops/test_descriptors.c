/* What every op must say about itself. */
#include "core/internal.h"
#include "support/test.h"

#include <string.h>

static int complaints;

static void expect(bool ok, const tg_op *op, const char *what) {
    if (ok) return;
    print_error("%s: %s\n", op->name, what);
    complaints++;
}

static void check_attrs(const tg_op *op) {
    expect(!op->options_size == !op->attrs, op, "options and attrs go together");
    for (const tg_attr *attr = op->attrs; attr && attr->name; attr++) {
        expect(attr->offset < op->options_size, op, "an attr lies outside the options");
        expect(attr->help && *attr->help, op, "an attr has no help");
    }
}

static void check_kernels(const tg_op *op) {
    if (op->view) return;
    for (tg_dtype dtype = TG_F32; dtype <= TG_DUAL; dtype++) {
        const tg_kernel *kernel = tg_kernel_of(op, dtype);
        expect(kernel->forward != NULL, op, "no forward kernel");
        expect(!kernel->branch == !op->kinks, op, ".kinks and the branch kernel go together");
    }
}

static void every_op_describes_itself(void **state) {
    (void)state;
    for (int i = 0; i < tg_op_count(); i++) {
        const tg_op *op = tg_op_get(i);
        expect(op->brief && *op->brief, op, "no brief");
        expect(op->math && *op->math, op, "no formula");
        for (int k = 0; k < op->arity; k++)
            expect(op->derivative[k] || op->int_args >> k & 1, op, "an argument without derivative");
        expect(op->flops > 0 || op->cost || op->view || !op->elementwise, op, "no flops");
        expect(tg_case_of(op, 0) != NULL, op, "no cases");
        expect(tg_op_find(op->name) == op, op, "its name is taken twice");
        check_attrs(op);
        check_kernels(op);
    }
    assert_int_equal(complaints, 0);
}

/* The shared cases come first, then the op's own, then none. */
static void cases_are_counted_through(void **state) {
    (void)state;
    const tg_op *op = tg_op_find("tanh");
    int shared = 0, own = 0;
    while (op->shared_cases[shared].label) shared++;
    while (op->cases[own].label) own++;
    assert_true(shared > 0 && own > 0);
    for (int n = 0; n < shared + own; n++)
        assert_ptr_equal(tg_case_of(op, n), n < shared ? &op->shared_cases[n] : &op->cases[n - shared]);
    assert_null(tg_case_of(op, shared + own));
    assert_null(tg_case_of(&(tg_op){.name = "bare"}, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases_are_counted_through),
        cmocka_unit_test(every_op_describes_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
