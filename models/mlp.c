#include "mlp.h"
#include "core/arena.h"
#include "linear.h"
#include "ops_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tg_mlp {
    tg_params *params;
    tg_linear layers[TG_MLP_MAX_DEPTH];
    char names[TG_MLP_MAX_DEPTH][64];
    int64_t sizes[TG_MLP_MAX_DEPTH + 1];
    int depth;
    double keep;
    tg_activation activation;
    void *activation_options; /* NULL: the op's defaults */
};

static bool check(const tg_mlp_spec *spec) {
    tg_status *status = spec->status;
    if (spec->depth < 1 || spec->depth > TG_MLP_MAX_DEPTH)
        return tg_status_fail(status, "mlp: depth %d; 1 to %d layers of weights are possible", spec->depth,
                              TG_MLP_MAX_DEPTH);
    for (int i = 0; i <= spec->depth; i++)
        if (spec->sizes[i] < 1)
            return tg_status_fail(status, "mlp: size %d of %d is %lld; sizes are at least 1", i + 1,
                                  spec->depth + 1, (long long)spec->sizes[i]);
    if (spec->depth < TG_MLP_MAX_DEPTH && spec->sizes[spec->depth + 1])
        return tg_status_fail(status, "mlp: depth %d needs %d sizes, and more are given", spec->depth,
                              spec->depth + 1);
    if ((unsigned)spec->activation >= TG_NACTIVATIONS)
        return tg_status_fail(status, "mlp: there is no activation %d; the names are %s",
                              (int)spec->activation, tg_activation_names());
    if (!(spec->keep >= 0 && spec->keep <= 1))
        return tg_status_fail(status, "mlp: keep is %g; it must be from 0 to 1", spec->keep);
    if (spec->dtype != TG_F32 && spec->dtype != TG_F64)
        return tg_status_fail(status, "mlp: dtype %s; f32 or f64 are possible", tg_dtype_name(spec->dtype));
    return true;
}

/* Elements of all parameters, or -1 where they are too many. */
static int64_t count_elements(const tg_mlp_spec *spec) {
    int64_t sum = 0;
    for (int i = 0; i < spec->depth; i++) {
        if (spec->sizes[i] == INT64_MAX) return -1;
        tg_shape weight = TG_SHAPE(spec->sizes[i] + 1, spec->sizes[i + 1]); /* the bias counted as a row */
        int64_t n = tg_shape_count(&weight, tg_dtype_size(spec->dtype));
        if (n < 0 || n > INT64_MAX / 16 - sum) return -1;
        sum += n;
    }
    return sum;
}

static bool name_layers(tg_mlp *net, const tg_mlp_spec *spec) {
    for (int i = 0; i < net->depth; i++) {
        char *to = net->names[i];
        int n;
        if (spec->names[i])
            n = snprintf(to, sizeof net->names[i], "%s", spec->names[i]);
        else if (i == net->depth - 1)
            n = snprintf(to, sizeof net->names[i], "output");
        else if (net->depth == 2)
            n = snprintf(to, sizeof net->names[i], "hidden");
        else
            n = snprintf(to, sizeof net->names[i], "hidden%d", i + 1);
        if (n < 1 || (size_t)n >= sizeof net->names[i])
            return tg_status_fail(spec->status, "mlp: the name of layer %d is empty or longer than 63 bytes",
                                  i + 1);
    }
    return true;
}

static bool copy_options(tg_mlp *net, const tg_mlp_spec *spec) {
    if (!spec->activation_options || spec->activation == TG_NONE) return true;
    const tg_op *op = tg_op_find(tg_activation_name(spec->activation));
    if (!op || !op->options_size)
        return tg_status_fail(spec->status, "mlp: %s takes no options", tg_activation_name(spec->activation));
    net->activation_options = tg_alloc(op->options_size);
    if (!net->activation_options) return tg_status_fail(spec->status, "mlp: out of memory");
    memcpy(net->activation_options, spec->activation_options, op->options_size);
    return true;
}

