/* graph_fold.c: blocks that stand on the tape several times in a row are drawn once, "x12".

   The ops of the tape are a sequence; a block of p ops repeats where each op equals the one p places later:
   the same op, options and shape, and arguments that are the same node, or lie equally far back, or are
   leaves of one shape that nothing else uses (each layer's own weights). The longest savings are folded
   first; then the shortened sequence is looked at again, which finds blocks of blocks. */
#include "graph_model.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST 256 /* ops in a block */
#define PASSES  3

typedef struct run {
    int begin, period, count; /* in the sequence */
    int saved;
} run;

/* What two ops are compared by, worked out once per pass. */
typedef struct sequence {
    tg_graph *graph;
    int n;
    int *ops;   /* ids of the ops that are still shown, in tape order */
    int *place; /* by node id: its place in ops, -1 for leaves */
    int *class; /* by node id: equal for nodes that are alike but for their arguments */
    int *from;  /* by edge: the shown node that it comes from */
    int *
        back; /* by edge: how many places back that is, the class of a leaf of one's own below 0, or SHARED */
    int *length; /* working memory: n + 1 */
    run *runs;
    int runs_count, runs_capacity;
} sequence;

#define SHARED (-0x40000000) /* a leaf that others use as well: equal to itself alone */

static bool alike(const tg_graph_node *a, const tg_graph_node *b) {
    const tg_op *op = tg_op_of(a->node);
    if (op != tg_op_of(b->node) || a->kind != b->kind || a->in != b->in || a->repeat != b->repeat)
        return false;
    if (!tg_shape_equal(tg_shape_of(a->node), tg_shape_of(b->node))) return false;
    return !op || !op->options_size ||
           memcmp(tg_options_of(a->node), tg_options_of(b->node), op->options_size) == 0;
}

static unsigned hash(const tg_graph_node *node) {
    unsigned h = 2166136261u ^ (unsigned)node->kind ^ (unsigned)(node->repeat << 8);
    for (const char *c = node->op; *c; c++) h = (h ^ (unsigned char)*c) * 16777619u;
    const tg_shape *shape = tg_shape_of(node->node);
    for (int i = 0; i < shape->rank; i++) h = (h ^ (unsigned)shape->dim[i]) * 16777619u;
    return h;
}

/* Gives every node the position of the first node that is like it. */
static bool classify(sequence *s) {
    tg_graph *graph = s->graph;
    size_t size = 64;
    while (size < 2 * (size_t)graph->nodes_count) size *= 2;
    int *table = tg_alloc(size * sizeof *table); /* 1 + node id; 0: free */
    if (!table) return false;
    for (int i = 0; i < graph->nodes_count; i++) {
        size_t at = hash(&graph->nodes[i]) & (size - 1);
        while (table[at] && !alike(&graph->nodes[table[at] - 1], &graph->nodes[i]))
            at = (at + 1) & (size - 1);
        if (!table[at]) table[at] = i + 1;
        s->class[i] = table[at] - 1;
    }
    tg_release(table);
    for (int e = 0; e < graph->edges_count; e++) {
        const tg_graph_node *from = &graph->nodes[graph->nodes[graph->edges[e].from].shown];
        s->from[e] = from->id;
        if (from->in)
            s->back[e] = s->place[graph->nodes[graph->edges[e].to].shown] - s->place[from->id];
        else
            s->back[e] = from->uses == 1 ? -1 - s->class[from->id] : SHARED;
    }
    return true;
}

static bool same_argument(const sequence *s, int x, int y) {
    return s->from[x] == s->from[y] || (s->back[x] == s->back[y] && s->back[x] != SHARED);
}

/* Whether the op at place j repeats the one at place i. Where i belongs to the first block, what it takes
   from before `begin` may be any node of that shape: the input of the whole. */
