/* graph_model.c: the graph model of a tape. */
#include "graph_model.h"
#include "profile.h"

#include <string.h>

void *tg_graph_alloc(tg_graph *graph, size_t size) {
    void *memory = tg_arena_alloc(&graph->memory->arena, size ? size : 1, 8);
    if (memory)
        memset(memory, 0, size);
    else
        graph->memory->failed = true;
    return memory;
}

const char *tg_graph_keep(tg_graph *graph, tg_text *text) {
    char *copy = text->failed || !text->size ? NULL : tg_graph_alloc(graph, text->size + 1);
    if (copy) memcpy(copy, text->data, text->size + 1);
    graph->memory->failed |= text->failed;
    text->size = 0;
    return copy ? copy : "";
}

const char *tg_graph_label(tg_graph *graph, const char *label) {
    if (!label || !*label) return "";
    tg_text_clean(&graph->memory->text, label);
    return tg_graph_keep(graph, &graph->memory->text);
}

static tg_node_kind kind_of(const tg_node *node) {
    const tg_op *op = tg_op_of(node);
    if (!op)
        return tg_param_of(node)      ? TG_NODE_PARAMETER
               : tg_is_constant(node) ? TG_NODE_CONSTANT
                                      : TG_NODE_INPUT;
    if (op->random) return TG_NODE_RANDOM;
    if (op->view) return TG_NODE_VIEW;
    return op->elementwise ? TG_NODE_ELEMENTWISE : TG_NODE_MIXING;
}

static const char *op_name(const tg_node *node, tg_node_kind kind) {
    static const char *const leaf[] = {"input", "constant", "parameter"};
    return tg_op_of(node) ? tg_op_of(node)->name : leaf[kind];
}

