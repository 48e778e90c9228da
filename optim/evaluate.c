#include "evaluate.h"
#include "core/arena.h"
#include "data/batches.h"
#include "ops_api.h"
#include "session.h"

#include <math.h>
#include <stdlib.h>

/* ---- one tape with a model and its loss ---- */

static tg_node *input(tg_tape *tape, const tg_session_spec *spec) {
    tg_shape shape = {.rank = 1, .dim = {spec->batch}};
    if (spec->model.shaped) {
        for (int i = 0; i < spec->set->example.rank && shape.rank < TG_MAX_RANK; i++)
            shape.dim[shape.rank++] = spec->set->example.dim[i];
    } else {
        shape.dim[shape.rank++] = tg_dataset_features(spec->set);
    }
    return tg_input(tape, "x", tg_params_dtype(spec->model.params), shape.rank, shape.dim);
}

/* NULL, or what is wrong. */
static const char *record(tg_session *s, const tg_session_spec *spec) {
    s->x = input(s->tape, spec);
    s->label = tg_input(s->tape, "label", TG_I32, 1, &spec->batch);
    s->output = s->x ? spec->model.apply(spec->model.self, s->x) : NULL;
    if (tg_failed(s->tape)) return tg_error(s->tape);
    if (!s->output) return "the model returned NULL";
    s->loss = spec->loss ? spec->loss(spec->loss_context, s->output, s->label)
                         : tg_cross_entropy(s->output, s->label);
    if (tg_failed(s->tape)) return tg_error(s->tape);
    if (!s->loss) return "the loss returned NULL";
    return tg_size(s->loss) == 1 ? NULL : "the loss is not a scalar";
}

static bool fail(const tg_session *s, const char *why, tg_status *status) {
    char shape[TG_SHAPE_TEXT];
    return tg_status_fail(status, "%s set, examples %s: %s", s->what,
                          tg_shape_text(&s->example, shape, sizeof shape), why);
}

bool tg_session_fail(const tg_session *s, tg_status *status) {
    return fail(s, tg_error(s->tape), status);
}

bool tg_session_open(tg_session *s, const tg_session_spec *spec, tg_status *status) {
    *s = (tg_session){.what = spec->what, .example = spec->set->example};
    s->batches = tg_batches_new(spec->set, spec->batches, status);
    if (!s->batches) return false;
    tg_tape_spec tape = spec->tape;
    tape.dtype = tg_params_dtype(spec->model.params);
    s->tape = tg_tape_new_spec(tape);
    const char *why = record(s, spec);
    if (!why) return true;
    fail(s, why, status);
    tg_session_close(s);
    return false;
}

void tg_session_close(tg_session *s) {
    tg_batches_free(s->batches);
    tg_tape_free(s->tape);
    *s = (tg_session){0};
}

bool tg_check_set(const tg_model *model, const tg_dataset *set, const char *what, tg_status *status) {
    if (!model->apply || !model->params) return tg_status_fail(status, "%s: the model is incomplete", what);
    if (!set) return tg_status_fail(status, "%s: there is no dataset", what);
    if (!set->labels) return tg_status_fail(status, "%s: %s has no labels", what, set->name);
    if (set->count < 1) return tg_status_fail(status, "%s: %s has no examples", what, set->name);
    return true;
}

/* ---- accuracy ---- */

static inline double element(const void *values, tg_dtype dtype, int64_t i) {
    return dtype == TG_F32 ? (double)((const float *)values)[i] : ((const double *)values)[i];
}

/* The column of the row's largest output; -1 when that is NaN. */
static int64_t largest(const void *values, tg_dtype dtype, int64_t row, int64_t columns) {
    double best = element(values, dtype, row * columns);
    int64_t column = 0;
    if (columns == 1) return best > 0;
    for (int64_t j = 1; j < columns; j++) {
        double x = element(values, dtype, row * columns + j);
        if (!(x > best)) continue;
        best = x;
        column = j;
    }
    return isnan(best) ? -1 : column;
}

int64_t tg_count_right(const tg_node *output, const tg_node *label) {
    int64_t rows = tg_size(label), right = 0;
    tg_dtype dtype = tg_dtype_of(output);
    if (rows < 1 || tg_size(output) < rows || tg_size(output) % rows != 0) return 0;
    if ((dtype != TG_F32 && dtype != TG_F64) || tg_dtype_of(label) != TG_I32) return 0;
    const void *values = tg_value(output);
    const int32_t *labels = tg_value(label);
    if (!values || !labels) return 0;
    for (int64_t i = 0; i < rows; i++)
        right += largest(values, dtype, i, tg_size(output) / rows) == labels[i];
    return right;
}