static bool same(const sequence *s, int i, int j, int begin) {
    if (s->class[s->ops[i]] != s->class[s->ops[j]]) return false;
    const tg_graph_node *nodes = s->graph->nodes, *a = &nodes[s->ops[i]], *b = &nodes[s->ops[j]];
    for (int k = 0; k < a->in; k++) {
        int x = a->first_in + k, y = b->first_in + k;
        if (same_argument(s, x, y)) continue;
        int from = s->place[s->from[x]], again = s->place[s->from[y]];
        if (begin < 0 || from >= begin || again < begin) return false;
        if (!tg_shape_equal(tg_shape_of(nodes[s->from[x]].node), tg_shape_of(nodes[s->from[y]].node)))
            return false;
    }
    return true;
}

static bool add_run(sequence *s, run r) {
    if (s->runs_count == s->runs_capacity) {
        int capacity = s->runs_capacity ? 2 * s->runs_capacity : 64;
        run *more = tg_graph_alloc(s->graph, (size_t)capacity * sizeof *more);
        if (!more) return false;
        if (s->runs_count) memcpy(more, s->runs, (size_t)s->runs_count * sizeof *more);
        s->runs = more;
        s->runs_capacity = capacity;
    }
    s->runs[s->runs_count++] = r;
    return true;
}

/* One repetition more before `begin`, if its ops differ in where the input comes from only. */
static bool precedes(const sequence *s, int begin, int period) {
    int first = begin - period;
    for (int i = first; i >= 0 && i < begin; i++)
        if (!same(s, i, i + period, first)) return false;
    return first >= 0;
}

/* Whether the op at a place is the first of its cluster. */
static bool begins_cluster(const sequence *s, int place) {
    const tg_graph_node *nodes = s->graph->nodes;
    return place > 0 && nodes[s->ops[place]].cluster != nodes[s->ops[place - 1]].cluster;
}

/* A run may begin anywhere in the block. Best is where one more repetition goes before it, then where a
   cluster begins, so that layers stay whole. */
static run best_phase(const sequence *s, int begin, int period) {
    run best = {.begin = begin, .period = period, .count = 1 + s->length[begin] / period};
    int slack = s->length[begin] % period, merit = 0;
    for (int shift = 0; shift <= slack; shift++) {
        bool more = precedes(s, begin + shift, period);
        int at = begin + shift - (more ? period : 0), here = 1 + 2 * more + begins_cluster(s, at);
        if (here <= merit) continue;
        merit = here;
        best.begin = at;
        best.count = 1 + s->length[begin] / period + more;
    }
    best.saved = (best.count - 1) * period;
    return best;
}

/* All maximal runs of one period. */
static bool find_runs(sequence *s, int period) {
    s->length[s->n - period] = 0;
    for (int i = s->n - period; i-- > 0;)
        s->length[i] = same(s, i, i + period, -1) ? s->length[i + 1] + 1 : 0;
    for (int i = 0; i < s->n - period; i++) {
        if (s->length[i] < period || (i && s->length[i - 1])) continue;
        run r = best_phase(s, i, period);
        if (r.saved > 2 && !add_run(s, r)) return false;
    }
    return true;
}

static int by_savings(const void *a, const void *b) {
    const run *x = a, *y = b;
    if (x->saved != y->saved) return y->saved - x->saved;
    return x->period != y->period ? x->period - y->period : x->begin - y->begin;
}

/* ---- what is folded ---- */

/* The k-th argument where that is a leaf which nothing else uses; NULL otherwise. */
static tg_graph_node *own_leaf(tg_graph *graph, const tg_graph_node *node, int k) {
    tg_graph_node *arg = &graph->nodes[graph->edges[node->first_in + k].from];
    return arg->in || arg->uses != 1 ? NULL : arg;
}

