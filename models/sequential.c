#include "sequential.h"
#include "core/arena.h"
#include "linear.h"
#include "ops_api.h"

#include <string.h>

/* One layer as it was made: its spec with the name and the options copied, and its parameters. */
typedef struct made {
    tg_layer spec;
    tg_linear linear;
} made;

struct tg_sequential {
    tg_params *params;
    made *layers;
    int count;
};

static bool check(const tg_layer *layer, tg_status *status) {
    switch (layer->kind) {
    case TG_LAYER_FLATTEN:
        return true;
    case TG_LAYER_LINEAR:
        if (layer->in >= 1 && layer->out >= 1) return true;
        return tg_status_fail(status, "layer %s: %lld inputs and %lld outputs; both must be at least 1%s",
                              layer->name, (long long)layer->in, (long long)layer->out,
                              layer->in == 0 ? ", and the first linear layer must say its inputs" : "");
    case TG_LAYER_ACTIVATION:
        if ((unsigned)layer->activation < TG_NACTIVATIONS) return true;
        return tg_status_fail(status, "layer %s: there is no activation %d; the names are %s", layer->name,
                              (int)layer->activation, tg_activation_names());
    case TG_LAYER_DROPOUT:
        if (layer->keep >= 0 && layer->keep <= 1) return true;
        return tg_status_fail(status, "layer %s: keep is %g; it must be from 0 to 1", layer->name,
                              layer->keep);
    case TG_LAYER_CUSTOM:
        return layer->apply || tg_status_fail(status, "layer %s: apply is NULL", layer->name);
    }
    return tg_status_fail(status, "layer %s: there is no kind %d", layer->name, (int)layer->kind);
}

static bool name_is_new(const tg_sequential *net, const char *name, tg_status *status) {
    for (int i = 0; i < net->count; i++)
        if (strcmp(net->layers[i].spec.name, name) == 0)
            return tg_status_fail(status, "layer %s: the name is taken", name);
    return true;
}

/* Copies what the spec points to. */
static bool own(made *to, tg_status *status) {
    const void *options = to->spec.options;
    to->spec.options = NULL;
    to->spec.name = tg_strdup(to->spec.name);
    if (!to->spec.name) return tg_status_fail(status, "layer: out of memory");
    if (to->spec.kind != TG_LAYER_ACTIVATION || !options || to->spec.activation == TG_NONE) return true;
    const tg_op *op = tg_op_find(tg_activation_name(to->spec.activation));
    if (!op || !op->options_size)
        return tg_status_fail(status, "layer %s: %s takes no options", to->spec.name,
                              tg_activation_name(to->spec.activation));
    void *copy = tg_alloc(op->options_size);
    if (!copy) return tg_status_fail(status, "layer %s: out of memory", to->spec.name);
    to->spec.options = memcpy(copy, options, op->options_size);
    return true;
}

static bool add_linear(tg_sequential *net, made *to, const tg_layer *next, const tg_sequential_spec *spec) {
    tg_init weight = to->spec.weight;
    if (weight.kind == TG_INIT_DEFAULT)
        weight.kind =
            tg_init_for(next->name && next->kind == TG_LAYER_ACTIVATION ? next->activation : TG_NONE);
    tg_linear_spec linear = {.in = to->spec.in,
                             .out = to->spec.out,
                             .weight = weight,
                             .bias = to->spec.bias,
                             .no_bias = to->spec.no_bias,
                             .seed = spec->seed};
    to->linear = tg_linear_new(net->params, to->spec.name, linear, spec->status);
    return to->linear.weight != NULL;
}

/* Adds every layer of the spec; `width` is what the last linear layer gives out. */
static bool add_layers(tg_sequential *net, const tg_sequential_spec *spec) {
    int64_t width = 0;
    for (const tg_layer *layer = spec->layers; layer->name; layer++) {
        made *to = &net->layers[net->count];
        if (!name_is_new(net, layer->name, spec->status)) return false;
        to->spec = *layer;
        net->count++;
        if (!own(to, spec->status)) return false;
        if (layer->kind == TG_LAYER_LINEAR && layer->in == 0) to->spec.in = width;
        if (!check(&to->spec, spec->status)) return false;
        if (layer->kind != TG_LAYER_LINEAR) continue;
        width = to->spec.out;
        if (!add_linear(net, to, layer + 1, spec)) return false;
    }
    return true;
}

