#include "fit.h"
#include "checkpoint.h"
#include "core/arena.h"
#include "history_internal.h"
#include "inspect/anomaly.h"
#include "session.h"

#include <math.h>
#include <time.h>

typedef struct run {
    tg_fit_spec spec;
    tg_session session;
    tg_node *objective;
    tg_evaluator *train, *validation, *test;
    tg_keeper *keeper;
    tg_history *history;
    double loss, total, right, shown; /* sums over the epoch's examples */
    double training_seconds;
    int64_t training_steps;
    bool stop;
} run;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool fail(run *r, const char *why) {
    r->history->ending = TG_ENDED_ERROR;
    return tg_status_fail(r->spec.status, "%s", why);
}

/* The same, with the node that the trouble began at. */
static bool fail_step(run *r, const char *why) {
    tg_anomaly_report report;
    if (!r->spec.anomaly || !tg_anomaly(r->objective, (tg_anomaly_spec){0}, &report)) return fail(r, why);
    r->history->ending = TG_ENDED_ERROR;
    return tg_status_fail(r->spec.status, "%s; it began here: %s", why, report.message);
}

/* ---- setting up ---- */

static bool check_penalties(const tg_fit_spec *s) {
    if (s->penalty_count < 0)
        return tg_status_fail(s->status, "fit: penalty_count is %d; it must be at least 0", s->penalty_count);
    if (s->penalties && !s->penalty_count)
        return tg_status_fail(s->status, "fit: there are penalties, but penalty_count is 0");
    if (!s->penalties && s->penalty_count)
        return tg_status_fail(s->status, "fit: penalty_count is %d, but there are no penalties",
                              s->penalty_count);
    return true;
}

/* What would not be looked at, or be taken for something else, says so instead. */
static bool check_options(const tg_fit_spec *s) {
    if (s->resume && !s->checkpoint)
        return tg_status_fail(s->status, "fit: resume, but there is no checkpoint to resume from");
    if ((unsigned)s->monitor > TG_MONITOR_LOSS)
        return tg_status_fail(s->status, "fit: there is no monitor %d", (int)s->monitor);
    if (s->score_batch < 0)
        return tg_status_fail(s->status, "fit: score_batch is %lld; it must be at least 0",
                              (long long)s->score_batch);
    if (!(s->min_delta >= 0))
        return tg_status_fail(s->status, "fit: min_delta is %g; it must be at least 0", s->min_delta);
    if (s->threads < 0)
        return tg_status_fail(s->status, "fit: threads is %d; it must be at least 0", s->threads);
    return check_penalties(s);
}

static bool check(tg_fit_spec *s) {
    if (!s->optim) return tg_status_fail(s->status, "fit: there is no optimiser");
    if (s->epochs < 1) return tg_status_fail(s->status, "fit: %d epochs; at least 1 is needed", s->epochs);
    if (s->batch < 0) return tg_status_fail(s->status, "fit: a batch of %lld", (long long)s->batch);
    if (tg_optim_params(s->optim) != s->model.params)
        return tg_status_fail(s->status, "fit: the optimiser was made for other parameters than the model's");
    if (!check_options(s)) return false;
    if (s->batch == 0) s->batch = 32;
    return tg_check_set(&s->model, s->train, "fit", s->status);
}

static bool open_training(run *r) {
    const tg_fit_spec *s = &r->spec;
    tg_session_spec session = {
        .what = "training",
        .model = s->model,
        .set = s->train,
        .batch = s->batch,
        .batches = {.batch = s->batch, .shuffle = !s->in_order, .seed = s->seed, .fill_last = s->fill_last},
        .loss = s->loss,
        .loss_context = s->loss_context,
        .tape = {.seed = s->seed, .no_plan = s->no_plan, .threads = s->threads}};
    if (!tg_session_open(&r->session, &session, s->status)) return false;
    r->objective = tg_penalise(r->session.loss, s->model.params, s->penalties, s->penalty_count);
    return !tg_failed(r->session.tape) || tg_status_fail(s->status, "%s", tg_error(r->session.tape));
}

/* An evaluator for a set that is to be scored; true as well when it is not. */
static bool open_scoring(run *r, const char *what, const tg_dataset *set, tg_evaluator **evaluator) {
    if (!set) return true;
    const tg_fit_spec *s = &r->spec;
    *evaluator = tg_evaluator_open((tg_evaluator_spec){.model = s->model,
                                                       .set = set,
                                                       .batch = s->score_batch,
                                                       .loss = s->loss,
                                                       .loss_context = s->loss_context,
                                                       .no_plan = s->no_plan,
                                                       .threads = s->threads},
                                   what, s->status);
    return *evaluator != NULL;
}