/* ---- the evaluator ---- */

struct tg_evaluator {
    tg_dataset head, tail; /* the set's full batches, and what is left over; they share its memory */
    tg_session full, rest;
    bool has_full, has_rest;
};

static tg_dataset part(const tg_dataset *set, int64_t first, int64_t count) {
    tg_dataset view = *set;
    size_t row = (size_t)tg_dataset_features(set) * tg_dtype_size(set->dtype);
    view.x = (char *)set->x + (size_t)first * row;
    view.labels = set->labels + first;
    view.count = count;
    return view;
}

static bool open_part(tg_session *session, const tg_evaluator_spec *spec, const char *what,
                      const tg_dataset *set, int64_t batch, tg_status *status) {
    tg_session_spec s = {
        .what = what,
        .model = spec->model,
        .set = set,
        .batch = batch,
        .batches = {.batch = batch},
        .loss = spec->loss,
        .loss_context = spec->loss_context,
        .tape = {.inference = true, .evaluation = true, .no_plan = spec->no_plan, .threads = spec->threads}};
    return tg_session_open(session, &s, status);
}

static bool check(const tg_evaluator_spec *s, const char *what, tg_status *status) {
    if (s->batch < 0) return tg_status_fail(status, "%s: a batch of %lld", what, (long long)s->batch);
    if (s->threads < 0)
        return tg_status_fail(status, "%s: threads is %d; it must be at least 0", what, s->threads);
    return tg_check_set(&s->model, s->set, what, status);
}

tg_evaluator *tg_evaluator_open(tg_evaluator_spec spec, const char *what, tg_status *status) {
    if (!check(&spec, what, status)) return NULL;
    tg_evaluator *e = tg_alloc(sizeof *e);
    if (!e) {
        tg_status_fail(status, "%s: out of memory", what);
        return NULL;
    }
    int64_t batch = spec.batch > 0 ? spec.batch : 256;
    int64_t rest = spec.set->count % batch, full = spec.set->count - rest;
    e->head = part(spec.set, 0, full);
    e->tail = part(spec.set, full, rest);
    e->has_full = full > 0 && open_part(&e->full, &spec, what, &e->head, batch, status);
    e->has_rest = rest > 0 && open_part(&e->rest, &spec, what, &e->tail, rest, status);
    if (e->has_full == (full > 0) && e->has_rest == (rest > 0)) return e;
    tg_evaluator_free(e);
    return NULL;
}

tg_evaluator *tg_evaluator_new(tg_evaluator_spec spec, tg_status *status) {
    return tg_evaluator_open(spec, "evaluation", status);
}

void tg_evaluator_free(tg_evaluator *e) {
    if (!e) return;
    tg_session_close(&e->full);
    tg_session_close(&e->rest);
    tg_release(e);
}

/* Adds what the part's examples have lost and got right. */
static bool run_part(tg_session *s, tg_score *sum, tg_status *status) {
    while (tg_batches_next(s->batches, s->x, s->label)) {
        if (!tg_replay(s->tape)) break;
        int64_t rows = tg_size(s->label);
        sum->count += rows;
        sum->loss += tg_item(s->loss) * (double)rows;
        sum->accuracy += (double)tg_count_right(s->output, s->label);
    }
    return !tg_failed(s->tape) || tg_session_fail(s, status);
}

bool tg_evaluator_run(tg_evaluator *e, tg_score *score, tg_status *status) {
    tg_score sum = {0};
    if (!e || !score) return tg_status_fail(status, "evaluation: %s is NULL", e ? "score" : "the evaluator");
    if (e->has_full && !run_part(&e->full, &sum, status)) return false;
    if (e->has_rest && !run_part(&e->rest, &sum, status)) return false;
    double n = (double)sum.count;
    *score = (tg_score){sum.count, sum.loss / n, sum.accuracy / n};
    return true;
}

bool tg_evaluate(tg_evaluator_spec spec, tg_score *score, tg_status *status) {
    tg_evaluator *e = tg_evaluator_new(spec, status);
    bool ok = e && tg_evaluator_run(e, score, status);
    tg_evaluator_free(e);
    return ok;
}