/* Marks an op of the second or a later repetition, and its leaves, as standing in for those of the first. */
static void mark(tg_graph *graph, tg_graph_node *node, tg_graph_node *first, int fold) {
    node->shown = first->id;
    for (int k = 0; k < node->in; k++) {
        tg_graph_node *leaf = own_leaf(graph, node, k), *first_leaf = own_leaf(graph, first, k);
        if (!leaf || !first_leaf || leaf->kind != first_leaf->kind) continue;
        leaf->shown = first_leaf->id;
        first_leaf->fold = fold;
    }
}

static bool fold_run(sequence *s, const run *r) {
    tg_graph *graph = s->graph;
    tg_graph_fold *more = tg_graph_alloc(graph, (size_t)(graph->folds_count + 1) * sizeof *more);
    if (!more) return false;
    if (graph->folds_count) memcpy(more, graph->folds, (size_t)graph->folds_count * sizeof *more);
    graph->folds = more;
    int fold = graph->folds_count++, last = r->begin + r->period * r->count - 1;
    graph->folds[fold] = (tg_graph_fold){
        .first = s->ops[r->begin], .last = s->ops[last], .count = r->count, .ops = r->period, .parent = -1};
    for (int i = 0; i < r->period; i++) {
        tg_graph_node *first = &graph->nodes[s->ops[r->begin + i]];
        int inner = first->fold;
        if (inner >= 0) graph->folds[inner].parent = fold;
        first->repeat = (first->repeat ? first->repeat : 1) * r->count;
        if (inner < 0) first->fold = fold;
        for (int c = 1; c < r->count; c++)
            mark(graph, &graph->nodes[s->ops[r->begin + i + c * r->period]], first,
                 inner >= 0 ? inner : fold);
    }
    return true;
}

static bool fold_once(sequence *s, bool *changed) {
    s->runs_count = 0;
    if (!classify(s)) return false;
    for (int p = 1; p <= LONGEST && 2 * p <= s->n; p++)
        if (!find_runs(s, p)) return false;
    if (s->runs_count) qsort(s->runs, (size_t)s->runs_count, sizeof *s->runs, by_savings);
    bool *taken = tg_graph_alloc(s->graph, (size_t)s->n);
    if (!taken) return false;
    for (int i = 0; i < s->runs_count; i++) {
        const run *r = &s->runs[i];
        int ops = r->period * r->count;
        if (memchr(taken + r->begin, true, (size_t)ops)) continue;
        memset(taken + r->begin, true, (size_t)ops);
        *changed = true;
        if (!fold_run(s, r)) return false;
    }
    return true;
}

/* The ops that stand for themselves, and their places. */
static void list_ops(sequence *s) {
    s->n = 0;
    for (int i = 0; i < s->graph->nodes_count; i++) {
        tg_graph_node *node = &s->graph->nodes[i];
        s->place[i] = -1;
        while (s->graph->nodes[node->shown].shown != node->shown)
            node->shown = s->graph->nodes[node->shown].shown;
        if (!node->in || node->shown != i) continue;
        s->place[i] = s->n;
        s->ops[s->n++] = i;
    }
}

bool tg_graph_fold_blocks(tg_graph *graph) {
    size_t n = (size_t)graph->nodes_count;
    sequence s = {.graph = graph};
    s.ops = tg_graph_alloc(graph, n * sizeof *s.ops);
    s.place = tg_graph_alloc(graph, n * sizeof *s.place);
    s.length = tg_graph_alloc(graph, (n + 1) * sizeof *s.length);
    s.class = tg_graph_alloc(graph, n * sizeof *s.class);
    s.from = tg_graph_alloc(graph, (size_t)graph->edges_count * sizeof *s.from);
    s.back = tg_graph_alloc(graph, (size_t)graph->edges_count * sizeof *s.back);
    if (!s.ops || !s.place || !s.length || !s.class || !s.from || !s.back) return false;
    bool changed = true;
    for (int pass = 0; pass < PASSES && changed; pass++) {
        changed = false;
        list_ops(&s);
        if (s.n > 1 && !fold_once(&s, &changed)) return false;
    }
    list_ops(&s);
    return true;
}
