/* graph_text.c: the tape as a listing, a line per node: forward, and where there are gradients the adjoint
   beside it (Wengert, CACM 7, 1964). Forward reads from top to bottom, the adjoint from bottom to top. */
#include "graph_model.h"

typedef struct columns {
    int type, value, grad, adjoint; /* where they begin; adjoint 0: there is none */
} columns;

#define HEADING "forward, from top to bottom"

static int width_of(const char *string) {
    int n = 0;
    for (; *string; string++) n += ((unsigned char)*string & 0xc0) != 0x80;
    return n;
}

/* A cell that is wider than its column keeps a space behind it. */
static void go_to(tg_text *text, int column) {
    tg_text_pad(text, column);
    if (text->size && text->data[text->size - 1] != ' ') tg_text_put(text, " ");
}

static void put_equation(const tg_graph *graph, const tg_graph_node *node, tg_text *text) {
    if (node->in || !*node->name) {
        tg_text_put(text, node->equation);
        return;
    }
    tg_text_add(text, "v%d = ", node->id);
    tg_text_name(text, graph, node->name, TG_ESCAPE_LINE);
}

static void put_forward(const tg_graph *graph, const tg_graph_node *node, const columns *at, tg_text *text) {
    tg_detail detail = tg_graph_detail(graph);
    put_equation(graph, node, text);
    if (detail >= TG_DETAIL_SHAPES) {
        go_to(text, at->type);
        tg_text_type(text, tg_dtype_of(node->node), tg_shape_of(node->node));
    }
    if (detail >= TG_DETAIL_VALUES) {
        go_to(text, at->value);
        tg_text_put(text, "= ");
        tg_text_value(text, graph, node->node);
    }
}

/* The gradient that has arrived at the node when its turn comes. */
static void put_grad(const tg_graph *graph, const tg_graph_node *node, const columns *at, tg_text *text) {
    if (tg_graph_detail(graph) < TG_DETAIL_GRADIENTS) return;
    go_to(text, at->grad);
    tg_text_put(text, "| ");
    if (!tg_requires_grad(node->node)) return;
    tg_text_add(text, "dv%d = ", node->id);
    tg_text_grad(text, graph, node->node);
}

/* Costs, name, place: of the node, so in its first line. */
static void put_trailer(const tg_graph *graph, const tg_graph_node *node, tg_text *text) {
    if (tg_graph_detail(graph) >= TG_DETAIL_COSTS && node->in) {
        tg_text_put(text, "   ");
        tg_text_count(text, node->cost.forward, "FLOP");
        tg_text_put(text, ", ");
        tg_text_count(text, (double)node->bytes, "B");
    }
    bool named = *node->name && node->in; /* a leaf's equation says its name already */
    bool where = graph->spec.where && *node->file;
    if (named || where) tg_text_put(text, "   #");
    if (named) {
        tg_text_put(text, " ");
        tg_text_name(text, graph, node->name, TG_ESCAPE_LINE);
    }
    if (where) {
        tg_text_put(text, " ");
        tg_text_escape(text, node->file, TG_ESCAPE_LINE);
        tg_text_add(text, ":%d", node->line);
    }
}

/* One line per argument that a gradient flows to. */
static void put_adjoint(const tg_graph *graph, const tg_graph_node *node, const columns *at, tg_text *text) {
    bool first = true;
    for (int k = 0; k < node->in; k++) {
        const tg_graph_edge *edge = &graph->edges[node->first_in + k];
        if (!*edge->equation) continue;
        if (!first) {
            tg_text_put(text, "\n");
            go_to(text, tg_graph_detail(graph) >= TG_DETAIL_GRADIENTS ? at->grad : at->adjoint);
            if (tg_graph_detail(graph) >= TG_DETAIL_GRADIENTS) tg_text_put(text, "|");
        }
        go_to(text, at->adjoint);
        tg_text_add(text, "| %s", edge->equation);
        if (edge->message.known) {
            tg_text_put(text, "   = ");
            tg_text_message(text, graph, edge);
        }
        if (first) put_trailer(graph, node, text);
        first = false;
    }
    if (!first) return;
    go_to(text, at->adjoint);
    tg_text_put(text, "|");
    put_trailer(graph, node, text);
}

static void write_row(const tg_graph *graph, const tg_graph_node *node, const columns *at, tg_text *text) {
    put_forward(graph, node, at, text);
    if (at->adjoint) {
        put_grad(graph, node, at, text);
        put_adjoint(graph, node, at, text);
    } else {
        put_trailer(graph, node, text);
    }
    tg_text_put(text, "\n");
}

/* The width of a column, beyond which a line juts out. */
static void widen(int *column, int width, int limit) {
    if (width > limit) width = limit;
    if (width > *column) *column = width;
}

/* Without memory the output is marked as failed. */
static columns measure(const tg_graph *graph, tg_text *output) {
    tg_detail detail = tg_graph_detail(graph);
    tg_text text = {0};
    int equation = 0, type = 0, value = 0, grad = 0;
    for (int i = 0; i < graph->nodes_count; i++) {
        const tg_graph_node *node = &graph->nodes[i];
        if (node->shown != i) continue;
        text.size = 0;
        put_equation(graph, node, &text);
        widen(&equation, text.data ? width_of(text.data) : 0, 60);
        text.size = 0;
        tg_text_type(&text, tg_dtype_of(node->node), tg_shape_of(node->node));
        widen(&type, (int)text.size + 3, 30);
        text.size = 0;
        tg_text_value(&text, graph, node->node);
        widen(&value, (int)text.size + 5, 40);
        text.size = 0;
        tg_text_add(&text, "| dv%d = ", node->id);
        tg_text_grad(&text, graph, node->node);
        if (tg_requires_grad(node->node)) widen(&grad, (int)text.size + 3, 50);
    }
    output->failed |= text.failed;
    tg_text_free(&text);
    columns at = {.type = equation + 3};
    at.value = at.type + (detail >= TG_DETAIL_SHAPES ? type : 0);
    at.grad = at.value + (detail >= TG_DETAIL_VALUES ? value : 0);
    if (at.grad <= width_of(HEADING) && !graph->spec.forward_only) at.grad = width_of(HEADING) + 1;
    if (!graph->spec.forward_only) at.adjoint = at.grad + (detail >= TG_DETAIL_GRADIENTS ? grad : 0);
    return at;
}

void tg_graph_write_text(const tg_graph *graph, tg_text *text) {
    columns at = measure(graph, text);
    if (at.adjoint) {
        tg_text_put(text, HEADING);
        if (at.grad < at.adjoint) {
            go_to(text, at.grad);
            tg_text_put(text, "| gradient");
        }
        go_to(text, at.adjoint);
        tg_text_put(text, "| backward, from bottom to top\n");
    }
    for (int i = 0; i < graph->nodes_count;) {
        int shown = graph->nodes[i].shown, end = i + 1;
        if (shown == i) {
            write_row(graph, &graph->nodes[i++], &at, text);
            continue;
        }
        /* Neighbours that are left out for the same reason share a line. */
        while (end < graph->nodes_count && graph->nodes[end].shown != end &&
               (graph->nodes[end].shown < 0) == (shown < 0))
            end++;
        tg_text_add(
            text, shown < 0 ? "... v%d to v%d: hidden\n" : "... v%d to v%d: the same again as from v%d on\n",
            i, end - 1, shown);
        i = end;
    }
    if (*graph->note) tg_text_add(text, "note: %s\n", graph->note);
}
