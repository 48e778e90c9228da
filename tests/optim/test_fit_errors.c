/* What fit, evaluate and penalise refuse, and what their messages name. */
#include "support/clouds.h"
#include "support/test.h"

#include <math.h>
#include <string.h>

static void runs_that_cannot_begin_or_go_on_say_why(void **state) {
    (void)state;
    setting s;
    tg_fit_spec spec = prepare(&s, TG_F64);
    const char *reasons[] = {"no optimiser", "0 epochs", "no dataset", "matmul", "incomplete", "batch of -1"};
    for (int i = 0; i < 6; i++) {
        tg_fit_spec wrong = spec;
        tg_dataset *other = tg_dataset_new(20, &TG_SHAPE(5), TG_F64, 3, NULL);
        s.status = (tg_status){0};
        if (i == 0) wrong.optim = NULL;
        if (i == 1) wrong.epochs = 0;
        if (i == 2) wrong.train = NULL;
        if (i == 3) wrong.train = other;
        if (i == 4) wrong.model.apply = NULL;
        if (i == 5) wrong.batch = -1;
        assert_null(tg_fit(wrong));
        if (!strstr(s.status.message, reasons[i]))
            fail_msg("\"%s\" lacks \"%s\"", s.status.message, reasons[i]);
        tg_dataset_free(other);
    }
    s.status = (tg_status){0};
    tg_dataset_set_at(s.train, 77, 1, NAN);
    double before = tg_param_at(tg_params_get(tg_mlp_params(s.net), 0), 0);
    spec.batch = 150;
    tg_history *h = tg_fit(spec);
    assert_true(h->ending == TG_ENDED_ERROR && h->count == 0);
    assert_non_null(strstr(s.status.message, "the gradient of hidden.weight is nan"));
    assert_true(tg_param_at(tg_params_get(tg_mlp_params(s.net), 0), 0) == before);
    tg_history_free(h);
    s.status = (tg_status){0};
    spec.anomaly = true;
    h = tg_fit(spec);
    assert_true(h->ending == TG_ENDED_ERROR);
    assert_non_null(strstr(s.status.message, "it began here: the leaf v0 (x) holds nan at element"));
    assert_true(tg_param_at(tg_params_get(tg_mlp_params(s.net), 0), 0) == before);
    tg_history_free(h);
    done(&s);
}

static tg_node *nothing(void *self, tg_node *x) {
    (void)self, (void)x;
    return NULL;
}
static tg_node *no_loss(void *context, tg_node *output, tg_node *label) {
    (void)context, (void)output, (void)label;
    return NULL;
}

static void assert_begins(const tg_status *status, const char *start) {
    if (strncmp(status->message, start, strlen(start)) != 0)
        fail_msg("\"%s\" does not begin with \"%s\"", status->message, start);
}

/* A model and a set that do not fit: which set, what its examples are, and no path of the library's build. */
static void errors_name_the_set(void **state) {
    (void)state;
    setting s;
    tg_score score;
    const tg_fit_spec spec = prepare(&s, TG_F64);
    tg_dataset *wide = tg_dataset_new(20, &TG_SHAPE(5), TG_F64, 3, NULL);
    const char *starts[] = {"training set, examples (5): matmul: (10,5) x (2,8)",
                            "validation set, examples (5): matmul: (20,5) x (2,8)",
                            "test set, examples (5): matmul: (20,5) x (2,8)",
                            "training set, examples (2): the model returned NULL",
                            "training set, examples (2): the loss returned NULL",
                            "evaluation set, examples (5): matmul: (20,5) x (2,8)",
                            "evaluation set, examples (2): the model returned NULL"};
    for (int i = 0; i < 7; i++) {
        tg_fit_spec wrong = spec;
        tg_evaluator_spec evaluation = {.model = spec.model, .set = i == 5 ? wide : s.train};
        s.status = (tg_status){0};
        if (i == 0) wrong.train = wide;
        if (i == 1) wrong.validation = wide;
        if (i == 2) wrong.test = wide;
        if (i == 3) wrong.model.apply = nothing;
        if (i == 4) wrong.loss = no_loss;
        if (i == 6) evaluation.model.apply = nothing;
        if (i < 5)
            assert_null(tg_fit(wrong));
        else
            assert_false(tg_evaluate(evaluation, &score, &s.status));
        assert_begins(&s.status, starts[i]);
        if (strstr(s.status.message, "/models/")) fail_msg("%s", s.status.message);
    }
    tg_dataset_free(wide);
    done(&s);
}

