/* graph_mermaid.c: the graph as a Mermaid flowchart, for Markdown pages that draw it themselves. */
#include "graph_model.h"

static void label(const tg_graph *graph, const tg_graph_node *node, tg_text *text) {
    tg_detail detail = tg_graph_detail(graph);
    tg_text_add(text, "v%d ", node->id);
    if (!node->in && *node->name)
        tg_text_name(text, graph, node->name, TG_ESCAPE_MERMAID);
    else
        tg_text_escape(text, node->op, TG_ESCAPE_MERMAID);
    tg_text_order(text, node->node);
    if (*node->options) {
        tg_text_put(text, " ");
        tg_text_escape(text, node->options, TG_ESCAPE_MERMAID);
    }
    if (*node->name && node->in) {
        tg_text_put(text, "<br/>");
        tg_text_name(text, graph, node->name, TG_ESCAPE_MERMAID);
    }
    if (detail >= TG_DETAIL_SHAPES) {
        tg_text_put(text, "<br/>");
        tg_text_type(text, tg_dtype_of(node->node), tg_shape_of(node->node));
    }
    if (detail >= TG_DETAIL_VALUES) {
        tg_text_put(text, "<br/>");
        tg_text_value(text, graph, node->node);
    }
    if (detail >= TG_DETAIL_GRADIENTS && tg_requires_grad(node->node)) {
        tg_text_put(text, "<br/>grad ");
        tg_text_grad(text, graph, node->node);
    }
    if (detail >= TG_DETAIL_COSTS && node->in) {
        tg_text_put(text, "<br/>");
        tg_text_count(text, node->cost.forward, "FLOP");
    }
    if (graph->spec.where && *node->file) {
        tg_text_put(text, "<br/>");
        tg_text_escape(text, node->file, TG_ESCAPE_MERMAID);
        tg_text_add(text, ":%d", node->line);
    }
}

static void write_node(const tg_graph *graph, const tg_graph_node *node, tg_text *text) {
    static const char *const open[] = {"([\"", "([\"", "[\"", "(\"", "[\"", "(\"", "(\""};
    static const char *const close[] = {"\"])", "\"])", "\"]", "\")", "\"]", "\")", "\")"};
    tg_text_add(text, "  v%d%s", node->id, open[node->kind]);
    label(graph, node, text);
    tg_text_add(text, "%s:::kind%d\n", close[node->kind], node->kind);
}

static void write_cluster(const tg_graph *graph, int cluster, tg_text *text) {
    int first = cluster < 0 ? graph->first : graph->clusters[cluster].first;
    if (cluster >= 0) {
        tg_text_add(text, "  subgraph c%d[\"", cluster);
        tg_text_label(text, graph->clusters[cluster].label, TG_ESCAPE_MERMAID);
        tg_text_put(text, "\"]\n");
    }
    for (int i = first; i >= 0; i = graph->nodes[i].next_in_cluster)
        write_node(graph, &graph->nodes[i], text);
    for (int i = cluster + 1; i < graph->clusters_count; i++)
        if (graph->clusters[i].parent == cluster && graph->clusters[i].shown) write_cluster(graph, i, text);
    if (cluster >= 0) tg_text_put(text, "  end\n");
}

static void write_edge(const tg_graph *graph, const tg_graph_edge *edge, tg_text *text) {
    if (!edge->shown) return;
    tg_text_add(text, "  v%d %s", graph->nodes[edge->from].shown, edge->again ? "-.->" : "-->");
    if (edge->message.known && !edge->again) {
        tg_text_put(text, "|\"");
        if (edge->local.known) {
            tg_text_put(text, "\xc3\x97 ");
            tg_text_local(text, graph, edge);
            tg_text_put(text, "<br/>");
        }
        tg_text_message(text, graph, edge);
        tg_text_put(text, "\"|");
    }
    tg_text_add(text, " v%d\n", graph->nodes[edge->to].shown);
}

void tg_graph_write_mermaid(const tg_graph *graph, tg_text *text) {
    if (*graph->title) {
        tg_text_put(text, "---\ntitle: \"");
        tg_text_escape(text, graph->title, TG_ESCAPE_QUOTED);
        tg_text_put(text, "\"\n---\n");
    }
    tg_text_add(text, "flowchart %s\n", graph->spec.left_to_right ? "LR" : "TB");
    write_cluster(graph, -1, text);
    for (int e = 0; e < graph->edges_count; e++) write_edge(graph, &graph->edges[e], text);
    if (graph->hidden) tg_text_add(text, "  hidden>\"%d more nodes are hidden\"]\n", graph->hidden);
    if (*graph->note) tg_text_add(text, "  note>\"%s\"]\n", graph->note);
    tg_graph_scale scale = tg_graph_scale_of(graph);
    for (int i = 0; graph->spec.colour != TG_COLOUR_KIND && i < graph->nodes_count; i++)
        if (graph->nodes[i].shown == i)
            tg_text_add(text, "  style v%d fill:%s\n", i, tg_graph_fill(graph, &scale, &graph->nodes[i]));
    for (int k = 0; k < TG_NODE_KINDS; k++)
        tg_text_add(text, "  classDef kind%d fill:%s,stroke:#4a4a4a,color:#1a1a1a\n", k,
                    tg_graph_look_of(k).fill);
}
