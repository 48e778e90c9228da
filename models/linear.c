#include "linear.h"
#include "ops_api.h"

#include <stdio.h>

/* NAME.part in the container, or NULL with a message. */
static tg_param *add(tg_params *params, const char *name, const char *part, tg_shape shape,
                     tg_status *status) {
    char full[256];
    int n = snprintf(full, sizeof full, "%s.%s", name ? name : "", part);
    if (!name || !*name || n < 0 || (size_t)n >= sizeof full) {
        tg_status_fail(status, "linear: the layer's name is %s", name && *name ? "too long" : "empty");
        return NULL;
    }
    return tg_params_add(params, full, &shape, status);
}

tg_linear tg_linear_new(tg_params *params, const char *name, tg_linear_spec spec, tg_status *status) {
    tg_linear layer = {0};
    uint64_t stream = (uint64_t)tg_params_count(params);
    if (spec.bias.kind == TG_INIT_DEFAULT) spec.bias.kind = TG_INIT_CONSTANT;
    layer.weight = add(params, name, "weight", TG_SHAPE(spec.in, spec.out), status);
    if (!layer.weight || !tg_init_param(layer.weight, spec.weight, spec.seed, stream, status))
        return (tg_linear){0};
    if (spec.no_bias) return layer;
    layer.bias = add(params, name, "bias", TG_SHAPE(spec.out), status);
    if (!layer.bias || !tg_init_param(layer.bias, spec.bias, spec.seed, stream + 1, status))
        return (tg_linear){0};
    return layer;
}

tg_node *tg_linear_apply_at(tg_where where, tg_linear layer, tg_node *x) {
    if (!x) return NULL;
    tg_tape *tape = tg_tape_of(x);
    tg_node *y = tg_matmul_at(where, x, tg_use_at(where, tape, layer.weight));
    return layer.bias ? tg_add_bias_at(where, y, tg_use_at(where, tape, layer.bias)) : y;
}
