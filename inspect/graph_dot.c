/* graph_dot.c: the graph in Graphviz' dot language. */
#include "graph_model.h"

#define INK      "#1a1a1a"
#define QUIET    "#5a5a5a"
#define VALUE    "#00664a" /* bluish green */
#define GRADIENT "#b23a00" /* vermilion */
#define LOCAL    "#0059a3" /* blue */

static void markup(tg_text *text, const char *label) {
    tg_text_escape(text, label, TG_ESCAPE_LABEL);
}

/* A line of a label. Coloured fills want black text. */
static void line(const tg_graph *graph, tg_text *text, const char *colour) {
    if (graph->spec.colour != TG_COLOUR_KIND) colour = INK;
    tg_text_add(text, "<BR/><FONT COLOR=\"%s\">", colour);
}
static void end(tg_text *text) {
    tg_text_put(text, "</FONT>");
}

/* "v3  tanh axis=1", and the name. */
static void head(const tg_graph *graph, const tg_graph_node *node, tg_text *text) {
    bool leaf = !node->in;
    tg_text_add(text, "<FONT COLOR=\"%s\">v%d</FONT>&#160; <B>",
                graph->spec.colour == TG_COLOUR_KIND ? QUIET : INK, node->id);
    if (leaf && *node->name)
        tg_text_name(text, graph, node->name, TG_ESCAPE_LABEL);
    else
        markup(text, node->op);
    tg_text_put(text, "</B>");
    tg_text_order(text, node->node);
    if (*node->options) {
        tg_text_put(text, "&#160; ");
        markup(text, node->options);
    }
    if (*node->name && !leaf) {
        tg_text_put(text, "<BR/><I>");
        tg_text_name(text, graph, node->name, TG_ESCAPE_LABEL);
        tg_text_put(text, "</I>");
    }
}

static int count_messages(const tg_graph *graph, const tg_graph_node *node) {
    int count = 0;
    for (int e = node->first_out; e >= 0; e = graph->edges[e].next_out)
        count += graph->edges[e].message.known;
    return count;
}

/* 5.5 = 0.5 + 5: what arrives where a value is used more than once. The terms have two digits more than the sum:
   who adds them comes to it. */
static void fork_sum(const tg_graph *graph, const tg_graph_node *node, tg_text *text) {
    if (node->uses < 2 || node->uses > 6 || node->grad.count != 1 || !tg_graph_adds_up(node)) return;
    const char *sign = " = ";
    for (int e = count_messages(graph, node) < 2 ? -1 : node->first_out; e >= 0;
         e = graph->edges[e].next_out) {
        if (!graph->edges[e].message.known) continue;
        tg_text_put(text, sign);
        tg_text_number(text, tg_summary_single(&graph->edges[e].message), tg_graph_digits(graph) + 2);
        sign = " + ";
    }
}

static void costs(const tg_graph *graph, const tg_graph_node *node, tg_text *text) {
    line(graph, text, QUIET);
    if (node->params) {
        tg_text_count(text, (double)node->params, "parameters");
        tg_text_put(text, ", ");
    }
    if (node->in) {
        tg_text_count(text, node->cost.forward, "FLOP");
        tg_text_put(text, " forward, ");
        tg_text_count(text, node->cost.backward, "backward");
        tg_text_put(text, "<BR/>");
    }
    tg_text_count(text, (double)node->bytes, "B");
    if (node->saved) {
        tg_text_put(text, ", backward reads ");
        tg_text_count(text, (double)node->saved, "B");
    }
    end(text);
}