static bool open_keeper(run *r) {
    const tg_fit_spec *s = &r->spec;
    if (!s->keep_best && !s->patience) return true;
    bool higher = s->monitor == TG_MONITOR_ACCURACY && s->validation;
    r->keeper =
        tg_keeper_new(s->model.params, (tg_keeper_spec){s->patience, s->min_delta, higher}, s->status);
    return r->keeper != NULL;
}

static bool open_run(run *r) {
    const tg_fit_spec *s = &r->spec;
    if (!open_training(r) || !open_scoring(r, "training", s->score_train ? s->train : NULL, &r->train) ||
        !open_scoring(r, "validation", s->validation, &r->validation) ||
        !open_scoring(r, "test", s->test, &r->test) || !open_keeper(r))
        return false;
    r->history = tg_history_new(s->epochs, s->grad_norms ? tg_params_count(s->model.params) : 0, s->status);
    return r->history != NULL;
}

static void close_run(run *r) {
    tg_session_close(&r->session);
    tg_evaluator_free(r->train);
    tg_evaluator_free(r->validation);
    tg_evaluator_free(r->test);
    tg_keeper_free(r->keeper);
}

/* ---- steps ---- */

static void measure(run *r) {
    const tg_session *s = &r->session;
    int64_t fresh = tg_batches_fresh(s->batches), rows = tg_size(s->label);
    double weight = (double)(fresh < rows ? fresh : rows);
    r->loss += weight * tg_item(s->loss);
    r->total += weight * tg_item(r->objective);
    r->right += weight / (double)rows * (double)tg_count_right(s->output, s->label);
    r->shown += weight;
}

static void measure_norms(run *r) {
    double *norms = tg_history_norms(r->history);
    for (int k = 0; norms && k < r->history->params; k++)
        norms[k] += tg_param_grad_norm(tg_params_get(r->spec.model.params, k));
}

static bool tell_step(run *r, int64_t step, double loss, double objective, double lr) {
    if (!r->spec.on_step) return true;
    tg_fit_step told = {.epoch = r->history->count,
                        .step = step,
                        .steps = tg_batches_count(r->session.batches),
                        .loss = loss,
                        .objective = objective,
                        .lr = lr,
                        .tape = r->session.tape,
                        .output = r->session.output,
                        .label = r->session.label};
    return r->spec.on_step(r->spec.context, &told);
}

static bool take_step(run *r, tg_epoch *epoch, int64_t step) {
    tg_session *s = &r->session;
    if (!tg_replay(s->tape)) return false;
    measure(r);
    double loss = tg_item(s->loss), objective = tg_item(r->objective);
    if (r->spec.anomaly && !isfinite(objective)) return fail_step(r, "the loss is not finite");
    if (!tg_backward(r->objective)) return false;
    epoch->lr = tg_optim_lr(r->spec.optim);
    if (!tg_optim_step(r->spec.optim)) return false;
    measure_norms(r);
    if (!tell_step(r, step, loss, objective, epoch->lr)) r->stop = true;
    return true;
}

static bool train_epoch(run *r, tg_epoch *epoch) {
    int64_t step = 0;
    double start = now();
    r->loss = r->total = r->right = r->shown = 0;
    while (!r->stop && tg_batches_next(r->session.batches, r->session.x, r->session.label))
        if (!take_step(r, epoch, ++step)) break;
    if (r->history->ending == TG_ENDED_ERROR) return false;
    if (tg_failed(r->session.tape)) {
        r->history->ending = TG_ENDED_ERROR;
        return tg_session_fail(&r->session, r->spec.status);
    }
    if (tg_optim_failed(r->spec.optim)) return fail_step(r, tg_optim_error(r->spec.optim));
    epoch->steps = tg_optim_steps(r->spec.optim);
    epoch->loss = r->loss / r->shown;
    epoch->objective = r->total / r->shown;
    epoch->train_accuracy = r->right / r->shown;
    double *norms = tg_history_norms(r->history);
    for (int k = 0; norms && k < r->history->params; k++) norms[k] /= (double)step;
    r->training_seconds += now() - start;
    r->training_steps += step;
    return true;
}

/* ---- epochs ---- */

