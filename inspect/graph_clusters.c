/* graph_clusters.c: which nodes are drawn in one box: those of a scope, or of a layer by the names of its
   parameters ("hidden.weight", "hidden.bias"). */
#include "graph_model.h"

#include <stdio.h>
#include <string.h>

/* Puts a new cluster behind the others; -1 without memory. */
static int add_cluster(tg_graph *graph, int parent, const char *label, int repeat) {
    int capacity = graph->memory->clusters_capacity;
    if (graph->clusters_count == capacity) {
        capacity = capacity ? 2 * capacity : 16;
        tg_graph_cluster *more = tg_graph_alloc(graph, (size_t)capacity * sizeof *more);
        if (!more) return -1;
        if (graph->clusters_count)
            memcpy(more, graph->clusters, (size_t)graph->clusters_count * sizeof *more);
        graph->clusters = more;
        graph->memory->clusters_capacity = capacity;
    }
    graph->clusters[graph->clusters_count] =
        (tg_graph_cluster){.label = tg_graph_label(graph, label), .parent = parent, .repeat = repeat};
    return graph->clusters_count++;
}

/* The child of `parent` (-1: none) with that label, made if need be. */
static int cluster_at(tg_graph *graph, int parent, const char *label) {
    for (int i = graph->clusters_count; i-- > 0;) {
        const tg_graph_cluster *c = &graph->clusters[i];
        if (c->parent == parent && !c->repeat && strcmp(c->label, label) == 0) return i;
    }
    return add_cluster(graph, parent, label, 0);
}

/* The cluster of a path "encoder/hidden": one inside the other. */
static int of_path(tg_graph *graph, const char *path, size_t length) {
    int cluster = -1;
    char label[128];
    for (size_t begin = 0; begin < length;) {
        const char *slash = memchr(path + begin, '/', length - begin);
        size_t n = (slash ? (size_t)(slash - path) : length) - begin,
               kept = n < sizeof label ? n : sizeof label - 1;
        memcpy(label, path + begin, kept);
        label[kept] = 0;
        cluster = cluster_at(graph, cluster, label);
        begin += n + 1;
    }
    return cluster;
}

static int of_scope(tg_graph *graph, const tg_graph_node *node) {
    const char *scope = tg_scope_of(node->node);
    return *scope ? of_path(graph, scope, strlen(scope)) : -1;
}

/* "hidden" of "hidden.weight". */
static int of_parameter(tg_graph *graph, const tg_graph_node *node) {
    const char *dot = node->kind == TG_NODE_PARAMETER ? strrchr(node->name, '.') : NULL;
    return dot && dot != node->name ? of_path(graph, node->name, (size_t)(dot - node->name)) : -1;
}

/* An op belongs to the layer whose parameters it takes; an activation that follows belongs there as well. */
static int of_arguments(const tg_graph *graph, const tg_graph_node *node, const bool *is_layer) {
    int inner = -1, inner_count = 0;
    for (int k = 0; k < node->in; k++) {
        const tg_graph_node *arg = &graph->nodes[graph->edges[node->first_in + k].from];
        if (arg->kind == TG_NODE_PARAMETER && arg->cluster >= 0) return arg->cluster;
        if (!arg->in) continue;
        inner = arg->id;
        inner_count++;
    }
    bool follows = inner_count == 1 && node->in == 1 && node->kind == TG_NODE_ELEMENTWISE && is_layer[inner];
    return follows ? graph->nodes[inner].cluster : -1;
}

bool tg_graph_add_clusters(tg_graph *graph) {
    bool *is_layer = tg_graph_alloc(graph, (size_t)graph->nodes_count);
    if (!is_layer) return false;
    for (int i = 0; i < graph->nodes_count; i++) {
        tg_graph_node *node = &graph->nodes[i];
        node->cluster = of_scope(graph, node);
        if (node->cluster >= 0) continue;
        node->cluster = of_parameter(graph, node);
        if (node->cluster >= 0 || !node->in) continue;
        node->cluster = of_arguments(graph, node, is_layer);
        is_layer[i] = node->cluster >= 0;
    }
    return !graph->memory->failed;
}

/* ---- folded blocks ---- */

static int depth_of(const tg_graph *graph, int cluster) {
    int n = 0;
    for (; cluster >= 0; cluster = graph->clusters[cluster].parent) n++;
    return n;
}

/* The innermost cluster around both; -1 for none. */
static int common(const tg_graph *graph, int a, int b) {
    int da = depth_of(graph, a), db = depth_of(graph, b);
    for (; da > db; da--) a = graph->clusters[a].parent;
    for (; db > da; db--) b = graph->clusters[b].parent;
    while (a != b) {
        a = graph->clusters[a].parent;
        b = graph->clusters[b].parent;
    }
    return a;
}

/* The path of clusters from `outer` down to `cluster`, made once more inside `into`. */
static int moved(tg_graph *graph, int cluster, int outer, int into) {
    if (cluster == outer) return into;
    int parent = moved(graph, graph->clusters[cluster].parent, outer, into);
    return cluster_at(graph, parent, graph->clusters[cluster].label);
}

/* Whether the node stands in one of the repetitions. */
static bool in_fold(const tg_graph *graph, const tg_graph_node *node, int fold) {
    int at = node->shown < 0 ? -1 : graph->nodes[node->shown].fold;
    while (at >= 0 && at != fold) at = graph->folds[at].parent;
    return at == fold;
}

/* A box around the first repetition, within the clusters that hold all repetitions. */
static void box_fold(tg_graph *graph, int fold) {
    const tg_graph_fold *f = &graph->folds[fold];
    bool any = false;
    int outer = -1;
    for (int i = 0; i < graph->nodes_count; i++) {
        if (!in_fold(graph, &graph->nodes[i], fold)) continue;
        outer = any ? common(graph, outer, graph->nodes[i].cluster) : graph->nodes[i].cluster;
        any = true;
    }
    if (!any) return;
    char label[80];
    snprintf(label, sizeof label, "\xc3\x97 %d   (v%d to v%d)", f->count, f->first, f->last);
    int box = add_cluster(graph, outer, label, f->count);
    for (int i = 0; i < graph->nodes_count; i++)
        if (graph->nodes[i].shown == i && in_fold(graph, &graph->nodes[i], fold))
            graph->nodes[i].cluster = moved(graph, graph->nodes[i].cluster, outer, box);
}

bool tg_graph_box_folds(tg_graph *graph) {
    for (int fold = graph->folds_count; fold-- > 0 && !graph->memory->failed;) box_fold(graph, fold);
    return !graph->memory->failed;
}
