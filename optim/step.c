/* step.c: one step of an optimiser: look at the gradients, then move the parameters. */
#include "core/block.h"
#include "core/tape.h"
#include "core/threads.h"
#include "optim_internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static bool fail(tg_optim *opt, const char *format, ...) TG_PRINTF(2, 3);
static bool fail(tg_optim *opt, const char *format, ...) {
    va_list va;
    int n = snprintf(opt->error, sizeof opt->error, "%s, step %llu: ", tg_optim_name(opt->kind),
                     (unsigned long long)opt->steps + 1);
    va_start(va, format);
    vsnprintf(opt->error + n, sizeof opt->error - (size_t)n, format, va);
    va_end(va);
    opt->failed = true;
    return false;
}

static bool moves(const tg_param *param) {
    return param->has_grad && !param->frozen;
}

/* Steps over fewer elements than this stay on one thread. */
#define PARALLEL_FROM 262144

static int threads_of(const tg_optim *opt) {
    if (tg_params_size(opt->params) < PARALLEL_FROM) return 1;
    return opt->spec.threads > 0 ? opt->spec.threads : tg_threads();
}

static void *element(const void *data, const tg_param *param, int64_t i) {
    return (char *)(uintptr_t)data + (size_t)i * tg_dtype_size(param->dtype);
}

static double clip_of(const tg_optim *opt) {
    return opt->spec.clip_value > 0 ? opt->spec.clip_value : INFINITY;
}

/* The last gradients first: of many, those which backward wrote last are still in the cache, and those which
   are looked at last are there when the parameters are moved, from the first one on. */
static void look(void *context, int64_t i) {
    tg_optim *opt = context;
    tg_stretch *part = &opt->stretches[opt->stretch_count - 1 - i];
    const tg_param *param = tg_params_get(opt->params, part->param);
    part->finite = true;
    part->squares = 0;
    if (!moves(param)) return;
    const void *grad = element(param->grad, param, part->from);
    if (!opt->spec.unchecked && !param->grad_finite)
        part->finite = tg_block_ops_of(param->dtype)->finite(part->n, grad);
    if (opt->spec.clip_norm > 0) part->squares = opt->ops->squares(part->n, grad, clip_of(opt));
}

static void move(void *context, int64_t i) {
    tg_optim *opt = context;
    const tg_stretch *part = &opt->stretches[i];
    tg_param *param = tg_params_get(opt->params, part->param);
    if (!moves(param)) return;
    void *state[TG_MAX_STATES] = {0};
    for (int k = 0; k < opt->states; k++)
        state[k] = element((char *)opt->state[k] + opt->offset[part->param], param, part->from);
    opt->rule(&opt->now, part->n, element(param->value, param, part->from),
              element(param->grad, param, part->from), state[0], state[1]);
}

/* Which gradient is not finite, for the message. */
static bool refuse(tg_optim *opt, const tg_stretch *part) {
    const tg_param *param = tg_params_get(opt->params, part->param);
    int64_t at = part->from;
    while (isfinite(tg_param_grad_at(param, at))) at++;
    return fail(opt, "the gradient of %s is %g at element %lld; nothing was changed", param->name,
                tg_param_grad_at(param, at), (long long)at);
}

static bool examine(tg_optim *opt, int threads) {
    double squares = 0;
    tg_parallel(threads, opt->stretch_count, look, opt);
    for (int64_t i = 0; i < opt->stretch_count; i++) {
        if (!opt->stretches[i].finite) return refuse(opt, &opt->stretches[i]);
        squares += opt->stretches[i].squares;
    }
    if (opt->spec.clip_norm > 0) opt->grad_norm = sqrt(squares);
    return true;
}

/* With the error where nothing may move. */
static bool any_moves(tg_optim *opt) {
    bool frozen = false;
    for (int i = 0; i < opt->count; i++) {
        const tg_param *param = tg_params_get(opt->params, i);
        if (moves(param)) return true;
        frozen |= param->has_grad;
    }
    return fail(opt, frozen ? "every parameter that has a gradient is frozen"
                            : "no parameter has a gradient; call tg_backward before each step");
}

static void set_numbers(tg_optim *opt) {
    const tg_optim_spec *s = &opt->spec;
    double t = (double)(opt->steps + 1), lr = tg_optim_lr(opt);
    bool adam = s->beta2 > 0;
    opt->now = (tg_update){
        .lr = lr,
        .clip = clip_of(opt),
        .scale = s->clip_norm > 0 && opt->grad_norm > s->clip_norm ? s->clip_norm / opt->grad_norm : 1,
        .l2 = s->decoupled ? 0 : s->weight_decay,
        .shrink = s->decoupled ? 1 - lr * s->weight_decay : 1,
        .a = adam           ? s->beta1
             : s->decay > 0 ? s->decay
                            : s->momentum,
        .b = s->beta2,
        .inside = s->epsilon_at == TG_EPSILON_INSIDE ? s->epsilon : 0,
        .outside = s->epsilon_at == TG_EPSILON_OUTSIDE ? s->epsilon : 0,
        .correct1 = adam ? 1 / (1 - pow(s->beta1, t)) : 1,
        .correct2 = adam ? 1 / (1 - pow(s->beta2, t)) : 1,
    };
}

bool tg_optim_step(tg_optim *opt) {
    if (!opt || opt->failed) return false;
    if (!any_moves(opt)) return false;
    int threads = threads_of(opt);
    if ((!opt->spec.unchecked || opt->spec.clip_norm > 0) && !examine(opt, threads)) return false;
    set_numbers(opt);
    tg_parallel(threads, opt->stretch_count, move, opt);
    for (int i = 0; i < opt->count; i++) {
        tg_param *param = tg_params_get(opt->params, i);
        if (param->has_grad) param->has_grad = param->grad_finite = false;
    }
    opt->steps++;
    return true;
}

/* ---- norms ---- */

static double squares_of(const tg_param *param) {
    return tg_update_ops_of(param->dtype)->squares(param->size, param->grad, INFINITY);
}

double tg_param_grad_norm(const tg_param *param) {
    return param ? sqrt(squares_of(param)) : NAN;
}

double tg_params_grad_norm(const tg_params *params) {
    double sum = 0;
    for (int i = 0; i < tg_params_count(params); i++) sum += squares_of(tg_params_get(params, i));
    return sqrt(sum);
}
