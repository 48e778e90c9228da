/* graph_json.c: the whole graph as JSON: everything that a page or a notebook needs to draw it and to step
   through it. docs/graph-json.md describes the members. */
#include "graph_model.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

/* JSON knows no NaN and no infinity: they are the strings "nan", "inf", "-inf". */
static cJSON *number(double x) {
    char text[TG_NUMBER_TEXT];
    return isfinite(x) ? cJSON_CreateNumber(x == 0 ? 0.0 : x)
                       : cJSON_CreateString(tg_number_text(x, 17, text));
}

static cJSON *integers(const int64_t *values, int n) {
    cJSON *array = cJSON_CreateArray();
    for (int i = 0; i < n; i++) cJSON_AddItemToArray(array, cJSON_CreateNumber((double)values[i]));
    return array;
}

static cJSON *summary(const tg_summary *s) {
    if (!s->known) return cJSON_CreateNull();
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "count", (double)s->count);
    cJSON_AddItemToObject(o, "min", number(s->min));
    cJSON_AddItemToObject(o, "mean", number(s->mean));
    cJSON_AddItemToObject(o, "max", number(s->max));
    cJSON_AddNumberToObject(o, "nan", (double)s->nan);
    cJSON_AddNumberToObject(o, "inf", (double)s->inf);
    return o;
}

/* A summary, with the elements where they are few. */
static cJSON *tensor(const tg_graph *graph, const tg_node *node, const tg_summary *s,
                     double (*at)(const tg_node *, int64_t)) {
    cJSON *o = summary(s);
    int few = graph->spec.elements > 0 ? graph->spec.elements : 64;
    if (!s->known || s->count > few) return o;
    cJSON *data = cJSON_AddArrayToObject(o, "data");
    for (int64_t i = 0; i < s->count; i++) cJSON_AddItemToArray(data, number(at(node, i)));
    return o;
}

static cJSON *option(const tg_attr *attr, const void *at) {
    switch (attr->type) {
    case TG_ATTR_DOUBLE:
        return number(*(const double *)at);
    case TG_ATTR_INT:
        return cJSON_CreateNumber(*(const int *)at);
    case TG_ATTR_BOOL:
        return cJSON_CreateBool(*(const bool *)at);
    case TG_ATTR_SEED:
        return cJSON_CreateNumber((double)*(const uint64_t *)at);
    case TG_ATTR_DIMS:
        return integers(((const tg_shape *)at)->dim, ((const tg_shape *)at)->rank);
    case TG_ATTR_AXES:
        return cJSON_CreateIntArray(((const tg_axes *)at)->axis, ((const tg_axes *)at)->count);
    }
    return cJSON_CreateNull();
}

static cJSON *options(const tg_node *node) {
    cJSON *o = cJSON_CreateObject();
    const tg_op *op = tg_op_of(node);
    for (const tg_attr *attr = op ? op->attrs : NULL; attr && attr->name; attr++)
        cJSON_AddItemToObject(o, attr->name, option(attr, (const char *)tg_options_of(node) + attr->offset));
    return o;
}

