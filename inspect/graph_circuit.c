/* graph_circuit.c: the graph as a circuit, as lecturers draw it: ops are gates, values travel on the wires
   from left to right and stand above them, gradients travel back and stand below. (The picture is that of
   Stanford's course CS231n.) */
#include "graph_model.h"

#include <string.h>

#define QUIET    "#5a5a5a"
#define VALUE    "#00664a"
#define GRADIENT "#b23a00"
#define LOCAL    "#0059a3"

/* "+" of "a + b": the gate's sign is what remains of the infix form without its arguments. */
static void gate_label(const tg_graph_node *node, tg_text *text) {
    const char *infix = *node->options ? NULL : tg_op_of(node->node)->infix;
    char sign[8] = "";
    size_t n = 0;
    for (const char *c = infix ? infix : ""; *c; c++)
        if (!strchr("abx ", *c) && n + 1 < sizeof sign) sign[n++] = *c;
    sign[n] = 0;
    if (n != 1 || strchr("0123456789", *sign))
        tg_text_escape(text, node->op, TG_ESCAPE_LABEL);
    else if (*sign == '*')
        tg_text_put(text, "&#215;");
    else if (*sign == '-')
        tg_text_put(text, "&#8722;");
    else
        tg_text_escape(text, sign, TG_ESCAPE_LABEL);
}

static void write_gate(const tg_graph_node *node, tg_text *text) {
    tg_text sign = {0};
    gate_label(node, &sign);
    bool is_short = sign.size && (strlen(sign.data) == 1 || sign.data[0] == '&');
    tg_text_add(text, "  g%d [shape=%s, label=<%s>", node->id, is_short ? "circle" : "box",
                sign.data ? sign.data : "");
    tg_text_put(text, is_short ? ", fontsize=22, width=0.5, fixedsize=true];\n" : "];\n");
    text->failed |= sign.failed;
    tg_text_free(&sign);
}

/* A piece of wire with the value above and the gradient below. */
static void write_wire(const tg_graph *graph, const tg_graph_node *node, tg_text *text) {
    tg_text_add(
        text,
        "  v%d [shape=plain, label=<<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"3\">"
        "<TR><TD><FONT COLOR=\"" VALUE "\">",
        node->id);
    if (*node->name && node->in) {
        tg_text_put(text, "<I>");
        tg_text_name(text, graph, node->name, TG_ESCAPE_LABEL);
        tg_text_put(text, "</I> = ");
    }
    tg_text_value(text, graph, node->node);
    tg_text_put(text, "</FONT></TD></TR><HR/><TR><TD><FONT COLOR=\"" GRADIENT "\">");
    if (node->grad.known && !graph->spec.forward_only)
        tg_text_grad(text, graph, node->node);
    else
        tg_text_put(text, "&#160;");
    tg_text_put(text, "</FONT></TD></TR></TABLE>>];\n");
}

static void write_node(const tg_graph *graph, const tg_graph_node *node, tg_text *text) {
    write_wire(graph, node, text);
    if (node->in) {
        write_gate(node, text);
        tg_text_add(text, "  g%d -> v%d:w [arrowhead=none];\n", node->id, node->id);
    } else if (*node->name) {
        tg_text_add(text, "  n%d [shape=plaintext, label=<<I>", node->id);
        tg_text_name(text, graph, node->name, TG_ESCAPE_LABEL);
        tg_text_add(text, "</I>>];\n  n%d -> v%d:w [arrowhead=none, minlen=1];\n", node->id, node->id);
    }
}

/* Which argument it is where that matters, the local derivative, and where the wire forks, what comes back along this branch. */
static void write_edge(const tg_graph *graph, const tg_graph_edge *edge, tg_text *text) {
    if (!edge->shown || edge->again) return;
    int from = graph->nodes[edge->from].shown, to = graph->nodes[edge->to].shown;
    bool forks = graph->nodes[from].uses > 1 && edge->message.known;
    const tg_node *gate = graph->nodes[to].node;
    static const char *const ordinal[] = {"st", "nd", "rd"};
    bool named = tg_order_matters(gate);
    tg_text_add(text, "  v%d:e -> g%d", from, to);
    if (named || edge->local.known || forks) {
        tg_text_put(text, " [label=<");
        if (named) tg_text_add(text, "%d%s ", edge->arg + 1, edge->arg < 3 ? ordinal[edge->arg] : "th");
        if (edge->local.known) {
            tg_text_put(text, "<FONT COLOR=\"" LOCAL "\">&#215;");
            tg_text_local(text, graph, edge);
            tg_text_put(text, "</FONT>");
        }
        if (forks) {
            tg_text_put(text, "<BR/><FONT COLOR=\"" GRADIENT "\">");
            tg_text_message(text, graph, edge);
            tg_text_put(text, "</FONT>");
        }
        tg_text_put(text, ">]");
    }
    tg_text_put(text, ";\n");
}

/* As the label of the whole: a node of its own would stretch the first column. */
static void write_label(const tg_graph *graph, tg_text *text) {
    bool legend = !graph->spec.no_legend && graph->nodes_count > 0;
    if (!legend && !*graph->title && !*graph->note) return;
    tg_text_put(text, "  labelloc=t; label=<<TABLE BORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"2\">");
    if (*graph->title) {
        tg_text_put(text, "<TR><TD><FONT POINT-SIZE=\"22\" COLOR=\"#1a1a1a\">");
        tg_text_escape(text, graph->title, TG_ESCAPE_LABEL);
        tg_text_put(text, "</FONT></TD></TR>");
    }
    if (legend)
        tg_text_add(text,
                    "<TR><TD><FONT COLOR=\"" VALUE "\">above the wire: value</FONT>&#160;&#160; "
                    "<FONT COLOR=\"" GRADIENT "\">below: gradient%s</FONT>&#160;&#160; "
                    "<FONT COLOR=\"" LOCAL "\">&#215; local derivative</FONT></TD></TR>",
                    *graph->note ? "" : ", at a fork the sum of its branches");
    if (*graph->note) {
        tg_text_put(text, "<TR><TD><FONT COLOR=\"#1a1a1a\">");
        tg_text_note(text, graph, "<BR/>");
        tg_text_put(text, "</FONT></TD></TR>");
    }
    tg_text_put(text, "</TABLE>>;\n");
}

void tg_graph_write_circuit(const tg_graph *graph, tg_text *text) {
    tg_text_put(text,
                "digraph circuit {\n"
                "  graph [rankdir=LR, fontname=\"Helvetica\", fontsize=14, fontcolor=\"" QUIET
                "\", ranksep=0.22, nodesep=0.25];\n"
                "  node [fontname=\"Helvetica\", fontsize=18, color=\"#1a1a1a\", fontcolor=\"#1a1a1a\"];\n"
                "  edge [fontname=\"Helvetica\", fontsize=14, color=\"#1a1a1a\", arrowsize=0.6];\n");
    write_label(graph, text);
    for (int i = 0; i < graph->nodes_count; i++)
        if (graph->nodes[i].shown == i) write_node(graph, &graph->nodes[i], text);
    for (int e = 0; e < graph->edges_count; e++) write_edge(graph, &graph->edges[e], text);
    tg_text_put(text, "}\n");
}
