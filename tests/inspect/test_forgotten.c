/* A node that its tape has forgotten: whatever looks at it says so, instead of looking at another node. */
#include "support/test.h"

#include <string.h>

#define SAYS_SO "the node was forgotten by tg_tape_clear or tg_tape_rewind"

static void assert_says_so(bool ok, tg_status *status) {
    assert_false(ok);
    assert_non_null(strstr(status->message, SAYS_SO));
    *status = (tg_status){0};
}

static void look_at(tg_node *loss, tg_node *x) {
    tg_status status = {0};
    double three[3] = {1, 1, 1}, nine[9];
    tg_check_report *report = tg_check(loss, (tg_check_options){0});
    assert_int_equal(report->verdict, TG_VERDICT_VACUOUS);
    assert_string_equal(report->message, SAYS_SO);
    tg_check_free(report);
    assert_says_so(tg_gradient(loss, 0, NULL, three, &status), &status);
    assert_says_so(tg_gradient(loss, 1, &x, three, &status), &status);
    assert_says_so(tg_vjp(loss, 1, &x, three, nine, &status), &status);
    assert_says_so(tg_jvp(loss, 1, &x, three, nine, &status), &status);
    assert_says_so(tg_hvp(loss, 1, &x, three, nine, &status), &status);
    assert_says_so(tg_hessian(loss, 1, &x, nine, &status), &status);
    tg_dual *dual = tg_dual_new(loss, 1, &x, &status);
    assert_says_so(dual != NULL, &status);
    tg_taylor taylor;
    assert_says_so(tg_taylor_test(loss, (tg_check_options){0}, &taylor, &status), &status);
    tg_profile *profile = tg_profile_new(loss, (tg_profile_spec){0}, &status);
    assert_says_so(profile != NULL, &status);
    tg_health *health = tg_health_new((tg_health_spec){0});
    assert_says_so(tg_health_look(health, loss, 1, &status), &status);
    tg_health_free(health);
    tg_anomaly_report found;
    assert_false(tg_anomaly(loss, (tg_anomaly_spec){0}, &found));
    assert_string_equal(found.message, "anomaly: " SAYS_SO);
}

static void forgotten_nodes_are_not_looked_at(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_input(tape, "x", TG_F64, 1, (int64_t[]){3});
    tg_require_grad(x, true);
    const tg_mark mark = tg_tape_mark(tape);
    tg_node *y = tg_square(x), *loss = tg_sum(y);
    tg_tape_rewind(tape, mark);
    look_at(loss, x);
    tg_node *other = tg_mean(x); /* as many nodes again, though others */
    assert_non_null(tg_reshape(other, TG_SHAPE(1, 1)));
    look_at(loss, x);
    tg_tape_clear(tape);
    look_at(loss, x);
    tg_node *scalar = tg_scalar(tape, 2);
    tg_status status = {0};
    assert_false(tg_gradient(scalar, 1, &other, (double[]){0}, &status));
    assert_non_null(strstr(status.message, "wrt[0] is not a real leaf of the node's tape"));
    assert_tape_ok(tape);
    tg_tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(forgotten_nodes_are_not_looked_at)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
