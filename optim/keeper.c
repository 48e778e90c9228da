#include "keeper.h"
#include "core/arena.h"

#include <math.h>
#include <string.h>

struct tg_keeper {
    tg_params *params;
    tg_keeper_spec spec;
    tg_keeper_state now;
    int count;
    void **copies;
};

static size_t bytes(const tg_param *param) {
    return (size_t)param->size * tg_dtype_size(param->dtype);
}

static void copy(tg_keeper *keeper) {
    for (int i = 0; i < keeper->count; i++) {
        const tg_param *param = tg_params_get(keeper->params, i);
        memcpy(keeper->copies[i], param->value, bytes(param));
    }
}

static bool give_memory(tg_keeper *keeper) {
    keeper->copies = tg_alloc((size_t)keeper->count * sizeof *keeper->copies);
    for (int i = 0; keeper->copies && i < keeper->count; i++) {
        const tg_param *param = tg_params_get(keeper->params, i);
        if (!(keeper->copies[i] = tg_tensor_alloc(param->size, tg_dtype_size(param->dtype)))) return false;
    }
    return keeper->copies != NULL;
}

tg_keeper *tg_keeper_new(tg_params *params, tg_keeper_spec spec, tg_status *status) {
    if (!params || spec.patience < 0 || !(spec.min_delta >= 0)) {
        tg_status_fail(status, "early stopping: %s; patience is %d, min_delta %g; both must be at least 0",
                       params ? "impossible options" : "the parameters are NULL", spec.patience,
                       spec.min_delta);
        return NULL;
    }
    tg_keeper *keeper = tg_alloc(sizeof *keeper);
    if (keeper) {
        *keeper =
            (tg_keeper){.params = params, .spec = spec, .now.best = NAN, .count = tg_params_count(params)};
        if (give_memory(keeper)) {
            copy(keeper);
            return keeper;
        }
    }
    tg_status_fail(status, "early stopping: out of memory for a copy of the parameters");
    tg_keeper_free(keeper);
    return NULL;
}

void tg_keeper_free(tg_keeper *keeper) {
    if (!keeper) return;
    for (int i = 0; keeper->copies && i < keeper->count; i++) tg_tensor_free(keeper->copies[i]);
    tg_release(keeper->copies);
    tg_release(keeper);
}

static bool improves(const tg_keeper *keeper, double score) {
    double best = keeper->now.best, delta = keeper->spec.min_delta;
    if (isnan(score)) return false;
    if (isnan(best)) return true;
    return keeper->spec.higher ? score > best + delta : score < best - delta;
}

bool tg_keeper_offer(tg_keeper *keeper, double score) {
    if (!keeper) return false;
    tg_keeper_state *now = &keeper->now;
    now->offers++;
    if (improves(keeper, score)) {
        now->best = score;
        now->best_at = now->offers;
        copy(keeper);
    }
    return !keeper->spec.patience || now->offers - now->best_at < keeper->spec.patience;
}

void tg_keeper_restore(const tg_keeper *keeper) {
    for (int i = 0; keeper && i < keeper->count; i++) {
        tg_param *param = tg_params_get(keeper->params, i);
        memcpy(param->value, keeper->copies[i], bytes(param));
    }
}

tg_keeper_state tg_keeper_tell(const tg_keeper *keeper) {
    return keeper ? keeper->now : (tg_keeper_state){.best = NAN};
}
void tg_keeper_seek(tg_keeper *keeper, tg_keeper_state state) {
    if (keeper) keeper->now = state;
}
void *tg_keeper_value(const tg_keeper *keeper, int i) {
    return keeper && i >= 0 && i < keeper->count ? keeper->copies[i] : NULL;
}