tg_sequential *tg_sequential_new(tg_sequential_spec spec) {
    int count = 0;
    while (spec.layers && spec.layers[count].name) count++;
    if (count == 0) {
        tg_status_fail(spec.status, "sequential: no layers");
        return NULL;
    }
    if (spec.dtype != TG_F32 && spec.dtype != TG_F64) {
        tg_status_fail(spec.status, "sequential: dtype %s; f32 or f64 are possible",
                       tg_dtype_name(spec.dtype));
        return NULL;
    }
    tg_sequential *net = tg_alloc(sizeof *net);
    if (net) {
        net->params = tg_params_new(spec.dtype, 0);
        net->layers = tg_alloc((size_t)count * sizeof *net->layers);
        if (!net->params || !net->layers)
            tg_status_fail(spec.status, "sequential: out of memory");
        else if (add_layers(net, &spec))
            return net;
    }
    tg_status_fail(spec.status, "sequential: out of memory");
    tg_sequential_free(net);
    return NULL;
}

void tg_sequential_free(tg_sequential *net) {
    if (!net) return;
    for (int i = 0; i < net->count; i++) {
        tg_release((void *)(uintptr_t)net->layers[i].spec.name);
        tg_release((void *)(uintptr_t)net->layers[i].spec.options);
    }
    tg_params_free(net->params);
    tg_release(net->layers);
    tg_release(net);
}

tg_params *tg_sequential_params(const tg_sequential *net) {
    return net ? net->params : NULL;
}
int tg_sequential_count(const tg_sequential *net) {
    return net ? net->count : 0;
}
const tg_layer *tg_sequential_layer(const tg_sequential *net, int i) {
    return net && i >= 0 && i < net->count ? &net->layers[i].spec : NULL;
}

static tg_node *flatten(tg_where where, tg_node *x) {
    const tg_shape *shape = tg_shape_of(x);
    if (shape->rank == 0) {
        tg_fail(tg_tape_of(x), where, "flatten: a scalar has no batch axis");
        return NULL;
    }
    int64_t rest = 1;
    for (int i = 1; i < shape->rank; i++) rest *= shape->dim[i];
    return tg_reshape_at(where, x, TG_SHAPE(shape->dim[0], rest));
}

static tg_node *apply_layer(tg_where where, const made *layer, tg_node *x) {
    const tg_layer *spec = &layer->spec;
    switch (spec->kind) {
    case TG_LAYER_FLATTEN:
        return flatten(where, x);
    case TG_LAYER_LINEAR:
        return tg_linear_apply_at(where, layer->linear, x);
    case TG_LAYER_ACTIVATION:
        return tg_activate_with_at(where, x, spec->activation, spec->options);
    case TG_LAYER_DROPOUT:
        return tg_dropout_at(where, x, (tg_dropout_options){.keep = spec->keep, .seed = spec->seed});
    case TG_LAYER_CUSTOM:
        return spec->apply(spec->context, x);
    }
    return NULL;
}

tg_node *tg_sequential_apply_at(tg_where where, const tg_sequential *net, tg_node *x) {
    if (!x) return NULL;
    tg_tape *tape = tg_tape_of(x);
    if (!net) tg_fail(tape, where, "sequential: the model is NULL");
    for (int i = 0; x && i < tg_sequential_count(net); i++) {
        tg_scope_push(tape, net->layers[i].spec.name);
        x = apply_layer(where, &net->layers[i], x);
        tg_scope_pop(tape);
    }
    return net ? x : NULL;
}

static tg_node *apply(void *self, tg_node *x) {
    return tg_sequential_apply(self, x);
}

tg_model tg_sequential_model(tg_sequential *net) {
    const tg_layer *first = tg_sequential_layer(net, 0);
    return (tg_model){apply, net, tg_sequential_params(net), first && first->kind == TG_LAYER_FLATTEN};
}
