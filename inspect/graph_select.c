/* graph_select.c: which nodes and edges are drawn: folded blocks once, and of large graphs what is near the
   focus. */
#include "graph_model.h"

#include <string.h>

#define LIMIT 56

typedef struct search {
    tg_graph *graph;
    int *queue, *distance; /* distance by node id, -1 where it has not come */
    int head, tail;
} search;

static void reach(search *s, int id, int distance) {
    if (id < 0 || s->distance[id] >= 0) return;
    s->distance[id] = distance;
    s->queue[s->tail++] = id;
}

/* Breadth first over the shown graph, against the edges, and along them as well where `both`. */
static void spread(search *s, int from, int hops, int limit, bool both) {
    tg_graph *graph = s->graph;
    reach(s, graph->nodes[from].shown, 0);
    while (s->head < s->tail && s->head < limit) {
        const tg_graph_node *node = &graph->nodes[s->queue[s->head++]];
        int next = s->distance[node->id] + 1;
        if (next > hops) continue;
        for (int k = 0; k < node->in; k++)
            reach(s, graph->nodes[graph->edges[node->first_in + k].from].shown, next);
        for (int e = both ? node->first_out : -1; e >= 0; e = graph->edges[e].next_out)
            reach(s, graph->nodes[graph->edges[e].to].shown, next);
    }
}

static int count_shown(const tg_graph *graph) {
    int n = 0;
    for (int i = 0; i < graph->nodes_count; i++) n += graph->nodes[i].shown == i;
    return n;
}

/* Keeps the first `limit` nodes that a search from the focus meets, or from the results of the tape. */
static bool keep_near(tg_graph *graph, int focus, int hops, int limit) {
    size_t n = (size_t)graph->nodes_count;
    search s = {.graph = graph};
    s.queue = tg_graph_alloc(graph, n * sizeof *s.queue);
    s.distance = tg_graph_alloc(graph, n * sizeof *s.distance);
    if (!s.queue || !s.distance) return false;
    memset(s.distance, -1, n * sizeof *s.distance);
    if (focus >= 0) spread(&s, focus, hops, limit, true);
    for (int i = graph->nodes_count; focus < 0 && i-- > 0;)
        if (!graph->nodes[i].uses) spread(&s, i, hops, limit, false);
    int kept = s.tail < limit ? s.tail : limit;
    for (int i = 0; i < graph->nodes_count; i++) {
        int shown = graph->nodes[i].shown;
        if (shown == i && s.distance[i] < 0) graph->hidden++;
    }
    graph->hidden += s.tail - kept;
    for (int i = kept; i < s.tail; i++) s.distance[s.queue[i]] = -1;
    for (int i = 0; i < graph->nodes_count; i++)
        if (graph->nodes[i].shown >= 0 && s.distance[graph->nodes[i].shown] < 0) graph->nodes[i].shown = -1;
    return true;
}

static int outermost_fold(const tg_graph *graph, const tg_graph_node *node) {
    int fold = node->fold;
    while (fold >= 0 && graph->folds[fold].parent >= 0) fold = graph->folds[fold].parent;
    return fold;
}

/* Inside a fold an edge is drawn for the first repetition; one from there to the next shows how the blocks
   hang together; edges between other repetitions say the same again. */
static void choose_edge(tg_graph *graph, tg_graph_edge *edge, int *stamp) {
    const tg_graph_node *from = &graph->nodes[edge->from], *to = &graph->nodes[edge->to];
    edge->shown = edge->again = false;
    if (from->shown < 0 || to->shown < 0) return;
    if (to->shown != edge->to) {
        edge->again = from->shown == edge->from && from->fold >= 0 &&
                      outermost_fold(graph, from) == outermost_fold(graph, &graph->nodes[to->shown]);
        edge->shown = edge->again;
        return;
    }
    edge->shown = edge->from == from->shown || stamp[from->shown] != edge->to;
    stamp[from->shown] = edge->to;
}

static bool choose_edges(tg_graph *graph) {
    int *stamp = tg_graph_alloc(graph, (size_t)graph->nodes_count * sizeof *stamp);
    if (!stamp) return false;
    for (int e = 0; e < graph->edges_count; e++) choose_edge(graph, &graph->edges[e], stamp);
    return true;
}

bool tg_graph_select(tg_graph *graph) {
    const tg_graph_spec *spec = &graph->spec;
    int limit = spec->limit ? spec->limit : LIMIT, focus = spec->focus ? tg_id(spec->focus) : -1;
    if (limit < 0 || focus >= graph->nodes_count) limit = graph->nodes_count;
    bool fold = spec->fold == TG_FOLD_ALWAYS || (spec->fold == TG_FOLD_AUTO && graph->nodes_count > limit);
    if (fold && !tg_graph_fold_blocks(graph)) return false;
    int hops = spec->hops > 0 ? spec->hops : focus >= 0 ? 2 : graph->nodes_count;
    if ((focus >= 0 || count_shown(graph) > limit) && !keep_near(graph, focus, hops, limit)) return false;
    return choose_edges(graph);
}
