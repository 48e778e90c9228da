/* optim.c: making, reading and freeing optimisers. optim/step.c moves the parameters. */
#include "core/arena.h"
#include "core/cpu.h"
#include "optim_internal.h"

#include <math.h>
#include <string.h>

static const char *const names[] = {
#define TG_X(id, name) name,
    TG_OPTIMS(TG_X)
#undef TG_X
};

static const char *const state_names[TG_NOPTIMS][TG_MAX_STATES] = {
    [TG_SGD] = {"velocity"},           [TG_MOMENTUM] = {"velocity"}, [TG_NESTEROV] = {"velocity"},
    [TG_RMSPROP] = {"square_average"}, [TG_ADAM] = {"m", "v"},       [TG_ADAMW] = {"m", "v"},
    [TG_ADAGRAD] = {"square_sum"},
};

const char *tg_optim_name(tg_optim_kind kind) {
    return (unsigned)kind < TG_NOPTIMS ? names[kind] : "?";
}

int tg_optim_from_name(const char *name) {
    for (int i = 0; name && i < TG_NOPTIMS; i++)
        if (strcmp(names[i], name) == 0) return i;
    return -1;
}

const char *tg_optim_names(void) {
#define TG_X(id, name) ", " name
    static const char list[] = TG_OPTIMS(TG_X);
#undef TG_X
    return list + 2;
}

#define UPDATE_EXTERNS(level, unused)                                                                        \
    extern const tg_update_ops tg_update_ops_f32##level, tg_update_ops_f64##level;
#define UPDATE_ENTRIES(level, unused) &tg_update_ops_f32##level, &tg_update_ops_f64##level,
TG_LEVELS(UPDATE_EXTERNS, )

const tg_update_ops *tg_update_ops_of(tg_dtype dtype) {
    static const tg_update_ops *const all[] = {TG_LEVELS(UPDATE_ENTRIES, )};
    return all[2 * tg_simd_level() + (dtype == TG_F64)];
}

/* ---- options ---- */

static bool is_adam(tg_optim_kind kind) {
    return kind == TG_ADAM || kind == TG_ADAMW;
}
static bool has_velocity(tg_optim_kind kind) {
    return kind == TG_SGD || kind == TG_MOMENTUM || kind == TG_NESTEROV;
}

/* One numeric option: where 0 takes its default, and which numbers are possible. */
typedef struct option {
    const char *name;
    double *value;
    bool used;
    double preset, low, high; /* low <= value < high */
} option;

static bool settle(const option *o, tg_optim_kind kind, tg_status *status) {
    if (!o->used && *o->value != 0)
        return tg_status_fail(status, "%s: has no option %s", names[kind], o->name);
    if (!o->used) return true;
    if (*o->value == 0) *o->value = o->preset;
    if (*o->value >= o->low && *o->value < o->high) return true;
    return tg_status_fail(status, "%s: %s is %g; it must be %s%g and %s", names[kind], o->name, *o->value,
                          o->low > 0 ? "above " : "at least ", o->low > 0 ? 0.0 : o->low,
                          o->high <= 1 ? "below 1" : "finite");
}