static tg_init weight_init(const tg_mlp_spec *spec, int layer) {
    tg_init init = spec->init;
    if (init.kind == TG_INIT_DEFAULT)
        init.kind = tg_init_for(layer < spec->depth - 1 ? spec->activation : TG_NONE);
    return init;
}

static bool add_layers(tg_mlp *net, const tg_mlp_spec *spec) {
    for (int i = 0; i < net->depth; i++) {
        tg_linear_spec layer = {.in = spec->sizes[i],
                                .out = spec->sizes[i + 1],
                                .weight = weight_init(spec, i),
                                .bias = spec->bias,
                                .seed = spec->seed};
        net->layers[i] = tg_linear_new(net->params, net->names[i], layer, spec->status);
        if (!net->layers[i].weight) return false;
    }
    return true;
}

tg_mlp *tg_mlp_new(tg_mlp_spec spec) {
    if (!check(&spec)) return NULL;
    int64_t elements = count_elements(&spec);
    tg_mlp *net = elements < 0 ? NULL : tg_alloc(sizeof *net);
    if (net) net->params = tg_params_new(spec.dtype, elements);
    if (!net || !net->params) {
        tg_status_fail(spec.status, "mlp: %s", elements < 0 ? "the layers are too large" : "out of memory");
        tg_mlp_free(net);
        return NULL;
    }
    net->depth = spec.depth;
    net->activation = spec.activation;
    net->keep = spec.keep;
    memcpy(net->sizes, spec.sizes, sizeof net->sizes);
    if (name_layers(net, &spec) && copy_options(net, &spec) && add_layers(net, &spec)) return net;
    tg_mlp_free(net);
    return NULL;
}

void tg_mlp_free(tg_mlp *net) {
    if (!net) return;
    tg_params_free(net->params);
    tg_release(net->activation_options);
    tg_release(net);
}

tg_params *tg_mlp_params(const tg_mlp *net) {
    return net ? net->params : NULL;
}
int tg_mlp_depth(const tg_mlp *net) {
    return net ? net->depth : 0;
}
int64_t tg_mlp_size(const tg_mlp *net, int k) {
    return net && k >= 0 && k <= net->depth ? net->sizes[k] : 0;
}

tg_node *tg_mlp_apply_at(tg_where where, const tg_mlp *net, tg_node *x) {
    if (!x) return NULL;
    tg_tape *tape = tg_tape_of(x);
    if (!net) {
        tg_fail(tape, where, "mlp: the model is NULL");
        return NULL;
    }
    for (int i = 0; i < net->depth; i++) {
        bool last = i == net->depth - 1;
        tg_scope_push(tape, net->names[i]);
        x = tg_linear_apply_at(where, net->layers[i], x);
        if (!last) x = tg_activate_with_at(where, x, net->activation, net->activation_options);
        if (!last && net->keep > 0) x = tg_dropout_at(where, x, (tg_dropout_options){.keep = net->keep});
        tg_scope_pop(tape);
    }
    return x;
}

static tg_node *apply(void *self, tg_node *x) {
    return tg_mlp_apply(self, x);
}

tg_model tg_mlp_model(tg_mlp *net) {
    return (tg_model){apply, net, tg_mlp_params(net), false};
}

bool tg_mlp_parse(const char *text, tg_mlp_spec *spec, tg_status *status) {
    int64_t sizes[TG_MLP_MAX_DEPTH + 1] = {0};
    int count = 0;
    const char *at = text;
    while (at && *at >= '0' && *at <= '9' && count <= TG_MLP_MAX_DEPTH) {
        char *end;
        sizes[count] = strtoll(at, &end, 10);
        if (sizes[count++] < 1 || (*end && *end != '-')) break;
        at = *end ? end + 1 : end;
        if (*end == '-' && !*at) break;
        if (*at || count < 2) continue;
        memcpy(spec->sizes, sizes, sizeof sizes);
        spec->depth = count - 1;
        return true;
    }
    return tg_status_fail(status, "model \"%s\": 2 to %d sizes are needed, joined by '-', such as 784-64-10",
                          text ? text : "", TG_MLP_MAX_DEPTH + 1);
}
