#include "init.h"
#include "core/rng.h"

#include <math.h>
#include <string.h>

static const char *const names[] = {
#define TG_X(id, name) name,
    TG_INITS(TG_X)
#undef TG_X
};

const char *tg_init_name(tg_init_kind kind) {
    return (unsigned)kind < TG_NINITS ? names[kind] : "?";
}

int tg_init_from_name(const char *name) {
    for (int i = 0; name && i < TG_NINITS; i++)
        if (strcmp(names[i], name) == 0) return i;
    return -1;
}

/* What a scaled kind is made of; gain 0 for the others. */
typedef struct scaling {
    double gain, fan;
    bool uniform;
} scaling;

static scaling scaling_of(const tg_param *param, tg_init_kind kind) {
    const tg_shape *shape = &param->shape;
    double out = shape->rank ? (double)shape->dim[shape->rank - 1] : 1;
    double in = shape->rank > 1 && out > 0 ? (double)param->size / out : out;
    switch (kind) {
    case TG_INIT_DEFAULT:
    case TG_INIT_XAVIER_UNIFORM:
        return (scaling){1, (in + out) / 2, true};
    case TG_INIT_XAVIER_NORMAL:
        return (scaling){1, (in + out) / 2, false};
    case TG_INIT_KAIMING_UNIFORM:
        return (scaling){sqrt(2), in, true};
    case TG_INIT_KAIMING_NORMAL:
        return (scaling){sqrt(2), in, false};
    case TG_INIT_LECUN_UNIFORM:
        return (scaling){1, in, true};
    case TG_INIT_LECUN_NORMAL:
        return (scaling){1, in, false};
    case TG_INIT_FAN_IN:
        return (scaling){1 / sqrt(3), in, true};
    case TG_INIT_FAN_MAX:
        return (scaling){1, fmax(in, out), false};
    default:
        return (scaling){0};
    }
}

bool tg_init_param(tg_param *param, tg_init init, uint64_t seed, uint64_t stream, tg_status *status) {
    if (!param) return tg_status_fail(status, "init: the parameter is NULL");
    if ((unsigned)init.kind >= TG_NINITS)
        return tg_status_fail(status, "init: %s: there is no kind %d", param->name, (int)init.kind);
    if (!isfinite(init.mean) || !isfinite(init.scale) || !isfinite(init.gain))
        return tg_status_fail(status, "init: %s: mean %g, scale %g, gain %g: not finite", param->name,
                              init.mean, init.scale, init.gain);
    scaling s = scaling_of(param, init.kind);
    double mean = init.mean, scale = init.scale != 0 ? init.scale : 1;
    bool uniform = init.kind == TG_INIT_UNIFORM;
    if (s.gain > 0) {
        mean = 0;
        uniform = s.uniform;
        scale = (init.gain != 0 ? init.gain : s.gain) / sqrt(s.fan > 0 ? s.fan : 1) * (uniform ? sqrt(3) : 1);
    }
    if (init.kind == TG_INIT_CONSTANT) scale = 0;
    tg_rng rng = {.seed = seed, .stream = stream};
    for (int64_t i = 0; i < param->size; i++) {
        double x = scale == 0 ? 0 : uniform ? 2 * tg_rng_uniform(&rng) - 1 : tg_rng_normal(&rng);
        tg_param_set_at(param, i, mean + scale * x);
    }
    return true;
}