static bool settle_options(tg_optim_spec *s, tg_optim_kind kind) {
    const double tiny = 5e-324, huge = INFINITY;
    const bool adam = is_adam(kind), velocity = has_velocity(kind), rms = kind == TG_RMSPROP;
    const option options[] = {
        {"lr", &s->lr, true, adam ? 1e-3 : 1e-2, tiny, huge},
        {"momentum", &s->momentum, velocity, kind == TG_SGD ? 0 : 0.9, 0, 1},
        {"decay", &s->decay, rms, 0.99, 0, 1},
        {"beta1", &s->beta1, adam, 0.9, 0, 1},
        {"beta2", &s->beta2, adam, 0.999, 0, 1},
        {"epsilon", &s->epsilon, !velocity, kind == TG_ADAGRAD ? 1e-10 : 1e-8, tiny, huge},
        {"weight_decay", &s->weight_decay, true, kind == TG_ADAMW ? 0.01 : 0, 0, huge},
        {"clip_value", &s->clip_value, true, 0, 0, huge},
        {"clip_norm", &s->clip_norm, true, 0, 0, huge},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (!settle(&options[i], kind, s->status)) return false;
    if ((s->nesterov || s->torch_momentum) && !velocity)
        return tg_status_fail(s->status, "%s: has no option %s", names[kind],
                              s->nesterov ? "nesterov" : "torch_momentum");
    if (s->nesterov && s->momentum == 0)
        return tg_status_fail(s->status, "%s: nesterov needs a momentum above 0", names[kind]);
    if (s->epsilon_at && velocity)
        return tg_status_fail(s->status, "%s: has no option epsilon_at", names[kind]);
    if ((unsigned)s->epsilon_at > TG_EPSILON_OUTSIDE)
        return tg_status_fail(s->status, "%s: there is no epsilon_at %d", names[kind], (int)s->epsilon_at);
    if (s->threads < 0)
        return tg_status_fail(s->status, "%s: threads is %d; it must be at least 0", names[kind], s->threads);
    if (!s->epsilon_at) s->epsilon_at = rms ? TG_EPSILON_INSIDE : TG_EPSILON_OUTSIDE;
    if (kind == TG_NESTEROV) s->nesterov = true;
    if (kind == TG_ADAMW) s->decoupled = true;
    return tg_schedule_check(s->schedule, s->status);
}

static tg_update_rule *rule_of(const tg_update_ops *ops, tg_optim_kind kind, const tg_optim_spec *s) {
    if (kind == TG_RMSPROP) return ops->rmsprop;
    if (kind == TG_ADAGRAD) return ops->adagrad;
    if (is_adam(kind)) return ops->adam;
    if (s->momentum == 0) return ops->sgd;
    if (s->torch_momentum) return s->nesterov ? ops->torch_nesterov : ops->torch_momentum;
    return s->nesterov ? ops->nesterov : ops->momentum;
}

/* ---- making ---- */

#define STRETCH 65536 /* elements */

static int64_t stretches_of(const tg_param *param) {
    return (param->size + STRETCH - 1) / STRETCH;
}

static void cut(tg_optim *opt) {
    tg_stretch *to = opt->stretches;
    for (int i = 0; i < opt->count; i++) {
        int64_t size = tg_params_get(opt->params, i)->size;
        for (int64_t from = 0; from < size; from += STRETCH)
            *to++ =
                (tg_stretch){.param = i, .from = from, .n = size - from < STRETCH ? size - from : STRETCH};
    }
}

static bool give_memory(tg_optim *opt) {
    size_t bytes = 0;
    int64_t stretches = 0;
    opt->offset = tg_alloc((size_t)opt->count * sizeof *opt->offset);
    if (!opt->offset) return false;
    for (int i = 0; i < opt->count; i++) {
        const tg_param *param = tg_params_get(opt->params, i);
        opt->offset[i] = bytes;
        bytes += tg_padded(param->size, tg_dtype_size(param->dtype));
        stretches += stretches_of(param);
    }
    opt->stretches = tg_alloc((size_t)stretches * sizeof *opt->stretches);
    if (!opt->stretches) return false;
    opt->stretch_count = stretches;
    cut(opt);
    for (int k = 0; k < opt->states; k++)
        if (!(opt->state[k] = tg_tensor_alloc((int64_t)bytes, 1))) return false;
    return true;
}

tg_optim *tg_optim_new(tg_params *params, tg_optim_kind kind, tg_optim_spec spec) {
    if (!params) {
        tg_status_fail(spec.status, "%s: the parameters are NULL", tg_optim_name(kind));
        return NULL;
    }
    if ((unsigned)kind >= TG_NOPTIMS) {
        tg_status_fail(spec.status, "optimiser: there is no kind %d; the names are %s", (int)kind,
                       tg_optim_names());
        return NULL;
    }
    if (!settle_options(&spec, kind)) return NULL;
    tg_optim *opt = tg_alloc(sizeof *opt);
    if (opt) {
        const tg_update_ops *ops = tg_update_ops_of(tg_params_dtype(params));
        *opt = (tg_optim){.params = params, .kind = kind, .spec = spec, .ops = ops, .grad_norm = NAN};
        opt->spec.status = NULL;
        opt->rule = rule_of(ops, kind, &spec);
        opt->count = tg_params_count(params);
        while (opt->rule != ops->sgd && opt->states < TG_MAX_STATES && state_names[kind][opt->states])
            opt->states++;
        if (give_memory(opt)) return opt;
    }
    tg_status_fail(spec.status, "%s: out of memory for the state of %lld parameters", names[kind],
                   (long long)tg_params_size(params));
    tg_optim_free(opt);
    return NULL;
}

tg_optim *tg_sgd(tg_params *params, tg_sgd_spec spec) {
    return tg_optim_new(params, TG_SGD, spec);
}
tg_optim *tg_rmsprop(tg_params *params, tg_rmsprop_spec spec) {
    return tg_optim_new(params, TG_RMSPROP, spec);
}
tg_optim *tg_adam(tg_params *params, tg_adam_spec spec) {
    return tg_optim_new(params, TG_ADAM, spec);
}
tg_optim *tg_adamw(tg_params *params, tg_adamw_spec spec) {
    return tg_optim_new(params, TG_ADAMW, spec);
}
tg_optim *tg_adagrad(tg_params *params, tg_adagrad_spec spec) {
    return tg_optim_new(params, TG_ADAGRAD, spec);
}

void tg_optim_free(tg_optim *opt) {
    if (!opt) return;
    for (int k = 0; k < opt->states; k++) tg_tensor_free(opt->state[k]);
    tg_release(opt->stretches);
    tg_release(opt->offset);
    tg_release(opt);
}

/* ---- reading ---- */

bool tg_optim_failed(const tg_optim *opt) {
    return !opt || opt->failed;
}
const char *tg_optim_error(const tg_optim *opt) {
    if (!opt) return "no optimiser: its options were impossible, or memory was out";
    return opt->failed ? opt->error : "";
}

void tg_optim_recover(tg_optim *opt) {
    if (!opt) return;
    opt->failed = false;
    for (int i = 0; i < opt->count; i++) tg_param_zero_grad(tg_params_get(opt->params, i));
}

tg_optim_kind tg_optim_kind_of(const tg_optim *opt) {
    return opt ? opt->kind : TG_SGD;
}
tg_params *tg_optim_params(const tg_optim *opt) {
    return opt ? opt->params : NULL;
}
uint64_t tg_optim_steps(const tg_optim *opt) {
    return opt ? opt->steps : 0;
}
void tg_optim_set_steps(tg_optim *opt, uint64_t steps) {
    if (opt) opt->steps = steps;
}

double tg_optim_lr(const tg_optim *opt) {
    return opt ? opt->spec.lr * tg_schedule_at(opt->spec.schedule, opt->steps) : NAN;
}

bool tg_optim_set_lr(tg_optim *opt, double lr) {
    if (!opt || !(lr > 0 && lr < INFINITY)) return false;
    opt->spec.lr = lr;
    return true;
}

double tg_optim_grad_norm(const tg_optim *opt) {
    return opt ? opt->grad_norm : NAN;
}

int tg_optim_state_count(const tg_optim *opt) {
    return opt ? opt->states : 0;
}
const char *tg_optim_state_name(const tg_optim *opt, int k) {
    return opt && k >= 0 && k < opt->states ? state_names[opt->kind][k] : NULL;
}

void *tg_optim_state(tg_optim *opt, const char *param, const char *state) {
    if (!opt || !param || !state) return NULL;
    for (int i = 0; i < opt->count; i++) {
        if (strcmp(tg_params_get(opt->params, i)->name, param) != 0) continue;
        for (int k = 0; k < opt->states; k++)
            if (strcmp(state_names[opt->kind][k], state) == 0) return (char *)opt->state[k] + opt->offset[i];
    }
    return NULL;
}
