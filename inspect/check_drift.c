/* check_drift.c: how far the tape's own dtype, run by its execution plan, is from f64 op by op. */
#include "check_run.h"
#include "local.h"

#include "../core/arena.h"
#include "../core/shadow.h"

#include <math.h>

/* The largest difference of two nodes' values or gradients, relative to the largest of the second. */
static double drift(const tg_node *a, const tg_node *b, double (*at)(const tg_node *, int64_t)) {
    double worst = 0, size = 0;
    for (int64_t i = 0; i < tg_size(b); i++) {
        double x = at(a, i), y = at(b, i);
        if (isfinite(y)) size = fmax(size, fabs(y));
        if (isfinite(y) && isfinite(x)) worst = fmax(worst, fabs(x - y));
        if (isfinite(y) && !isfinite(x)) return INFINITY;
    }
    return worst > 0 ? worst / size : 0;
}

/* A replay in `dtype`, by the execution plan and with the source's threads, against f64 op by op. */
static bool measure(tg_check_run *run, tg_dtype dtype, double *value, double *gradient) {
    tg_tape *own = tg_shadow_with(
        run->source,
        (tg_shadow_spec){.dtype = dtype, .plan = true, .wanted = run->source_wrt, .nwanted = run->nwrt});
    tg_node *target = tg_tape_node(own, tg_id(run->source_target));
    for (int i = 0; i < run->nwrt; i++) tg_retain_grad(tg_tape_node(own, tg_id(run->source_wrt[i])));
    if (own && target) tg_set_step(own, tg_step(own) - 1); /* so that replay draws the same random numbers */
    const bool ok = own && target && tg_replay(own) && tg_local_pull(target, run->probe.cotangent) &&
                    tg_probe_backward(&run->probe);
    if (ok) *value = drift(target, run->probe.target, tg_value_at);
    for (int i = 0; ok && i < run->nwrt; i++) {
        tg_node *wrt = tg_tape_node(own, tg_id(run->source_wrt[i]));
        if (tg_grad(wrt) && tg_grad(run->wrt[i]))
            *gradient = fmax(*gradient, drift(wrt, run->wrt[i], tg_grad_at));
    }
    tg_tape_free(own);
    return ok;
}

void tg_check_drift(tg_check_run *run) {
    tg_check_report *r = run->report;
    double value;
    r->has_drift = measure(run, r->dtype, &r->value_drift, &r->gradient_drift);
    /* Rounding in f32 may rightly be large; what the plan does wrong it does in f64, too. */
    if (r->dtype == TG_F64)
        run->plan_drift = r->gradient_drift;
    else
        r->has_drift &= measure(run, TG_F64, &value, &run->plan_drift);
}
