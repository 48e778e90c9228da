/* The health panel. */
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const tg_health_row *row_of(const tg_health *health, const char *name) {
    for (int i = tg_health_count(health); i-- > 0;)
        if (strcmp(tg_health_row_at(health, i)->name, name) == 0) return tg_health_row_at(health, i);
    fail_msg("no row is called %s", name);
    return NULL;
}

/* relu(x w), of whose four units the second is dead and the third half so. */
static tg_node *record(tg_tape *tape, tg_param *w) {
    tg_node *x = tg_input(tape, "x", TG_F64, 2, (int64_t[]){2, 1});
    tg_set_f64(x, (double[]){1, 2});
    tg_scope_push(tape, "hidden");
    tg_node *h = tg_relu(tg_sub(tg_matmul(x, tg_use(tape, w)), tg_scalar(tape, 1.5)));
    tg_scope_pop(tape);
    return tg_sum(h);
}

static void dead_units_and_gradients_are_counted(void **state) {
    (void)state;
    tg_param *w = tg_param_new("hidden.weight", TG_F64, &TG_SHAPE(1, 4));
    const double weights[] = {2, -1, 1, 3};
    for (int i = 0; i < 4; i++) tg_param_set_at(w, i, weights[i]);
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *loss = record(tape, w); /* x w - 1.5: 0.5 -2.5 -0.5 1.5, and 2.5 -3.5 0.5 4.5 */
    tg_backward(loss);
    tg_status status = {0};
    tg_health *health = tg_health_new((tg_health_spec){0});
    assert_true(tg_health_look(health, loss, 1, &status));
    assert_int_equal(tg_health_count(health), 2);
    const tg_health_row *r = row_of(health, "hidden: relu");
    assert_close(r->dead, 0.25, 0);
    assert_close(r->saturated, 3.0 / 8, 1e-15);
    assert_close(r->mean, (0.5 + 1.5 + 2.5 + 0.5 + 4.5) / 8, 1e-15);
    assert_close(r->low, 0, 0);
    assert_close(r->high, 4.5, 0);
    assert_int_equal(r->count[0], 3);
    assert_int_equal(r->count[TG_HEALTH_BINS - 1], 1);
    assert_close(r->grad_mean, 1, 0);
    r = row_of(health, "hidden.weight");
    assert_true(isnan(r->update) && isnan(r->dead));
    assert_close(r->grad_mean, (3 + 0 + 2 + 3) / 4.0, 1e-15);
    for (int i = 0; i < 4; i++)
        assert_close(tg_param_grad_at(w, i), (double[]){3, 0, 2, 3}[i], 1e-15); /* once, not twice */
    tg_param_set_at(w, 0, 2.3);
    assert_true(tg_health_updated(health, &status));
    assert_close(row_of(health, "hidden.weight")->update, 0.3 / sqrt(15), 1e-14);
    tg_health_free(health);
    tg_tape_free(tape);
    tg_param_free(w);
}

static void a_sigmoid_far_out_is_saturated(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F32);
    tg_node *x = tg_input(tape, "x", TG_F32, 1, (int64_t[]){4});
    tg_set_f64(x, (double[]){0, 20, -20, 1});
    tg_require_grad(x, true);
    tg_node *loss = tg_sum(tg_sigmoid(x));
    tg_health *health = tg_health_new((tg_health_spec){0});
    assert_true(tg_health_look(health, loss, 1, NULL));
    assert_close(row_of(health, "v1: sigmoid")->saturated, 0.5, 0);
    assert_close(row_of(health, "v1: sigmoid")->dead, 0, 0);
    tg_health_free(health);
    tg_tape_free(tape);
}

static int64_t lines_of(const char *path) {
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    int64_t lines = 0;
    for (int c; (c = fgetc(file)) != EOF;) lines += c == '\n';
    fclose(file);
    return lines;
}

static void gnuplot_draws_what_is_saved(void **state) {
    (void)state;
    tg_param *w = tg_param_new("it's \"hidden\".weight", TG_F64, &TG_SHAPE(1, 4));
    for (int i = 0; i < 4; i++) tg_param_set_at(w, i, i + 1);
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *loss = record(tape, w);
    tg_health *health = tg_health_new((tg_health_spec){0});
    for (int epoch = 1; epoch <= 3; epoch++) {
        assert_true(tg_health_look(health, loss, epoch, NULL));
        tg_param_set_at(w, 0, epoch);
        tg_health_updated(health, NULL);
    }
    char path[64], name[96];
    snprintf(path, sizeof path, "health-%ld", (long)getpid());
    tg_status status = {0};
    assert_true(tg_health_save(health, path, &status));
    snprintf(name, sizeof name, "%s.csv", path);
    assert_int_equal(lines_of(name), 1 + 3 * 2);
    remove(name);
    snprintf(name, sizeof name, "%s_histograms.csv", path);
    assert_int_equal(lines_of(name), 1 + 3 * 2 * 2 * TG_HEALTH_BINS);
    remove(name);
    snprintf(name, sizeof name, "%s.gp", path);
    assert_true(lines_of(name) > 10);
    remove(name);
    assert_false(tg_health_save(health, "no/such/folder/health", &status));
    assert_non_null(strstr(status.message, "no/such/folder/health.csv"));
    tg_health_free(health);
    tg_tape_free(tape);
    tg_param_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dead_units_and_gradients_are_counted),
        cmocka_unit_test(a_sigmoid_far_out_is_saturated),
        cmocka_unit_test(gnuplot_draws_what_is_saved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
