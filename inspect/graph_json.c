/* graph_json.c: the whole graph as JSON: everything that a page or a notebook needs to draw it and to step
   through it. docs/graph-json.md describes the members. Written straight into the text: a tree of objects
   first would take several times as long on a tape of thousands of nodes. */
#include "graph_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- members: each writes "name":value, with a comma behind ---- */

/* The shortest of 15 to 17 digits that reads back as x. JSON knows no NaN and no infinity: they are the
   strings "nan", "inf", "-inf". */
void tg_text_json_number(tg_text *text, double x) {
    char digits[TG_NUMBER_TEXT];
    if (x == floor(x) && fabs(x) < 1e9) {
        tg_text_add(text, "%d", (int)x);
    } else if (isfinite(x)) {
        int n = 15;
        do snprintf(digits, sizeof digits, "%.*g", n, x);
        while (strtod(digits, NULL) != x && ++n <= 17);
        tg_text_number(text, x, n);
    } else {
        tg_text_add(text, "\"%s\"", tg_number_text(x, 17, digits));
    }
}

static void integer_member(tg_text *text, const char *name, int64_t value) {
    tg_text_add(text, "\"%s\":%lld,", name, (long long)value);
}

static void number_member(tg_text *text, const char *name, double value) {
    tg_text_add(text, "\"%s\":", name);
    tg_text_json_number(text, value);
    tg_text_put(text, ",");
}

static void string_member(tg_text *text, const char *name, const char *value) {
    tg_text_add(text, "\"%s\":\"", name);
    tg_text_escape(text, value, TG_ESCAPE_JSON);
    tg_text_put(text, "\",");
}

static void bool_member(tg_text *text, const char *name, bool value) {
    tg_text_add(text, "\"%s\":%s,", name, value ? "true" : "false");
}

/* Closes what the last member left open. */
static void finish(tg_text *text, const char *bracket) {
    if (text->size && !text->failed && text->data[text->size - 1] == ',') text->size--;
    tg_text_put(text, bracket);
}

/* ---- parts ---- */

static void integers(tg_text *text, const int64_t *values, int n) {
    tg_text_put(text, "[");
    for (int i = 0; i < n; i++) tg_text_add(text, "%lld,", (long long)values[i]);
    finish(text, "],");
}

/* A number where there is one element only; null where nothing is known. */
static void summary_member(tg_text *text, const char *name, const tg_summary *s) {
    tg_text_add(text, "\"%s\":", name);
    if (!s->known) {
        tg_text_put(text, "null,");
    } else if (s->count == 1) {
        tg_text_json_number(text, tg_summary_single(s));
        tg_text_put(text, ",");
    } else {
        tg_text_put(text, "{");
        integer_member(text, "count", s->count);
        number_member(text, "min", s->min);
        number_member(text, "mean", s->mean);
        number_member(text, "max", s->max);
        integer_member(text, "nan", s->nan);
        integer_member(text, "inf", s->inf);
        finish(text, "},");
    }
}

/* The elements, row-major, where they are few; else a summary. */
static void tensor_member(tg_text *text, const tg_graph *graph, const char *name, const tg_node *node,
                          const tg_summary *s, const void *data) {
    int few = graph->spec.elements > 0 ? graph->spec.elements : 64;
    if (!s->known || s->count > few) {
        summary_member(text, name, s);
        return;
    }
    tg_text_add(text, "\"%s\":[", name);
    for (int64_t i = 0; i < s->count; i++) {
        tg_text_json_number(text, tg_element(data, tg_dtype_of(node), i));
        tg_text_put(text, ",");
    }
    finish(text, "],");
}

static void option_member(tg_text *text, const tg_attr *attr, const void *at) {
    tg_text_add(text, "\"%s\":", attr->name);
    switch (attr->type) {
    case TG_ATTR_DOUBLE:
        tg_text_json_number(text, *(const double *)at);
        break;
    case TG_ATTR_INT:
        tg_text_json_number(text, *(const int *)at);
        break;
    case TG_ATTR_BOOL:
        tg_text_put(text, *(const bool *)at ? "true" : "false");
        break;
    case TG_ATTR_SEED:
        tg_text_add(text, "\"%llu\"", (unsigned long long)*(const uint64_t *)at);
        break;
    case TG_ATTR_DIMS:
        integers(text, ((const tg_shape *)at)->dim, ((const tg_shape *)at)->rank);
        return;
    case TG_ATTR_AXES: {
        const tg_axes *axes = at;
        int64_t wide[TG_MAX_RANK] = {0};
        for (int i = 0; i < axes->count; i++) wide[i] = axes->axis[i];
        integers(text, wide, axes->count);
        return;
    }
    }
    tg_text_put(text, ",");
}