static void label(const tg_graph *graph, const tg_graph_node *node, tg_text *text) {
    tg_detail detail = tg_graph_detail(graph);
    head(graph, node, text);
    if (detail >= TG_DETAIL_SHAPES) {
        line(graph, text, QUIET);
        tg_text_type(text, tg_dtype_of(node->node), tg_shape_of(node->node));
        end(text);
    }
    if (detail >= TG_DETAIL_VALUES) {
        line(graph, text, VALUE);
        tg_text_value(text, graph, node->node);
        end(text);
    }
    if (detail >= TG_DETAIL_GRADIENTS && tg_requires_grad(node->node)) {
        line(graph, text, GRADIENT);
        tg_text_put(text, "grad ");
        tg_text_grad(text, graph, node->node);
        fork_sum(graph, node, text);
        end(text);
    }
    if (detail >= TG_DETAIL_COSTS) costs(graph, node, text);
    if (graph->spec.where && *node->file) {
        line(graph, text, QUIET);
        markup(text, node->file);
        tg_text_add(text, ":%d", node->line);
        end(text);
    }
}

static void write_node(const tg_graph *graph, const tg_graph_node *node, const tg_graph_scale *scale,
                       tg_text *text) {
    tg_graph_look look = tg_graph_look_of(node->kind);
    tg_text_add(text, "  v%d [shape=%s, style=\"%s\", fillcolor=\"%s\"", node->id, look.shape, look.style,
                tg_graph_fill(graph, scale, node));
    if (look.border > 1) tg_text_add(text, ", penwidth=%d", look.border);
    if (node->in && !node->uses) tg_text_put(text, ", peripheries=2");
    tg_text_put(text, ", label=<");
    label(graph, node, text);
    tg_text_put(text, ">];\n");
}

static void write_edge(const tg_graph *graph, const tg_graph_edge *edge, tg_text *text) {
    if (!edge->shown) return;
    tg_text_add(text, "  v%d -> v%d", graph->nodes[edge->from].shown, graph->nodes[edge->to].shown);
    /* Where a tensor is used once, its gradient says the same as the message. */
    bool message = edge->message.known && (edge->message.count == 1 || graph->nodes[edge->from].uses > 1);
    if (edge->again) {
        tg_text_put(text, " [style=dashed, constraint=false, tooltip=\"to the next repetition\"]");
    } else if (edge->local.known || message) {
        /* On white: what is behind it, borders of clusters and other edges, does not cross it out. */
        tg_text_put(text, " [label=<<TABLE BORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"0\">"
                          "<TR><TD BGCOLOR=\"white\">");
        if (edge->local.known) {
            tg_text_put(text, "<FONT COLOR=\"" LOCAL "\">&#215; ");
            tg_text_local(text, graph, edge);
            end(text);
        }
        if (message) {
            tg_text_put(text, edge->local.known ? "<BR/>" : "");
            tg_text_put(text, "<FONT COLOR=\"" GRADIENT "\">");
            tg_text_message(text, graph, edge);
            end(text);
        }
        tg_text_put(text, "</TD></TR></TABLE>>]");
    }
    tg_text_put(text, ";\n");
}

/* A note that says how many nodes are left out, and which nodes take something from them. */
static void write_hidden(const tg_graph *graph, tg_text *text) {
    tg_text_add(text, "  hidden [shape=note, style=dashed, label=\"%d more nodes are hidden\"];\n",
                graph->hidden);
    int last = -1;
    for (int e = 0; e < graph->edges_count; e++) {
        const tg_graph_edge *edge = &graph->edges[e];
        if (graph->nodes[edge->from].shown >= 0 || graph->nodes[edge->to].shown != edge->to) continue;
        if (edge->to != last) tg_text_add(text, "  hidden -> v%d [style=dashed];\n", edge->to);
        last = edge->to;
    }
}

/* The nodes of a cluster, then the clusters in it. */
static void write_cluster(const tg_graph *graph, int cluster, const tg_graph_scale *scale, tg_text *text) {
    if (cluster >= 0) {
        tg_text_add(text, "  subgraph cluster_%d {\n  label=\"", cluster);
        tg_text_label(text, graph->clusters[cluster].label, TG_ESCAPE_QUOTED);
        tg_text_put(text, "\";\n");
    }
    int first = cluster < 0 ? graph->first : graph->clusters[cluster].first;
    for (int i = first; i >= 0; i = graph->nodes[i].next_in_cluster)
        write_node(graph, &graph->nodes[i], scale, text);
    for (int i = cluster + 1; i < graph->clusters_count; i++)
        if (graph->clusters[i].parent == cluster && graph->clusters[i].shown)
            write_cluster(graph, i, scale, text);
    if (cluster >= 0) tg_text_put(text, "  }\n");
}