static const char *base_name(const char *path) {
    if (!path) return "";
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* What backward of the node reads: its own value, its arguments' values. */
static int64_t saved_bytes(const tg_node *node) {
    const tg_op *op = tg_op_of(node);
    if (!op || !tg_requires_grad(node)) return 0;
    int64_t bytes =
        op->saves & TG_SAVES_OUTPUT ? tg_size(node) * (int64_t)tg_dtype_size(tg_dtype_of(node)) : 0;
    for (int k = 0; k < tg_arg_count(node); k++) {
        const tg_node *arg = tg_arg(node, k);
        if (op->saves & TG_SAVES_ARG(k < 8 ? k : 7))
            bytes += tg_size(arg) * (int64_t)tg_dtype_size(tg_dtype_of(arg));
    }
    return bytes;
}

static void describe(tg_graph *graph, const tg_node *node, tg_graph_node *g) {
    char options[256];
    tg_options_text(tg_op_of(node), tg_options_of(node), options, sizeof options);
    tg_where where = tg_where_of(node);
    int64_t size = tg_size(node);
    g->node = node;
    g->id = tg_id(node);
    g->kind = kind_of(node);
    g->op = tg_graph_label(graph, op_name(node, g->kind));
    g->options = tg_graph_label(graph, options);
    g->name = tg_graph_label(graph, tg_name_of(node));
    g->file = tg_graph_label(graph, base_name(where.file));
    g->line = where.line;
    tg_text_equation(&graph->memory->text, node);
    g->equation = tg_graph_keep(graph, &graph->memory->text);
    g->cluster = g->first_out = g->fold = -1;
    g->shown = g->same = g->id;
    g->cost = tg_cost_of(node);
    tg_profile_times(graph->spec.profile, g->id, &g->time_forward, &g->time_backward);
    g->params = tg_param_of(node) ? size : 0;
    g->bytes = g->kind == TG_NODE_VIEW ? 0 : size * (int64_t)tg_dtype_size(tg_dtype_of(node));
    g->saved = saved_bytes(node);
    if (tg_graph_detail(graph) >= TG_DETAIL_VALUES) g->value = tg_summary_of_value(node);
}

static bool add_edges(tg_graph *graph) {
    int n = 0;
    for (int i = 0; i < graph->nodes_count; i++) n += tg_arg_count(graph->nodes[i].node);
    graph->edges = tg_graph_alloc(graph, (size_t)n * sizeof *graph->edges);
    if (!graph->edges) return false;
    for (int i = 0; i < graph->nodes_count; i++) {
        tg_graph_node *to = &graph->nodes[i];
        to->first_in = graph->edges_count;
        to->in = tg_arg_count(to->node);
        for (int k = 0; k < to->in; k++) {
            int from = tg_id(tg_arg(to->node, k));
            graph->edges[graph->edges_count++] = (tg_graph_edge){.from = from, .to = i, .arg = k};
            tg_text_adjoint(&graph->memory->text, to->node, k);
            graph->edges[graph->edges_count - 1].equation = tg_graph_keep(graph, &graph->memory->text);
        }
    }
    for (int e = graph->edges_count; e-- > 0;) {
        tg_graph_node *from = &graph->nodes[graph->edges[e].from];
        graph->edges[e].next_out = from->uses++ ? from->first_out : -1;
        from->first_out = e;
    }
    return true;
}

/* Chains the shown nodes of each cluster, in tape order, and counts them. */
static void link_shown(tg_graph *graph) {
    graph->first = -1;
    for (int c = 0; c < graph->clusters_count; c++) graph->clusters[c].first = -1;
    for (int i = graph->nodes_count; i-- > 0;) {
        tg_graph_node *node = &graph->nodes[i];
        if (node->shown != i) continue;
        int *first = node->cluster < 0 ? &graph->first : &graph->clusters[node->cluster].first;
        node->next_in_cluster = *first;
        *first = i;
        graph->shown++;
        for (int c = node->cluster; c >= 0; c = graph->clusters[c].parent) graph->clusters[c].shown++;
    }
}

static bool fill(tg_graph *graph, const tg_tape *tape) {
    graph->title = tg_graph_label(graph, graph->spec.title);
    graph->nodes = tg_graph_alloc(graph, (size_t)graph->nodes_count * sizeof *graph->nodes);
    if (!graph->nodes) return false;
    for (int i = 0; i < graph->nodes_count; i++) describe(graph, tg_tape_node(tape, i), &graph->nodes[i]);
    if (!add_edges(graph)) return false;
    if (!tg_graph_find_gradients(graph)) return false;
    if (!graph->spec.no_clusters && !tg_graph_add_clusters(graph)) return false;
    if (!tg_graph_select(graph) || !tg_graph_box_folds(graph)) return false;
    link_shown(graph);
    return !graph->memory->failed;
}

static tg_detail at_least(tg_detail detail, tg_detail least) {
    return detail < least ? least : detail;
}

tg_graph *tg_graph_new(const tg_tape *tape, tg_graph_spec spec, tg_status *status) {
    if (!tape) {
        tg_status_fail(status, "graph: no tape was given");
        return NULL;
    }
    tg_graph *graph = tg_alloc(sizeof *graph);
    if (graph) graph->memory = tg_alloc(sizeof *graph->memory);
    if (!graph || !graph->memory) {
        tg_release(graph);
        tg_status_fail(status, "graph: out of memory");
        return NULL;
    }
    if (spec.circuit || spec.colour == TG_COLOUR_GRADIENT)
        spec.detail = at_least(spec.detail, TG_DETAIL_GRADIENTS);
    graph->spec = spec;
    graph->dtype = tg_tape_dtype(tape);
    graph->nodes_count = tg_tape_size(tape);
    if (fill(graph, tape)) return graph;
    tg_status_fail(status, "graph: out of memory for a tape of %d nodes", graph->nodes_count);
    tg_graph_free(graph);
    return NULL;
}

void tg_graph_free(tg_graph *graph) {
    if (!graph) return;
    tg_graph_free_gradients(graph);
    tg_arena_free(&graph->memory->arena);
    tg_text_free(&graph->memory->text);
    tg_release(graph->memory);
    tg_release(graph);
}