static void options_member(tg_text *text, const tg_node *node) {
    const tg_op *op = tg_op_of(node);
    if (!op || !op->attrs) return;
    tg_text_put(text, "\"options\":{");
    for (const tg_attr *attr = op->attrs; attr->name; attr++)
        option_member(text, attr, (const char *)tg_options_of(node) + attr->offset);
    finish(text, "},");
}

static void write_node(const tg_graph *graph, const tg_graph_node *n, tg_text *text) {
    static const char *const kind[] = {"input",  "constant", "parameter", "elementwise",
                                       "mixing", "view",     "random"};
    const tg_shape *shape = tg_shape_of(n->node);
    tg_text_put(text, "\n{");
    integer_member(text, "id", n->id);
    string_member(text, "op", n->op);
    string_member(text, "name", n->name);
    string_member(text, "kind", kind[n->kind]);
    tg_text_put(text, "\"args\":[");
    for (int k = 0; k < n->in; k++) tg_text_add(text, "%d,", graph->edges[n->first_in + k].from);
    finish(text, "],");
    options_member(text, n->node);
    string_member(text, "equation", n->equation);
    string_member(text, "dtype", tg_dtype_name(tg_dtype_of(n->node)));
    tg_text_put(text, "\"shape\":");
    integers(text, shape->dim, shape->rank);
    bool_member(text, "requires_grad", tg_requires_grad(n->node));
    tensor_member(text, graph, "value", n->node, &n->value, tg_value(n->node));
    tensor_member(text, graph, "grad", n->node, &n->grad, tg_graph_grad(graph, n->node));
    if (n->unexplained || n->shared) bool_member(text, "adds_up", false);
    integer_member(text, "cluster", n->cluster);
    integer_member(text, "shown", n->shown);
    integer_member(text, "fold", n->fold);
    if (n->params) integer_member(text, "parameters", n->params);
    if (n->in) number_member(text, "flops_forward", n->cost.forward);
    if (n->in) number_member(text, "flops_backward", n->cost.backward);
    if (n->in && graph->spec.profile) number_member(text, "time_forward", n->time_forward);
    if (n->in && graph->spec.profile) number_member(text, "time_backward", n->time_backward);
    integer_member(text, "bytes", n->bytes);
    if (n->saved) integer_member(text, "saved_bytes", n->saved);
    if (graph->spec.where) {
        string_member(text, "file", n->file);
        integer_member(text, "line", n->line);
    }
    finish(text, "},");
}

static void write_edge(const tg_graph_edge *edge, tg_text *text) {
    tg_text_put(text, "\n{");
    integer_member(text, "from", edge->from);
    integer_member(text, "to", edge->to);
    integer_member(text, "arg", edge->arg);
    string_member(text, "equation", edge->equation);
    summary_member(text, "local", &edge->local);
    summary_member(text, "message", &edge->message);
    finish(text, "},");
}

static void write_fold(const tg_graph_fold *fold, tg_text *text) {
    tg_text_put(text, "\n{");
    integer_member(text, "first", fold->first);
    integer_member(text, "last", fold->last);
    integer_member(text, "ops", fold->ops);
    integer_member(text, "count", fold->count);
    integer_member(text, "parent", fold->parent);
    finish(text, "},");
}

static void write_cluster(const tg_graph_cluster *cluster, tg_text *text) {
    tg_text_put(text, "\n{");
    string_member(text, "label", cluster->label);
    integer_member(text, "parent", cluster->parent);
    integer_member(text, "repeat", cluster->repeat);
    finish(text, "},");
}

void tg_graph_write_json(const tg_graph *graph, tg_text *text) {
    tg_text_put(text, "{\"format\":\"tapegrad graph 1\",\n");
    string_member(text, "title", graph->title);
    string_member(text, "dtype", tg_dtype_name(graph->dtype));
    if (*graph->note) string_member(text, "note", graph->note);
    tg_text_put(text, "\n\"nodes\":[");
    for (int i = 0; i < graph->nodes_count; i++) write_node(graph, &graph->nodes[i], text);
    finish(text, "],\n\"edges\":[");
    for (int e = 0; e < graph->edges_count; e++) write_edge(&graph->edges[e], text);
    finish(text, "],\n\"clusters\":[");
    for (int c = 0; c < graph->clusters_count; c++) write_cluster(&graph->clusters[c], text);
    finish(text, "],\n\"folds\":[");
    for (int f = 0; f < graph->folds_count; f++) write_fold(&graph->folds[f], text);
    finish(text, "],\n\"backward\":[");
    for (int i = graph->nodes_count; i-- > 0;) /* in the order in which backward comes by */
        if (graph->nodes[i].in && graph->nodes[i].grad.known) tg_text_add(text, "%d,", i);
    finish(text, "]\n}\n");
}
