/* The formulas of the op descriptors are true: read as expressions, they have the value and the derivative
   that the op has. Those that use a function which is no op (sign, where) cannot be read, and are listed
   here. */
#include "support/test.h"

#include "support/command.h"

#include <stdio.h>
#include <string.h>

#define POINT " x=0.7 a=1.3 b=0.6"
#define USED  "used = x + a + b; " /* every input must be, and the formulas have one or two of them */

/* Their math, or their derivative, says more than the expression language knows. */
static const char *const unreadable[] = {"abs", "maximum", "minimum", "clamp",   "relu",  "leaky_relu",
                                         "elu", "selu",    "gelu",    "dropout", "scale", "softplus"};

static bool is_unreadable(const tg_op *op) {
    for (size_t i = 0; i < sizeof unreadable / sizeof *unreadable; i++)
        if (strcmp(unreadable[i], op->name) == 0) return true;
    return false;
}

/* Evaluates the formula; name NULL: its value, otherwise its derivative by that input. */
static double evaluate(const char *formula, const char *name) {
    char arguments[512];
    snprintf(arguments, sizeof arguments, "expr --json '%s%s' %s", USED, formula, POINT);
    test_run run = test_command(arguments);
    if (run.status != 0) fail_msg("%s: %s", formula, run.err);
    cJSON *json = test_run_json(&run);
    const cJSON *value =
        name ? test_member(test_member(json, "gradients"), name) : test_member(json, "value");
    double result = value->valuedouble;
    cJSON_Delete(json);
    test_run_free(&run);
    return result;
}

static void check(const tg_op *op) {
    const char *args[] = {op->arity == 1 ? "x" : "a", "b"};
    char call[128], formula[400];
    snprintf(call, sizeof call, op->arity == 1 ? "%s(x)" : "%s(a, b)", op->name);
    double y = evaluate(call, NULL);
    assert_close(evaluate(op->math, NULL), y, 1e-12);
    if (op->infix) assert_close(evaluate(op->infix, NULL), y, 1e-12);
    for (int k = 0; k < op->arity; k++) {
        snprintf(formula, sizeof formula, "y = %s; %s + 0*y", call, op->derivative[k]);
        assert_close(evaluate(formula, NULL), evaluate(call, args[k]), 1e-12);
    }
}

static void formulas_of_elementwise_ops_are_true(void **state) {
    (void)state;
    int checked = 0;
    for (int i = 0; i < tg_op_count(); i++) {
        const tg_op *op = tg_op_get(i);
        if (!op->elementwise || op->arity > 2 || op->args[0] || is_unreadable(op)) continue;
        check(op);
        checked++;
    }
    assert_true(checked >= 14);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(formulas_of_elementwise_ops_are_true)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