static void legend_row(tg_text *text, const char *fill, const char *sample, const char *what) {
    tg_text_add(text,
                "<TR><TD BORDER=\"1\" WIDTH=\"22\" BGCOLOR=\"%s\">%s</TD><TD ALIGN=\"LEFT\">%s</TD></TR>",
                fill, sample, what);
}

#define SAMPLE(colour, what) "<FONT COLOR=\"" colour "\">" what "0.5</FONT>"

static void legend(const tg_graph *graph, const tg_graph_scale *scale, tg_text *text) {
    tg_detail detail = tg_graph_detail(graph);
    bool seen[TG_NODE_KINDS] = {false}, again = false;
    for (int i = 0; i < graph->nodes_count; i++) seen[graph->nodes[i].kind] = true;
    for (int e = 0; e < graph->edges_count; e++) again |= graph->edges[e].again;
    tg_text_put(text,
                "  legend [shape=plain, label=<<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"2\">");
    for (int k = 0; k < TG_NODE_KINDS; k++)
        if (seen[k] && graph->spec.colour == TG_COLOUR_KIND)
            legend_row(text, tg_graph_look_of(k).fill, "", tg_graph_look_of(k).label);
    tg_graph_scale_rows(graph, scale, text, legend_row);
    if (detail >= TG_DETAIL_VALUES)
        legend_row(text, "white", SAMPLE(VALUE, ""), "value (large: min .. mean .. max)");
    if (detail >= TG_DETAIL_GRADIENTS) {
        legend_row(text, "white", SAMPLE(GRADIENT, "grad "),
                   "gradient; without grad, on an edge: what it adds");
        legend_row(text, "white", SAMPLE(LOCAL, "&#215; "), "on an edge: local derivative");
    }
    if (again) legend_row(text, "white", "- - -", "to the next repetition");
    legend_row(text, "white", "", "double border: result");
    tg_text_put(text, "</TABLE>>];\n");
}

void tg_graph_write_title(const tg_graph *graph, tg_text *text) {
    if (!*graph->title) return;
    tg_text_put(text, "  label=\"");
    tg_text_escape(text, graph->title, TG_ESCAPE_QUOTED);
    tg_text_put(text, "\"; labelloc=t;\n");
}

void tg_graph_write_dot(const tg_graph *graph, tg_text *text) {
    tg_text_put(text, "digraph tape {\n");
    tg_text_add(text,
                "  graph [rankdir=%s, fontname=\"Helvetica\", fontsize=14, ranksep=0.35, nodesep=0.3,\n",
                graph->spec.left_to_right ? "LR" : "TB");
    tg_text_put(text, "         style=rounded, color=\"#8a8a8a\", fontcolor=\"" QUIET "\", labeljust=l];\n"
                      "  node [fontname=\"Helvetica\", fontsize=14, fontcolor=\"" INK
                      "\", color=\"#4a4a4a\", margin=\"0.12,0.06\"];\n"
                      "  edge [fontname=\"Helvetica\", fontsize=12, color=\"#4a4a4a\", arrowsize=0.7];\n");
    tg_graph_write_title(graph, text);
    tg_graph_scale scale = tg_graph_scale_of(graph);
    write_cluster(graph, -1, &scale, text);
    for (int e = 0; e < graph->edges_count; e++) write_edge(graph, &graph->edges[e], text);
    if (graph->hidden) write_hidden(graph, text);
    if (*graph->note) {
        tg_text_put(text, "  note [shape=note, style=dashed, label=\"");
        tg_text_note(text, graph, "\\n");
        tg_text_put(text, "\"];\n");
    }
    if (!graph->spec.no_legend && graph->nodes_count) legend(graph, &scale, text);
    tg_text_put(text, "}\n");
}
