/* summary.c: tensors in a few numbers, and how they are printed. */
#include "graph_model.h"

#include <math.h>
#include <string.h>

double tg_element(const void *data, tg_dtype dtype, int64_t i) {
    switch (dtype) {
    case TG_F32:
        return (double)((const float *)data)[i];
    case TG_F64:
        return ((const double *)data)[i];
    case TG_DUAL:
        return ((const double *)data)[2 * i];
    default:
        return ((const int32_t *)data)[i];
    }
}

tg_summary tg_summary_of(const void *data, tg_dtype dtype, int64_t n) {
    if (!data) return (tg_summary){0};
    tg_summary s = {.known = true, .count = n, .min = NAN, .mean = NAN, .max = NAN};
    double sum = 0;
    int64_t finite = 0;
    for (int64_t i = 0; i < n; i++) {
        double x = tg_element(data, dtype, i);
        if (isnan(x))
            s.nan++;
        else if (isinf(x))
            s.inf++, s.negative_inf += x < 0;
        else {
            if (!finite || x < s.min) s.min = x;
            if (!finite || x > s.max) s.max = x;
            sum += x;
            finite++;
        }
    }
    if (finite) s.mean = sum / (double)finite;
    return s;
}

tg_summary tg_summary_of_value(const tg_node *node) {
    return tg_summary_of(tg_value(node), tg_dtype_of(node), tg_size(node));
}

tg_summary tg_summary_of_grad(const tg_node *node) {
    return tg_summary_of(tg_grad(node), tg_dtype_of(node), tg_size(node));
}

double tg_summary_single(const tg_summary *s) {
    if (s->nan) return NAN;
    if (s->inf) return s->negative_inf ? -INFINITY : INFINITY;
    return s->mean;
}

int tg_graph_digits(const tg_graph *graph) {
    return graph->spec.digits > 0 ? graph->spec.digits : 4;
}

tg_detail tg_graph_detail(const tg_graph *graph) {
    tg_detail detail = graph->spec.detail ? graph->spec.detail : TG_DETAIL_SHAPES;
    return detail == TG_DETAIL_GRADIENTS && graph->spec.forward_only ? TG_DETAIL_VALUES : detail;
}

void tg_text_type(tg_text *text, tg_dtype dtype, const tg_shape *shape) {
    tg_text_put(text, tg_dtype_name(dtype));
    for (int i = 0; i < shape->rank; i++)
        tg_text_add(text, "%s%lld", i ? "," : "[", (long long)shape->dim[i]);
    if (shape->rank) tg_text_put(text, "]");
}

/* Returns what stands before the next count. */
static const char *count_of(tg_text *text, const char *between, int64_t n, const char *what) {
    if (!n) return between;
    tg_text_add(text, "%s%lld %s", between, (long long)n, what);
    return ", ";
}

void tg_text_summary(tg_text *text, const tg_graph *graph, const tg_summary *s) {
    int digits = tg_graph_digits(graph);
    if (!s->known) {
        tg_text_put(text, "-");
    } else if (!s->count) {
        tg_text_put(text, "empty");
    } else if (s->count == 1 && s->nan + s->inf) {
        tg_text_number(text, tg_summary_single(s), digits);
    } else {
        const double three[] = {s->min, s->mean, s->max};
        const char *between = "";
        bool range = s->min < s->max, finite = range || s->min == s->max;
        if (finite && !range) tg_text_number(text, s->min, digits);
        for (int i = 0; range && i < 3; i++) {
            tg_text_put(text, i ? " .. " : "");
            tg_text_number(text, three[i], digits > 3 ? digits - 1 : digits);
        }
        if (finite) between = ", ";
        between = count_of(text, between, s->nan, "NaN");
        between = count_of(text, between, s->inf - s->negative_inf, "inf");
        count_of(text, between, s->negative_inf, "-inf");
    }
}

int tg_graph_few(const tg_graph *graph) {
    return graph->spec.elements > 0 ? graph->spec.elements : 4;
}

static void elements(tg_text *text, const tg_graph *graph, const tg_summary *s, const void *data,
                     tg_dtype dtype, bool scalar) {
    if (!data || !s->known || !s->count || s->count > tg_graph_few(graph)) {
        tg_text_summary(text, graph, s);
        return;
    }
    if (!scalar) tg_text_put(text, "[");
    for (int64_t i = 0; i < s->count; i++) {
        tg_text_put(text, i ? ", " : "");
        tg_text_number(text, tg_element(data, dtype, i), tg_graph_digits(graph));
    }
    if (!scalar) tg_text_put(text, "]");
}

void tg_text_local(tg_text *text, const tg_graph *graph, const tg_graph_edge *edge) {
    const tg_summary *s = &edge->local;
    bool same = s->min == s->max && !(s->nan + s->inf);
    elements(text, graph, s, same ? NULL : edge->local_parts, TG_F64, false);
}

void tg_text_message(tg_text *text, const tg_graph *graph, const tg_graph_edge *edge) {
    elements(text, graph, &edge->message, edge->parts, TG_F64, false);
}

static void elements_of(tg_text *text, const tg_graph *graph, const tg_node *node, const tg_summary *s,
                        const void *data) {
    elements(text, graph, s, data, tg_dtype_of(node), tg_shape_of(node)->rank == 0);
}

const void *tg_graph_grad(const tg_graph *graph, const tg_node *node) {
    return graph->memory->grads[tg_id(node)];
}

void tg_text_value(tg_text *text, const tg_graph *graph, const tg_node *node) {
    elements_of(text, graph, node, &graph->nodes[tg_id(node)].value, tg_value(node));
}

void tg_text_grad(tg_text *text, const tg_graph *graph, const tg_node *node) {
    const tg_graph_node *g = &graph->nodes[tg_id(node)];
    elements_of(text, graph, node, &g->grad, tg_graph_grad(graph, node));
    if (!g->shared) return;
    int places = 0;
    for (int i = 0; i < graph->nodes_count; i++) places += graph->nodes[i].same == g->same;
    tg_text_add(text, " (sum of %d places)", places);
}

void tg_text_note(tg_text *text, const tg_graph *graph, const char *next) {
    enum { WIDTH = 70 };
    size_t column = 0;
    for (const char *word = graph->note; *word;) {
        size_t n = strcspn(word, " ");
        bool wraps = column && column + n >= WIDTH;
        if (column) tg_text_put(text, wraps ? next : " ");
        tg_text_put_n(text, word, n);
        column = (wraps ? 0 : column + 1) + n;
        word += n + strspn(word + n, " ");
    }
}

void tg_text_count(tg_text *text, double count, const char *unit) {
    static const char *const prefix[] = {"", "k", "M", "G", "T", "P"};
    int i = 0;
    while (count >= 1000 && i < 5) count /= 1000, i++;
    tg_text_number(text, count, 3);
    tg_text_add(text, " %s%s", prefix[i], unit);
}
