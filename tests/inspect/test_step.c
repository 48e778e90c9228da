/* Lessons: stepping backward, comparing, grading. */
#include "support/test.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

static tg_node *scalar(tg_tape *tape, const char *name, double value) {
    tg_node *x = tg_input(tape, name, TG_F64, 0, NULL);
    tg_set_f64(x, &value);
    tg_require_grad(x, true);
    return x;
}

/* The neuron of micrograd's lecture: tanh(x1 w1 + x2 w2 + b). */
static void the_neuron_step_by_step(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x1 = scalar(tape, "x1", 2), *x2 = scalar(tape, "x2", 0), *w1 = scalar(tape, "w1", -3);
    tg_node *w2 = scalar(tape, "w2", 1), *b = scalar(tape, "b", 6.8813735870195432);
    tg_node *p1 = tg_mul(x1, w1), *p2 = tg_mul(x2, w2), *n = tg_add(tg_add(p1, p2), b), *o = tg_tanh(n);
    assert_close(tg_item(o), 0.7071067811865476, 1e-12);
    tg_node *v = tg_step_first(o);
    assert_ptr_equal(v, o);
    assert_null(tg_grad(n));
    v = tg_step_next(v);
    assert_ptr_equal(v, n);
    assert_close(tg_grad_at(n, 0), 0.5, 1e-12);
    int steps = 2;
    while ((v = tg_step_next(v))) steps++;
    assert_int_equal(steps, 10);
    assert_close(tg_grad_at(x1, 0), -1.5, 1e-12);
    assert_close(tg_grad_at(w1, 0), 1, 1e-12);
    assert_close(tg_grad_at(x2, 0), 0.5, 1e-12);
    assert_close(tg_grad_at(w2, 0), 0, 1e-12);
    assert_int_equal(tg_compare_grad(w1, (double[]){1}, 0).match, TG_MATCH_CLOSE);
    tg_tape_free(tape);
}

static void gradients_are_kept_in_replays_when_asked(void **state) {
    (void)state;
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = scalar(tape, "x", 2), *s = tg_square(x), *y = tg_exp(tg_neg(s));
    tg_step_retain(tape);
    assert_true(tg_replay(tape) && tg_backward(y));
    assert_close(tg_grad_at(s, 0), -exp(-4), 1e-15);
    tg_tape_free(tape);
}

static void comparisons_say_how_they_differ(void **state) {
    (void)state;
    const double theirs[] = {1, -2, 0, 100};
    assert_int_equal(tg_compare(4, (double[]){1, -2, -0.0, 100}, theirs, 1e-9).match, TG_MATCH_EXACT);
    tg_comparison c = tg_compare(4, (double[]){1, -2, 1e-8, 100}, theirs, 1e-9);
    assert_int_equal(c.match, TG_MATCH_CLOSE);
    assert_int_equal(c.worst, 2);
    assert_close(c.max_difference, 1e-8, 1e-20);
    c = tg_compare(4, (double[]){-1, 2, 0, -100}, theirs, 1e-9);
    assert_int_equal(c.match, TG_MATCH_WRONG);
    assert_string_equal(c.hint, "it has the wrong sign");
    assert_string_equal(tg_compare(4, (double[]){0, 0, 0, 0}, theirs, 1e-9).hint, "it is all zero");
    assert_string_equal(tg_compare(4, (double[]){2, -4, 0, 200}, theirs, 1e-9).hint,
                        "it is off by a constant factor");
    assert_string_equal(tg_compare(4, (double[]){1, NAN, 0, 100}, theirs, 1e-9).hint, "it holds NaN");
    assert_null(tg_compare(4, (double[]){1, -2, 0, 99}, theirs, 1e-9).hint);
    assert_int_equal(tg_compare(0, NULL, NULL, 1e-9).match, TG_MATCH_EXACT);
    tg_tape *tape = tg_tape_new(TG_F64);
    assert_int_equal(tg_compare_grad(scalar(tape, "x", 1), (double[]){1}, 0).match, TG_MATCH_MISSING);
    assert_string_equal(tg_match_name(TG_MATCH_MISSING), "missing");
    tg_tape_free(tape);
}

/* ---- grading: y = a * exp(b), element by element, b a row ---- */

static tg_node *forward(tg_node *const *x) {
    return tg_mul(x[0], tg_exp(x[1]));
}

