#include "penalty.h"
#include "ops_api.h"

#include <fnmatch.h>
#include <math.h>

static tg_node *add_term(tg_where where, tg_node *sum, tg_node *norm, double factor) {
    return factor > 0 ? tg_add_at(where, sum, tg_scale_at(where, norm, factor)) : sum;
}

static tg_node *add_param(tg_where where, tg_node *sum, tg_param *param, const tg_penalty *penalty) {
    tg_node *w = tg_use_at(where, tg_tape_of(sum), param);
    if (penalty->l1 > 0) sum = add_term(where, sum, tg_sum_at(where, tg_abs_at(where, w)), penalty->l1);
    if (penalty->l2 > 0) sum = add_term(where, sum, tg_sum_at(where, tg_square_at(where, w)), penalty->l2);
    return sum;
}

static bool possible(double factor) {
    return factor >= 0 && factor < INFINITY;
}

static tg_node *add_penalty(tg_where where, tg_node *sum, const tg_params *params,
                            const tg_penalty *penalty) {
    int matches = 0;
    if (!sum) return NULL;
    if (!penalty->params || !possible(penalty->l1) || !possible(penalty->l2)) {
        tg_fail(tg_tape_of(sum), where, "penalty %s: l1 is %g, l2 is %g; both must be finite and at least 0",
                penalty->params ? penalty->params : "without parameters", penalty->l1, penalty->l2);
        return NULL;
    }
    tg_tape *tape = tg_tape_of(sum);
    for (int i = 0; i < tg_params_count(params); i++) {
        tg_param *param = tg_params_get(params, i);
        if (fnmatch(penalty->params, param->name, 0) != 0) continue;
        matches++;
        if (sum) sum = add_param(where, sum, param, penalty);
    }
    if (matches) return sum;
    tg_fail(tape, where, "penalty %s: matches no parameter", penalty->params);
    return NULL;
}

tg_node *tg_penalise_at(tg_where where, tg_node *loss, const tg_params *params, const tg_penalty *list,
                        int count) {
    if (!loss || count == 0) return loss;
    tg_tape *tape = tg_tape_of(loss);
    if (count < 0 || !list) {
        tg_fail(tape, where, "penalise: %d penalties%s", count, list ? "" : ", but the list is NULL");
        return NULL;
    }
    tg_scope_push(tape, "penalty");
    for (int i = 0; i < count; i++) loss = add_penalty(where, loss, params, &list[i]);
    tg_scope_pop(tape);
    return loss;
}
