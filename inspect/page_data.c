/* page_data.c: the tape as the page's script reads it. Short, because a page holds tapes of thousands of
   nodes: members that say nothing are left out. All text goes through TG_ESCAPE_JSON, so that no label can
   end the <script> that it stands in. */
#include "page.h"

#include <math.h>
#include <string.h>

#define ELEMENTS 256 /* tensors of at most so many elements are there in full, as pictures and tables */
#define DIGITS   6   /* of what is only looked at; scalars are exact */

static void put_string(tg_text *text, const char *string) {
    tg_text_put(text, "\"");
    tg_text_escape(text, string, TG_ESCAPE_JSON);
    tg_text_put(text, "\"");
}

static void string_member(tg_text *text, const char *name, const char *value) {
    if (!*value) return;
    tg_text_add(text, ",\"%s\":", name);
    put_string(text, value);
}

static void integer_member(tg_text *text, const char *name, int64_t value) {
    tg_text_add(text, ",\"%s\":%lld", name, (long long)value);
}

static void rounded(tg_text *text, double x) {
    if (isfinite(x))
        tg_text_number(text, x, DIGITS);
    else
        tg_text_json_number(text, x);
}

static void put_elements(tg_text *text, const void *data, tg_dtype dtype, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        tg_text_put(text, i ? "," : ",\"d\":[");
        rounded(text, tg_element(data, dtype, i));
    }
    tg_text_put(text, n ? "]" : "");
}

/* What a tensor is reduced to, left open for its elements:
   {"n":count, "s":[min, mean, max], "bad":[NaN, inf, -inf], "d":[elements]}. */
static void put_summary(tg_text *text, const tg_summary *s) {
    tg_text_add(text, "{\"n\":%lld,\"s\":[", (long long)s->count);
    rounded(text, s->min);
    tg_text_put(text, ",");
    rounded(text, s->mean);
    tg_text_put(text, ",");
    rounded(text, s->max);
    tg_text_put(text, "]");
    if (s->nan + s->inf)
        tg_text_add(text, ",\"bad\":[%lld,%lld,%lld]", (long long)s->nan,
                    (long long)(s->inf - s->negative_inf), (long long)s->negative_inf);
}

/* A scalar is a number. */
static void put_tensor(tg_text *text, const tg_summary *s, const void *data, tg_dtype dtype) {
    if (s->count == 1) {
        tg_text_json_number(text, tg_summary_single(s));
        return;
    }
    put_summary(text, s);
    if (s->count <= ELEMENTS) put_elements(text, data, dtype, s->count);
    tg_text_put(text, "}");
}

/* The same of what is not a node's. */
static void put_part(tg_text *text, const tg_summary *s, const double *parts) {
    if (!s->known) {
        tg_text_put(text, "null");
    } else if (s->count == 1) {
        tg_text_json_number(text, tg_summary_single(s));
    } else {
        put_summary(text, s);
        if (parts) put_elements(text, parts, TG_F64, s->count);
        tg_text_put(text, "}");
    }
}

/* ---- ops ---- */

static void put_options(tg_text *text, const tg_node *node) {
    const char *between = "";
    tg_text_put(text, ",\"options\":{");
    for (const tg_attr *attr = tg_op_of(node)->attrs; attr && attr->name; attr++) {
        const char *at = (const char *)tg_options_of(node) + attr->offset;
        double value;
        if (attr->type == TG_ATTR_DOUBLE)
            memcpy(&value, at, sizeof value);
        else if (attr->type == TG_ATTR_INT)
            value = *(const int *)at;
        else if (attr->type == TG_ATTR_BOOL)
            value = *(const bool *)at;
        else
            continue;
        tg_text_put(text, between);
        put_string(text, attr->name);
        tg_text_put(text, ":");
        tg_text_json_number(text, value == 0 ? attr->zero_means : value);
        between = ",";
    }
    tg_text_put(text, "}");
}

static void put_args(tg_text *text, const tg_node *node) {
    const tg_op *op = tg_op_of(node);
    int n = tg_arg_count(node);
    tg_text_put(text, ",\"args\":[");
    for (int k = 0; k < n && k < TG_MAX_ARGS; k++) {
        tg_text_put(text, k ? "," : "");
        put_string(text, tg_argument_name(node, k));
    }
    tg_text_put(text, "],\"derivative\":[");
    for (int k = 0; k < n && k < TG_MAX_ARGS; k++) {
        const char *formula = op->derivative_with ? op->derivative_with(tg_options_of(node), k) : NULL;
        if (!formula) formula = op->derivative[op->arity == TG_VARIADIC ? 0 : k];
        tg_text_put(text, k ? "," : "");
        put_string(text, formula ? formula : "");
    }
    tg_text_put(text, "]");
}

static void put_op(tg_text *text, const tg_node *node) {
    const tg_op *op = tg_op_of(node);
    char options[256];
    tg_options_text(op, tg_options_of(node), options, sizeof options);
    tg_text_put(text, "\n{\"name\":");
    put_string(text, op->name);
    string_member(text, "brief", op->brief ? op->brief : "");
    string_member(text, "math", op->math ? op->math : "");
    string_member(text, "infix", op->infix && !*options ? op->infix : "");
    string_member(text, "text", options);
    put_args(text, node);
    put_options(text, node);
    tg_text_put(text, op->view ? ",\"view\":1" : "");
    tg_text_put(text,
                op->derivative_with && *options ? ",\"varies\":1" : ""); /* math is that without options */
    tg_text_put(text, op->random ? ",\"random\":1}" : "}");
}

static bool same_op(const tg_node *a, const tg_node *b) {
    const tg_op *op = tg_op_of(a);
    return op == tg_op_of(b) && tg_arg_count(a) == tg_arg_count(b) &&
           (!op->options_size || memcmp(tg_options_of(a), tg_options_of(b), op->options_size) == 0);
}