static void right(const tg_answer *q) {
    int64_t rows = q->xshape[0]->dim[0], columns = q->xshape[0]->dim[1];
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) {
            int64_t at = i * columns + j;
            q->dx[0][at] = q->dy[at] * exp(q->x[1][j]);
            q->dx[1][j] += q->dy[at] * q->y[at];
        }
}

/* Overwrites where it should add: right for a single row only. */
static void forgets_to_add(const tg_answer *q) {
    int64_t columns = q->xshape[0]->dim[1];
    for (int64_t i = 0; i < q->xshape[0]->dim[0] * columns; i++) {
        q->dx[0][i] = -q->dy[i] * exp(q->x[1][i % columns]);
        q->dx[1][i % columns] = q->dy[i] * q->y[i];
    }
}

static void overruns(const tg_answer *q) {
    right(q);
    q->dx[1][q->xshape[1]->dim[0]] = 7;
}

static const tg_grade_case cases[] = {
    {"one row", {{2, {1, 3}}, {1, {3}}}}, {"four rows", {{2, {4, 3}}, {1, {3}}}}, {0}};

static cJSON *grade(void (*backward)(const tg_answer *)) {
    tg_assignment a = {.title = "y = a exp(b)",
                       .nargs = 2,
                       .args = {"a", "b"},
                       .points = {1, 3},
                       .forward = forward,
                       .backward = backward,
                       .cases = cases,
                       .seed = 5};
    tg_status status = {0};
    char *text = tg_grade(&a, &status);
    assert_string_equal(status.message, "");
    cJSON *json = cJSON_Parse(text);
    assert_non_null(json);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "results")), 4);
    assert_close(cJSON_GetObjectItem(json, "points")->valuedouble, 4, 1e-12);
    tg_grade_release(text);
    return json;
}

static const char *text_of(const cJSON *json, int result, const char *name) {
    return cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(json, "results"), result), name)
        ->valuestring;
}

static void a_right_answer_earns_all_points(void **state) {
    (void)state;
    cJSON *json = grade(right);
    assert_close(cJSON_GetObjectItem(json, "score")->valuedouble, 4, 1e-12);
    cJSON_Delete(json);
}

static void a_half_right_answer_earns_a_part_and_hints(void **state) {
    (void)state;
    cJSON *json = grade(forgets_to_add);
    assert_close(cJSON_GetObjectItem(json, "score")->valuedouble, 1.5, 1e-12); /* b, for one row */
    assert_string_equal(text_of(json, 0, "match"), "wrong");
    assert_string_equal(text_of(json, 0, "hint"), "it has the wrong sign");
    assert_string_not_equal(text_of(json, 1, "match"), "wrong");
    assert_string_equal(text_of(json, 3, "match"), "wrong");
    assert_string_equal(text_of(json, 3, "case"), "four rows");
    cJSON_Delete(json);
}

static void writing_past_the_end_is_noticed(void **state) {
    (void)state;
    cJSON *json = grade(overruns);
    assert_close(cJSON_GetObjectItem(json, "score")->valuedouble, 1, 1e-12);
    assert_string_equal(text_of(json, 1, "hint"), "it wrote past the end of the array");
    cJSON_Delete(json);
}

static tg_node *mismatched(tg_node *const *x) {
    return tg_matmul(x[0], x[1]);
}

static void a_faulty_assignment_is_refused(void **state) {
    (void)state;
    tg_assignment a = {.nargs = 2, .forward = mismatched, .backward = right, .cases = cases};
    tg_status status = {0};
    assert_null(tg_grade(&a, &status));
    assert_non_null(strstr(status.message, "case one row: matmul"));
    status = (tg_status){0};
    a.nargs = 5;
    assert_null(tg_grade(&a, &status));
    assert_non_null(strstr(status.message, "1 to 4"));
    assert_null(tg_grade(NULL, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_neuron_step_by_step),
        cmocka_unit_test(gradients_are_kept_in_replays_when_asked),
        cmocka_unit_test(comparisons_say_how_they_differ),
        cmocka_unit_test(a_right_answer_earns_all_points),
        cmocka_unit_test(a_half_right_answer_earns_a_part_and_hints),
        cmocka_unit_test(writing_past_the_end_is_noticed),
        cmocka_unit_test(a_faulty_assignment_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
