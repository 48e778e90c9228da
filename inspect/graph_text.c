/* graph_text.c: the tape as a listing, a line per node: forward, and where there are gradients the adjoint
   beside it (Wengert, CACM 7, 1964). Forward reads from top to bottom, the adjoint from bottom to top. */
#include "graph_model.h"

#include <string.h>

typedef struct columns {
    int type, value, grad, adjoint; /* where they begin; adjoint 0: there is none */
} columns;

#define HEADING "forward, from top to bottom"
#define GAP     3 /* between columns */

/* A cell that cannot be broken keeps a space behind it. */
static void go_to(tg_text *text, int column) {
    tg_text_pad(text, column);
    if (text->size && text->data[text->size - 1] != ' ') tg_text_put(text, " ");
}

/* As much of a cell as fits up to the column `end`, broken behind a comma; *rest goes on in the next line. */
static void put_piece(tg_text *text, const char **rest, bool first, int begin, int end) {
    size_t taken = strlen(*rest);
    if (!taken) return;
    tg_text_pad(text, first ? begin : begin + 2);
    const int room = end - GAP - begin - (first ? 0 : 2);
    const char *comma = tg_text_width(*rest, taken) > room ? strstr(*rest, ", ") : NULL;
    for (bool any = false; comma; comma = strstr(comma, ", "), any = true) {
        size_t fits = (size_t)(++comma - *rest);
        if (any && tg_text_width(*rest, fits) > room) break;
        taken = fits;
    }
    tg_text_put_n(text, *rest, taken);
    *rest += taken + strspn(*rest + taken, " ");
}

static void put_equation(const tg_graph *graph, const tg_graph_node *node, tg_text *text) {
    if (node->in || !*node->name) {
        tg_text_put(text, node->equation);
        return;
    }
    tg_text_add(text, "v%d = ", node->id);
    tg_text_name(text, graph, node->name, TG_ESCAPE_LINE);
}

static void put_value(const tg_graph *graph, const tg_graph_node *node, tg_text *text) {
    if (tg_graph_detail(graph) < TG_DETAIL_VALUES) return;
    tg_text_put(text, "= ");
    tg_text_value(text, graph, node->node);
}

/* The gradient that has arrived at the node when its turn comes. */
static void put_grad(const tg_graph *graph, const tg_graph_node *node, tg_text *text) {
    if (tg_graph_detail(graph) < TG_DETAIL_GRADIENTS || !tg_requires_grad(node->node)) return;
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

/* The next argument from k on that a gradient flows to; behind the last one the number of arguments. */
static int next_adjoint(const tg_graph *graph, const tg_graph_node *node, int k) {
    while (k < node->in && !*graph->edges[node->first_in + k].equation) k++;
    return k;
}

static void put_adjoint(const tg_graph *graph, const tg_graph_edge *edge, tg_text *text) {
    tg_text_add(text, " %s", edge->equation);
    if (!edge->message.known) return;
    tg_text_put(text, "   = ");
    tg_text_message(text, graph, edge);
}

/* One line per argument that a gradient flows to, and as many as the widest cell takes. */
static void write_row(const tg_graph *graph, const tg_graph_node *node, const columns *at, tg_text *text) {
    tg_text cells = {0}; /* three strings, each with its end, one behind the other */
    put_equation(graph, node, &cells);
    tg_text_put_n(&cells, "", 1);
    put_value(graph, node, &cells);
    tg_text_put_n(&cells, "", 1);
    put_grad(graph, node, &cells);
    text->failed |= cells.failed;
    if (text->failed) {
        tg_text_free(&cells);
        return;
    }
    const char *equation = cells.data, *value = strchr(equation, 0) + 1, *grad = strchr(value, 0) + 1;
    int k = at->adjoint ? next_adjoint(graph, node, 0) : node->in;
    for (bool first = true; first || k < node->in || *equation || *value || *grad; first = false) {
        put_piece(text, &equation, first, 0, at->type);
        if (first && tg_graph_detail(graph) >= TG_DETAIL_SHAPES) {
            go_to(text, at->type);
            tg_text_type(text, tg_dtype_of(node->node), tg_shape_of(node->node));
        }
        put_piece(text, &value, first, at->value, at->grad);
        if (at->grad < at->adjoint) {
            go_to(text, at->grad);
            tg_text_put(text, *grad ? "| " : "|");
            put_piece(text, &grad, first, at->grad + 2, at->adjoint);
        }
        if (at->adjoint) {
            go_to(text, at->adjoint);
            tg_text_put(text, "|");
        }
        if (k < node->in) {
            put_adjoint(graph, &graph->edges[node->first_in + k], text);
            k = next_adjoint(graph, node, k + 1);
        }
        if (first) put_trailer(graph, node, text);
        tg_text_put(text, "\n");
    }
    tg_text_free(&cells);
}

/* The width of a column, beyond which a cell goes on in the next line. */
static void widen(int *column, int width, int limit) {
    if (width > limit) width = limit;
    if (width > *column) *column = width;
}

/* Without memory the output is marked as failed. */
static columns measure(const tg_graph *graph, tg_text *output) {
    tg_detail detail = tg_graph_detail(graph);
    tg_text text = {0};
    int equation = 0, type = 0, value = 0, grad = 0, more = 3 * (tg_graph_digits(graph) - 4);
    for (int i = 0; i < graph->nodes_count; i++) {
        const tg_graph_node *node = &graph->nodes[i];
        if (node->shown != i) continue;
        text.size = 0;
        put_equation(graph, node, &text);
        widen(&equation, tg_text_width(text.data, text.size), 60);
        text.size = 0;
        tg_text_type(&text, tg_dtype_of(node->node), tg_shape_of(node->node));
        widen(&type, (int)text.size + 3, 30);
        text.size = 0;
        tg_text_value(&text, graph, node->node);
        widen(&value, (int)text.size + 5, 40 + more);
        text.size = 0;
        tg_text_add(&text, "| dv%d = ", node->id);
        tg_text_grad(&text, graph, node->node);
        if (tg_requires_grad(node->node)) widen(&grad, (int)text.size + 3, 50 + more);
    }
    output->failed |= text.failed;
    tg_text_free(&text);
    columns at = {.type = equation + GAP};
    at.value = at.type + (detail >= TG_DETAIL_SHAPES ? type : 0);
    at.grad = at.value + (detail >= TG_DETAIL_VALUES ? value : 0);
    if (at.grad <= (int)strlen(HEADING) && !graph->spec.forward_only) at.grad = (int)strlen(HEADING) + 1;
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
        tg_text_add(text, "... v%d", i);
        if (end - 1 > i) tg_text_add(text, " to v%d", end - 1);
        tg_text_add(text, shown < 0 ? ": hidden\n" : ": the same again as from v%d on\n", shown);
        i = end;
    }
    if (text->size && strstr(text->data, " .. "))
        tg_text_add(text, "a .. b .. c: minimum, mean and maximum of more than %d elements\n",
                    tg_graph_few(graph));
    if (*graph->note) tg_text_add(text, "note: %s\n", graph->note);
}