/* Every op with its options once; op_of[id] is its place in the list, -1 for leaves. */
static void put_ops(tg_text *text, const tg_graph *graph, int *op_of, int *example) {
    int n = 0;
    tg_text_put(text, ",\"ops\":[");
    for (int i = 0; i < graph->nodes_count; i++) {
        const tg_node *node = graph->nodes[i].node;
        int at = 0;
        op_of[i] = -1;
        if (!graph->nodes[i].in && !tg_op_of(node)) continue;
        while (at < n && !same_op(graph->nodes[example[at]].node, node)) at++;
        op_of[i] = at;
        if (at < n) continue;
        example[n++] = i;
        tg_text_put(text, at ? "," : "");
        put_op(text, node);
    }
    tg_text_put(text, "]");
}

/* ---- nodes and edges ---- */

/* [from, equation, local, message, points that it passes, drawn]: the last ones may be missing. */
static void put_edge(tg_text *text, const tg_graph *graph, const tg_page_layout *layout, int e) {
    const tg_graph_edge *edge = &graph->edges[e];
    tg_text_add(text, "[%d,", edge->from);
    put_string(text, edge->equation);
    tg_text_put(text, ",");
    put_part(text, &edge->local, NULL);
    tg_text_put(text, ",");
    put_part(text, &edge->message, edge->shown ? edge->parts : NULL);
    if (edge->shown) {
        tg_text_add(text, ",%d,[", edge->again ? 2 : 1);
        for (int i = layout->first_via[e]; i < layout->first_via[e + 1]; i++)
            tg_text_add(text, "%s%d,%d", i > layout->first_via[e] ? "," : "", layout->via[i].x,
                        layout->via[i].y);
        tg_text_put(text, "]");
    }
    tg_text_put(text, "]");
}

static void put_number(tg_text *text, const char *name, const tg_graph_node *n, const tg_summary *s,
                       const void *data) {
    if (!s->known) return;
    tg_text_add(text, ",\"%s\":", name);
    if (n->shown == n->id)
        put_tensor(text, s, data, tg_dtype_of(n->node));
    else /* of nodes that are not drawn, a summary will do */
        put_part(text, s, NULL);
}

static void put_numbers(tg_text *text, const tg_graph *graph, const tg_graph_node *n) {
    tg_summary value = tg_summary_of_value(n->node);
    put_number(text, "value", n, &value, tg_value(n->node));
    put_number(text, "grad", n, &n->grad, tg_graph_grad(graph, n->node));
    if (!n->grad.known) return;
    tg_text_put(text, n->seed ? ",\"seed\":1" : "");
    tg_text_put(text, n->unexplained ? ",\"unexplained\":1" : "");
    if (n->same != n->id) integer_member(text, "same", n->same);
}

static void put_shape(tg_text *text, const tg_node *node) {
    const tg_shape *shape = tg_shape_of(node);
    if (!shape->rank) return;
    for (int i = 0; i < shape->rank; i++)
        tg_text_add(text, "%s%lld", i ? "," : ",\"shape\":[", (long long)shape->dim[i]);
    tg_text_put(text, "]");
}

static void put_node(tg_text *text, const tg_graph *graph, const tg_page_layout *layout, int id, int op) {
    static const char *const kind[] = {"input", "constant", "parameter", "", "", "", ""};
    const tg_graph_node *n = &graph->nodes[id];
    tg_text_put(text, "\n{\"eq\":");
    put_string(text, n->equation);
    if (op >= 0) integer_member(text, "op", op);
    string_member(text, "kind", op < 0 ? kind[n->kind] : "");
    string_member(text, "name", n->name);
    if (tg_dtype_of(n->node) != graph->dtype)
        string_member(text, "dtype", tg_dtype_name(tg_dtype_of(n->node)));
    put_shape(text, n->node);
    if (tg_requires_grad(n->node)) tg_text_put(text, ",\"wanted\":1");
    put_numbers(text, graph, n);
    if (n->shown == id)
        tg_text_add(text, ",\"at\":[%d,%d,%d]", layout->node[id].x, layout->node[id].y,
                    tg_page_gate_juts(graph, id));
    else
        integer_member(text, "shown", n->shown);
    if (n->repeat > 1) integer_member(text, "repeat", n->repeat);
    if (*n->file && n->shown == id) {
        string_member(text, "file", n->file);
        integer_member(text, "line", n->line);
    }
    for (int k = 0; k < n->in; k++) {
        tg_text_put(text, k ? "," : ",\"in\":[");
        put_edge(text, graph, layout, n->first_in + k);
    }
    tg_text_put(text, n->in ? "]}" : "}");
}

void tg_page_write_data(const tg_graph *graph, const tg_page_layout *layout, tg_text *text) {
    size_t bytes = ((size_t)graph->nodes_count + 1) * sizeof(int);
    int *op_of = tg_alloc(bytes), *example = tg_alloc(bytes);
    if (op_of && example) {
        tg_text_put(text, "{\"title\":");
        put_string(text, graph->title);
        string_member(text, "dtype", tg_dtype_name(graph->dtype));
        integer_member(text, "width", layout->width);
        integer_member(text, "height", layout->height);
        string_member(text, "note", graph->note);
        put_ops(text, graph, op_of, example);
        tg_text_put(text, ",\"nodes\":[");
        for (int i = 0; i < graph->nodes_count; i++) {
            tg_text_put(text, i ? "," : "");
            put_node(text, graph, layout, i, op_of[i]);
        }
        tg_text_put(text, "]}");
    } else {
        text->failed = true;
    }
    tg_release(op_of);
    tg_release(example);
}