static cJSON *node_object(const tg_graph *graph, const tg_graph_node *n) {
    static const char *const kind[] = {"input",  "constant", "parameter", "elementwise",
                                       "mixing", "view",     "random"};
    cJSON *o = cJSON_CreateObject(), *args = cJSON_CreateArray();
    for (int k = 0; k < n->in; k++)
        cJSON_AddItemToArray(args, cJSON_CreateNumber(graph->edges[n->first_in + k].from));
    const tg_shape *shape = tg_shape_of(n->node);
    cJSON_AddNumberToObject(o, "id", n->id);
    cJSON_AddStringToObject(o, "op", n->op);
    cJSON_AddStringToObject(o, "name", n->name);
    cJSON_AddStringToObject(o, "kind", kind[n->kind]);
    cJSON_AddItemToObject(o, "args", args);
    cJSON_AddItemToObject(o, "options", options(n->node));
    cJSON_AddStringToObject(o, "equation", n->equation);
    cJSON_AddStringToObject(o, "dtype", tg_dtype_name(tg_dtype_of(n->node)));
    cJSON_AddItemToObject(o, "shape", integers(shape->dim, shape->rank));
    cJSON_AddNumberToObject(o, "cluster", n->cluster);
    cJSON_AddBoolToObject(o, "requires_grad", tg_requires_grad(n->node));
    cJSON_AddItemToObject(o, "value", tensor(graph, n->node, &n->value, tg_value_at));
    cJSON_AddItemToObject(o, "grad", tensor(graph, n->node, &n->grad, tg_grad_at));
    cJSON_AddNumberToObject(o, "parameters", (double)n->params);
    cJSON_AddItemToObject(o, "flops_forward", number(n->cost.forward));
    cJSON_AddItemToObject(o, "flops_backward", number(n->cost.backward));
    cJSON_AddNumberToObject(o, "bytes", (double)n->bytes);
    cJSON_AddNumberToObject(o, "saved_bytes", (double)n->saved);
    if (graph->spec.where) {
        cJSON_AddStringToObject(o, "file", n->file);
        cJSON_AddNumberToObject(o, "line", n->line);
    }
    return o;
}

static cJSON *edge_object(const tg_graph_edge *edge) {
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "from", edge->from);
    cJSON_AddNumberToObject(o, "to", edge->to);
    cJSON_AddNumberToObject(o, "arg", edge->arg);
    cJSON_AddStringToObject(o, "equation", edge->equation);
    cJSON_AddItemToObject(o, "local", summary(&edge->local));
    cJSON_AddItemToObject(o, "message", summary(&edge->message));
    return o;
}

/* Prints and frees. "<" can stand in strings only; written as \u003c it cannot end the <script> of a page. */
static void print(tg_text *text, cJSON *object, const char *before) {
    char *printed = object ? cJSON_PrintUnformatted(object) : NULL;
    tg_text_put(text, before);
    text->failed |= !printed;
    for (const char *at = printed; at && *at;) {
        size_t n = 0;
        while (at[n] && at[n] != '<') n++;
        tg_text_put_n(text, at, n);
        at += n;
        if (*at != '<') continue;
        tg_text_put(text, "\\u003c");
        at++;
    }
    cJSON_free(printed);
    cJSON_Delete(object);
}

/* The nodes in the order in which backward comes by. */
static cJSON *backward_steps(const tg_graph *graph) {
    cJSON *array = cJSON_CreateArray();
    for (int i = graph->nodes_count; i-- > 0;)
        if (graph->nodes[i].in && graph->nodes[i].grad.known)
            cJSON_AddItemToArray(array, cJSON_CreateNumber(i));
    return array;
}

void tg_graph_write_json(const tg_graph *graph, tg_text *text) {
    tg_text_put(text, "{\"format\":\"tapegrad graph 1\",\n\"title\":");
    print(text, cJSON_CreateString(graph->title), "");
    tg_text_add(text, ",\n\"dtype\":\"%s\",\n\"nodes\":[", tg_dtype_name(graph->dtype));
    for (int i = 0; i < graph->nodes_count; i++)
        print(text, node_object(graph, &graph->nodes[i]), i ? ",\n" : "\n");
    tg_text_put(text, "],\n\"edges\":[");
    for (int e = 0; e < graph->edges_count; e++) print(text, edge_object(&graph->edges[e]), e ? ",\n" : "\n");
    tg_text_put(text, "],\n\"clusters\":[");
    for (int c = 0; c < graph->clusters_count; c++) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "label", graph->clusters[c].label);
        cJSON_AddNumberToObject(o, "parent", graph->clusters[c].parent);
        print(text, o, c ? ",\n" : "\n");
    }
    print(text, backward_steps(graph), "],\n\"backward\":");
    tg_text_put(text, "}\n");
}