static bool score(run *r, tg_evaluator *evaluator, double *loss, double *accuracy) {
    tg_score result;
    if (!evaluator) return true;
    if (!tg_evaluator_run(evaluator, &result, r->spec.status)) {
        r->history->ending = TG_ENDED_ERROR;
        return false;
    }
    *loss = result.loss;
    *accuracy = result.accuracy;
    return true;
}

static double monitored(const run *r, const tg_epoch *epoch) {
    if (!r->validation) return isnan(epoch->train_loss) ? epoch->loss : epoch->train_loss;
    return r->spec.monitor == TG_MONITOR_ACCURACY ? epoch->validation_accuracy : epoch->validation_loss;
}

/* Offers the epoch to the keeper and to the callback; false when one of them wants to stop. */
static bool wants_more(run *r, const tg_epoch *epoch) {
    bool more = !r->stop;
    if (r->stop) r->history->ending = TG_ENDED_CALLBACK;
    if (r->keeper) {
        bool patient = tg_keeper_offer(r->keeper, monitored(r, epoch));
        r->history->best = (int)tg_keeper_tell(r->keeper).best_at - 1;
        if (!patient && more) r->history->ending = TG_ENDED_PATIENCE;
        more = more && patient;
    }
    if (r->spec.on_epoch && !r->spec.on_epoch(r->spec.context, r->history)) {
        if (more) r->history->ending = TG_ENDED_CALLBACK;
        more = false;
    }
    return more;
}

/* Saves the whole run, or puts it where the saved one stood. */
static bool checkpoint(run *r, bool load) {
    tg_checkpoint_part part = {"history", .count = tg_history_numbers(r->history, r->history->count),
                               .capacity = tg_history_numbers(r->history, r->history->capacity)};
    part.data = tg_alloc((size_t)part.capacity * sizeof *part.data);
    if (!part.data) return tg_status_fail(r->spec.status, "checkpoint: out of memory");
    tg_checkpoint whole = {r->spec.optim, r->session.tape, r->session.batches, r->keeper, &part, 1};
    if (!load) tg_history_pack(r->history, part.data);
    bool ok = load ? tg_checkpoint_load(r->spec.checkpoint, whole, r->spec.status)
                   : tg_checkpoint_save(r->spec.checkpoint, whole, r->spec.status);
    if (ok && load) tg_history_unpack(r->history, part.data, part.count);
    if (r->keeper) r->history->best = (int)tg_keeper_tell(r->keeper).best_at - 1;
    tg_release(part.data);
    return ok;
}

static bool save(run *r) {
    const tg_fit_spec *s = &r->spec;
    if ((!s->csv || tg_history_save_csv(r->history, s->model.params, s->csv, s->status)) &&
        (!s->checkpoint || checkpoint(r, false)))
        return true;
    r->history->ending = TG_ENDED_ERROR;
    return false;
}

static bool one_epoch(run *r) {
    double start = now();
    tg_epoch *epoch = tg_history_add(r->history);
    if (!train_epoch(r, epoch)) {
        r->history->count--;
        return false;
    }
    if (!score(r, r->train, &epoch->train_loss, &epoch->train_accuracy) ||
        !score(r, r->validation, &epoch->validation_loss, &epoch->validation_accuracy) ||
        !score(r, r->test, &epoch->test_loss, &epoch->test_accuracy))
        return false;
    epoch->seconds = now() - start;
    bool more = wants_more(r, epoch);
    return save(r) && more;
}

static bool resume(run *r) {
    return !r->spec.resume || !tg_checkpoint_exists(r->spec.checkpoint) || checkpoint(r, true);
}

/* A run that was resumed may have run out of patience before. */
static bool is_patient(run *r) {
    tg_keeper_state state = tg_keeper_tell(r->keeper);
    if (!r->keeper || !r->spec.patience || state.offers - state.best_at < r->spec.patience) return true;
    r->history->ending = TG_ENDED_PATIENCE;
    return false;
}

tg_history *tg_fit(tg_fit_spec spec) {
    run r = {.spec = spec};
    if (!check(&r.spec) || !open_run(&r) || !resume(&r)) {
        tg_history_free(r.history);
        close_run(&r);
        return NULL;
    }
    if (is_patient(&r))
        while (r.history->count < r.spec.epochs && one_epoch(&r)) {
        }
    if (r.training_seconds > 0) r.history->steps_per_second = (double)r.training_steps / r.training_seconds;
    if (spec.keep_best && r.history->best >= 0) tg_keeper_restore(r.keeper);
    close_run(&r);
    return r.history;
}
