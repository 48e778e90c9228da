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

void tg_check_drift(tg_check_run *run) {
    tg_check_report *r = run->report;
    tg_tape *own = tg_shadow_with(
        run->source,
        (tg_shadow_spec){.dtype = r->dtype, .plan = true, .wanted = run->source_wrt, .nwanted = run->nwrt});
    tg_node *target = tg_tape_node(own, tg_id(run->source_target));
    for (int i = 0; i < run->nwrt; i++) tg_retain_grad(tg_tape_node(own, tg_id(run->source_wrt[i])));
    if (own && target) tg_set_step(own, tg_step(own) - 1); /* so that replay draws the same random numbers */
    if (own && target && tg_replay(own) && tg_local_pull(target, run->probe.cotangent) &&
        tg_probe_backward(&run->probe)) {
        r->has_drift = true;
        r->value_drift = drift(target, run->probe.target, tg_value_at);
        for (int i = 0; i < run->nwrt; i++) {
            tg_node *wrt = tg_tape_node(own, tg_id(run->source_wrt[i]));
            if (tg_grad(wrt) && tg_grad(run->wrt[i]))
                r->gradient_drift = fmax(r->gradient_drift, drift(wrt, run->wrt[i], tg_grad_at));
        }
    }
    tg_tape_free(own);
}
