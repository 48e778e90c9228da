/* What looks at a tape survives memory that runs out, and says so. */
#include "support/loader.h"
#include "support/test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A small network: sum(tanh(x w)^2). */
static tg_node *record(tg_tape *tape, tg_param *w) {
    tg_node *x = tg_input(tape, "x", TG_F64, 2, (int64_t[]){2, 3});
    double *values = tg_value(x);
    for (int i = 0; values && i < 6; i++) values[i] = i;
    return tg_sum(tg_square(tg_tanh(tg_matmul(x, tg_use(tape, w)))));
}

typedef bool look(const tg_node *loss, tg_status *status);

static bool on_a_network(look *at, tg_status *status) {
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_param *w = tg_param_new("w", TG_F64, &TG_SHAPE(3, 2));
    tg_node *loss = tape && w ? record(tape, w) : NULL;
    bool ok = loss && tg_backward(loss);
    if (!ok) tg_status_fail(status, "%s", w ? tg_error(tape) : "no parameter");
    ok = ok && at(loss, status);
    tg_tape_free(tape);
    tg_param_free(w);
    return ok;
}

static bool profiles(const tg_node *loss, tg_status *status) {
    tg_profile *p = tg_profile_new(loss, (tg_profile_spec){.repetitions = 1}, status);
    char *table = p ? tg_profile_text(p, TG_PROFILE_TABLE, status) : NULL;
    char *csv = table ? tg_profile_text(p, TG_PROFILE_CSV, status) : NULL;
    bool ok = csv != NULL;
    tg_profile_release(table);
    tg_profile_release(csv);
    tg_profile_free(p);
    return ok;
}

/* All is finite, so what comes back is either silence or what went wrong. */
static bool looks_for_anomalies(const tg_node *loss, tg_status *status) {
    tg_anomaly_report report;
    assert_false(tg_anomaly(loss, (tg_anomaly_spec){0}, &report));
    return !*report.message || tg_status_fail(status, "%s", report.message);
}

static bool keeps_a_health_panel(const tg_node *loss, tg_status *status) {
    char path[64], name[96];
    snprintf(path, sizeof path, "lost-memory-%ld", (long)getpid());
    tg_health *health = tg_health_new((tg_health_spec){0});
    bool ok = health ? tg_health_look(health, loss, 1, status) : tg_status_fail(status, "no panel");
    ok = ok && tg_health_updated(health, status) && tg_health_save(health, path, status);
    tg_health_free(health);
    const char *ends[] = {".csv", "_histograms.csv", ".gp"};
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        remove(name);
    }
    return ok;
}

static bool differentiates_twice(const tg_node *loss, tg_status *status) {
    double u[6] = {1}, hu[6];
    bool ok = tg_hvp(loss, 0, NULL, u, hu, status);
    assert_true(ok || strstr(status->message, "out of memory"));
    return ok;
}

static bool draws_a_circuit(const tg_node *loss, tg_status *status) {
    tg_graph_spec spec = {.circuit = true, .fold = TG_FOLD_ALWAYS, .title = "a \"title\""};
    char *dot = tg_graph_dot(tg_tape_of(loss), spec, status);
    tg_graph_release(dot);
    return dot != NULL;
}

/* Where the inner gradients are computed again. */
static bool draws_after_a_replay(const tg_node *loss, tg_status *status) {
    tg_tape *tape = tg_tape_of(loss);
    tg_zero_grad(tape);
    if (!tg_replay(tape) || !tg_backward(tg_tape_node(tape, tg_id(loss))))
        return tg_status_fail(status, "%s", tg_error(tape));
    return draws_a_circuit(loss, status);
}

static tg_node *square(tg_node *const *x) {
    return tg_square(x[0]);
}
static void answer(const tg_answer *q) {
    for (int64_t i = 0; i < q->xshape[0]->dim[0]; i++) q->dx[0][i] = -2 * q->x[0][i] * q->dy[i];
}

static bool grades(const char *path, tg_status *status) {
    static const tg_grade_case cases[] = {{"three", {{1, {3}}}}, {0}};
    (void)path;
    char *json = tg_grade(
        &(tg_assignment){.nargs = 1, .args = {"x"}, .forward = square, .backward = answer, .cases = cases},
        status);
    tg_grade_release(json);
    return json != NULL;
}

#define LOOKS(X)                                                                                             \
    X(profiles)                                                                                              \
    X(looks_for_anomalies)                                                                                   \
    X(differentiates_twice)                                                                                  \
    X(keeps_a_health_panel)                                                                                  \
    X(draws_a_circuit)                                                                                       \
    X(draws_after_a_replay)

#define TEST(name)                                                                                           \
    static bool try_##name(const char *path, tg_status *status) {                                            \
        (void)path;                                                                                          \
        return on_a_network(name, status);                                                                   \
    }                                                                                                        \
    static void name##_without_memory(void **state) {                                                        \
        (void)state;                                                                                         \
        assert_survives_no_memory(try_##name, NULL);                                                         \
    }
LOOKS(TEST)

static void grades_without_memory(void **state) {
    (void)state;
    assert_survives_no_memory(grades, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define ENTRY(name) cmocka_unit_test(name##_without_memory),
        LOOKS(ENTRY) cmocka_unit_test(grades_without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
