/* graph_text.c: the tape as a listing, a line per node: forward, and where there are gradients the adjoint
   beside it (Wengert, CACM 7, 1964). Forward reads from top to bottom, the adjoint from bottom to top. */
#include "graph_model.h"

#include <string.h>

typedef struct columns {
    int type, value, grad, adjoint; /* where they begin; adjoint 0: there is none */
} columns;

/* What is not yet written of a cell: what is wider than its column goes on in the next line. */
typedef struct cell {
    tg_text text;
    size_t at;
} cell;

#define HEADING "forward, from top to bottom"
#define GAP     3 /* between columns */

/* A cell that cannot be broken keeps a space behind it. */
static void go_to(tg_text *text, int column) {
    tg_text_pad(text, column);
    if (text->size && text->data[text->size - 1] != ' ') tg_text_put(text, " ");
}

static bool has_more(const cell *c) {
    return c->at < c->text.size;
}

/* As much of the cell as fits up to the column `end`, broken behind a comma. */
static void put_piece(tg_text *text, cell *c, int begin, int end) {
    tg_text_pad(text, begin);
    if (!has_more(c)) return;
    if (c->at) tg_text_put(text, "  ");
    const char *rest = c->text.data + c->at;
    int room = end - GAP - begin - (c->at ? 2 : 0);
    size_t taken = strlen(rest);
    if (tg_text_width(rest, taken) > room) {
        const char *comma = rest, *fits = NULL;
        while ((comma = strstr(comma, ", ")) &&
               (!fits || tg_text_width(rest, (size_t)(comma + 1 - rest)) <= room))
            fits = ++comma;
        if (fits) taken = (size_t)(fits - rest);
    }
    tg_text_put_n(text, rest, taken);
    c->at += taken + strspn(rest + taken, " ");
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
    cell equation = {0}, value = {0}, grad = {0};
    put_equation(graph, node, &equation.text);
    put_value(graph, node, &value.text);
    put_grad(graph, node, &grad.text);
    int k = at->adjoint ? next_adjoint(graph, node, 0) : node->in;
    for (bool first = true;
         first || k < node->in || has_more(&equation) || has_more(&value) || has_more(&grad); first = false) {
        put_piece(text, &equation, 0, at->type);
        if (first && tg_graph_detail(graph) >= TG_DETAIL_SHAPES) {
            go_to(text, at->type);
            tg_text_type(text, tg_dtype_of(node->node), tg_shape_of(node->node));
        }
        if (has_more(&value)) put_piece(text, &value, at->value, at->adjoint ? at->grad : at->value + 43);
        if (at->grad < at->adjoint) {
            go_to(text, at->grad);
            tg_text_put(text, has_more(&grad) ? "| " : "|");
            put_piece(text, &grad, has_more(&grad) ? at->grad + 2 : 0, at->adjoint);
        }
        if (at->adjoint) {
            go_to(text, at->adjoint);
            tg_text_put(text, "|");
        }
        if (k < node->in) put_adjoint(graph, &graph->edges[node->first_in + k], text);
        if (k < node->in) k = next_adjoint(graph, node, k + 1);
        if (first) put_trailer(graph, node, text);
        tg_text_put(text, "\n");
    }
    text->failed |= equation.text.failed | value.text.failed | grad.text.failed;
    tg_text_free(&equation.text);
    tg_text_free(&value.text);
    tg_text_free(&grad.text);
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
    int equation = 0, type = 0, value = 0, grad = 0;
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
        widen(&value, (int)text.size + 5, 40);
        text.size = 0;
        tg_text_add(&text, "| dv%d = ", node->id);
        tg_text_grad(&text, graph, node->node);
        if (tg_requires_grad(node->node)) widen(&grad, (int)text.size + 3, 50);
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

/* Whether anywhere stands a range instead of elements. */
static bool is_any_large(const tg_graph *graph) {
    for (int i = 0; i < graph->nodes_count; i++) {
        const tg_graph_node *node = &graph->nodes[i];
        if (node->shown != i || tg_size(node->node) <= tg_graph_few(graph)) continue;
        if (node->value.min < node->value.max || node->grad.min < node->grad.max) return true;
    }
    return false;
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
    if (is_any_large(graph))
        tg_text_add(text, "a .. b .. c: minimum, mean and maximum of more than %d elements\n",
                    tg_graph_few(graph));
    if (*graph->note) tg_text_add(text, "note: %s\n", graph->note);
}