static int32_t *taken; /* labels that a callback takes away between two epochs */
static bool take_labels(void *context, const tg_history *history) {
    tg_dataset *set = context;
    (void)history;
    taken = set->labels;
    set->labels = NULL;
    return true;
}

static void errors_on_the_way_name_the_set(void **state) {
    (void)state;
    setting s;
    tg_fit_spec spec = prepare(&s, TG_F64);
    spec.on_epoch = take_labels;
    spec.context = s.train;
    tg_history *h = tg_fit(spec);
    s.train->labels = taken;
    assert_true(h && h->ending == TG_ENDED_ERROR && h->count == 1);
    assert_begins(&s.status, "training set, examples (2): batches: ");
    tg_history_free(h);
    tg_dataset *bare = tg_dataset_new(20, &TG_SHAPE(2), TG_F64, 0, NULL);
    s.status = (tg_status){0};
    spec.validation = bare;
    assert_null(tg_fit(spec));
    assert_begins(&s.status, "validation: ");
    tg_dataset_free(bare);
    done(&s);
}

/* Fields that contradict each other, or lie outside what they can be, are not passed over. */
static void contradictions_are_refused(void **state) {
    (void)state;
    setting s;
    const tg_fit_spec spec = prepare(&s, TG_F64);
    const tg_penalty penalty = {"*.weight", .l2 = 0.01};
    const char *reasons[] = {"penalties, but penalty_count is 0",
                             "penalty_count is 2, but there are no penalties",
                             "penalty_count is -1",
                             "penalty_count is -1",
                             "resume, but there is no checkpoint",
                             "no monitor 2",
                             "no monitor -1",
                             "score_batch is -1",
                             "min_delta is -0.1",
                             "min_delta is nan",
                             "patience is -1",
                             "threads is -1"};
    for (int i = 0; i < 12; i++) {
        tg_fit_spec wrong = spec;
        s.status = (tg_status){0};
        if (i == 0 || i == 2) wrong.penalties = &penalty;
        if (i == 1) wrong.penalty_count = 2;
        if (i == 2 || i == 3) wrong.penalty_count = -1;
        if (i == 4) wrong.resume = true;
        if (i == 5) wrong.monitor = (tg_monitor)2;
        if (i == 6) wrong.monitor = (tg_monitor)-1;
        if (i == 7) wrong.score_batch = -1;
        if (i == 8) wrong.min_delta = -0.1;
        if (i == 9) wrong.min_delta = NAN;
        if (i == 10) wrong.patience = -1;
        if (i == 11) wrong.threads = -1;
        tg_history *history = tg_fit(wrong);
        if (history || !strstr(s.status.message, reasons[i]))
            fail_msg("\"%s\" lacks \"%s\"", s.status.message, reasons[i]);
    }
    tg_score score;
    for (int i = 0; i < 2; i++) {
        tg_evaluator_spec wrong = {.model = spec.model, .set = s.train};
        s.status = (tg_status){0};
        if (i == 0) wrong.threads = -1;
        if (i == 1) wrong.batch = -1;
        assert_false(tg_evaluate(wrong, &score, &s.status));
        assert_non_null(
            strstr(s.status.message, i ? "evaluation: a batch of -1" : "evaluation: threads is -1"));
    }
    done(&s);
}

static void penalties_and_their_count_agree(void **state) {
    (void)state;
    tg_params *params = tg_params_new(TG_F64, 0);
    tg_params_add(params, "w", &TG_SHAPE(2), NULL);
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *loss = tg_scalar(tape, 1);
    const tg_penalty penalty = {"w", 1, 1};
    assert_ptr_equal(tg_penalise(loss, params, NULL, 0), loss);
    assert_null(tg_penalise(loss, params, NULL, 3));
    assert_non_null(strstr(tg_error(tape), "3 penalties, but the list is NULL"));
    assert_non_null(strstr(tg_error(tape), "test_fit_errors.c"));
    tg_error_clear(tape);
    assert_null(tg_penalise(loss, params, &penalty, -1));
    assert_non_null(strstr(tg_error(tape), "-1 penalties"));
    tg_tape_free(tape);
    tg_params_free(params);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_that_cannot_begin_or_go_on_say_why),
        cmocka_unit_test(errors_name_the_set),
        cmocka_unit_test(errors_on_the_way_name_the_set),
        cmocka_unit_test(contradictions_are_refused),
        cmocka_unit_test(penalties_and_their_count_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
