#include "network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LAYERS 64

typedef struct layers {
    tg_layer layer[MAX_LAYERS + 1];
    char name[MAX_LAYERS][32];
    int count, of_kind[TG_LAYER_CUSTOM]; /* how many there are of each kind, for their names */
    int64_t width;                       /* what the latest layer gives out */
} layers;

/* "3x32x32" */
static bool parse_shape(const char *text, size_t n, tg_shape *shape, tg_status *status) {
    const char *at = text, *end = text + n;
    *shape = (tg_shape){0};
    while (at < end && shape->rank < TG_MAX_RANK - 1) {
        char *behind;
        long long size = strtoll(at, &behind, 10);
        if (behind == at || size < 1 || size > 1000000) break;
        shape->dim[shape->rank++] = size;
        while (*behind == ' ') behind++;
        if (behind == end) return true;
        if (*behind != 'x') break;
        at = behind + 1;
    }
    return tg_status_fail(status, "--model: '%.*s' is no shape such as 784 or 3x32x32", (int)n, text);
}

/* Fills in what kind of layer a word names; false for a word that names none. */
static bool set_kind(tg_layer *layer, const char *word) {
    if (strcmp(word, "flatten") == 0)
        layer->kind = TG_LAYER_FLATTEN;
    else if (strcmp(word, "linear") == 0)
        layer->kind = TG_LAYER_LINEAR;
    else if (strcmp(word, "dropout") == 0)
        layer->kind = TG_LAYER_DROPOUT;
    else if (tg_activation_from_name(word) >= 0) {
        layer->kind = TG_LAYER_ACTIVATION;
        layer->activation = (tg_activation)tg_activation_from_name(word);
    } else
        return false;
    return true;
}

static bool add_layer(layers *l, const char *text, tg_status *status) {
    static const char *const prefix[] = {"flatten", "linear", "activation", "dropout"};
    char word[32] = "", rest = 0;
    double number = 0;
    int found = sscanf(text, " %31[a-z_] %lf %c", word, &number, &rest);
    if (l->count == MAX_LAYERS) return tg_status_fail(status, "--model: more than %d layers", MAX_LAYERS);
    tg_layer *layer = &l->layer[l->count];
    if (found < 1 || found > 2 || !set_kind(layer, word))
        return tg_status_fail(
            status,
            "--model: '%s' is no layer; there are flatten, linear N, dropout KEEP and the activations %s",
            text, tg_activation_names());
    bool takes = layer->kind == TG_LAYER_LINEAR || layer->kind == TG_LAYER_DROPOUT;
    if (takes != (found == 2))
        return tg_status_fail(status, "--model: %s takes %s", word, takes ? "a number" : "no number");
    if (layer->kind == TG_LAYER_LINEAR) {
        if (!(number >= 1 && number <= 1000000) || number != (double)(int64_t)number)
            return tg_status_fail(status, "--model: linear %g: 1 to 1000000 units are possible", number);
        layer->in = l->width;
        layer->out = l->width = (int64_t)number;
    }
    layer->keep = layer->kind == TG_LAYER_DROPOUT ? number : 0;
    char *name = l->name[l->count++];
    snprintf(name, sizeof l->name[0], "%s%d", prefix[layer->kind], ++l->of_kind[layer->kind]);
    layer->name = name;
    return true;
}

static bool parse_layers(layers *l, const char *text, tg_status *status) {
    while (*text) {
        char one[64];
        text += strspn(text, " ");
        size_t n = strcspn(text, ",");
        snprintf(one, sizeof one, "%.*s", (int)n, text);
        if (!add_layer(l, one, status)) return false;
        text += n + (text[n] == ',');
    }
    return true;
}

static bool open_sequential(tg_network *network, const char *text, uint64_t seed, tg_dtype dtype,
                            tg_status *status) {
    const char *colon = strchr(text, ':');
    layers l = {.width = 1};
    if (!parse_shape(text, (size_t)(colon - text), &network->input, status)) return false;
    for (int i = 0; i < network->input.rank; i++) l.width *= network->input.dim[i];
    if (!parse_layers(&l, colon + 1, status)) return false;
    if (!l.of_kind[TG_LAYER_LINEAR])
        return tg_status_fail(status, "--model: no linear layer, so nothing to learn");
    network->classes = l.width;
    network->sequential = tg_sequential_new(
        (tg_sequential_spec){.layers = l.layer, .seed = seed, .dtype = dtype, .status = status});
    return network->sequential != NULL;
}

bool tg_network_open(tg_network *network, const char *text, tg_activation activation, uint64_t seed,
                     tg_dtype dtype, tg_status *status) {
    *network = (tg_network){0};
    if (strchr(text, ':')) return open_sequential(network, text, seed, dtype, status);
    tg_mlp_spec spec = {.activation = activation, .seed = seed, .dtype = dtype, .status = status};
    network->mlp = tg_mlp_parse(text, &spec, status) ? tg_mlp_new(spec) : NULL;
    if (!network->mlp) return false;
    network->input = TG_SHAPE(tg_mlp_size(network->mlp, 0));
    network->classes = tg_mlp_size(network->mlp, tg_mlp_depth(network->mlp));
    return true;
}

void tg_network_close(tg_network *network) {
    tg_mlp_free(network->mlp);
    tg_sequential_free(network->sequential);
}

tg_node *tg_network_apply(const tg_network *network, tg_node *x) {
    return network->mlp ? tg_mlp_apply(network->mlp, x) : tg_sequential_apply(network->sequential, x);
}
