/* page_layout.c: where the nodes of the page stand. Columns by the longest way from the leaves; within a
   column the order with few crossings, found by moving everything to the middle of its neighbours
   (Sugiyama, Tagawa, Toda, IEEE Transactions on Systems, Man, and Cybernetics 11, 1981); then heights that
   keep wires straight. */
#include "page.h"

#include <stdlib.h>
#include <string.h>

#define COLUMN   300 /* from one column to the next */
#define NUMBERS  44  /* and more, where numbers stand at the wires' ends: derivatives of scalars */
#define ROW      116 /* between nodes of a column */
#define LANE     44  /* between a wire that only passes and what is beside it */
#define PORT     22  /* between the wires that enter a gate, where they are many */
#define PORTS    16  /* beyond so many they draw closer */
#define MARGIN_X 70
#define RIGHT    200 /* of the last column's middle: its wire */
#define MARGIN_Y 80
#define SWEEPS   12
#define MANY     4000 /* things to place; beyond, wires pass where they please */

/* A node, or the place where a wire passes a column. */
typedef struct thing {
    int node; /* -1: a wire passes */
    int column;
    int rank; /* within the column, from above */
    int y;
    int more;                                 /* by which it is taller than others, above and below */
    int first_left, left, first_right, right; /* its neighbours, in links */
} thing;

typedef struct plan {
    const tg_graph *graph;
    tg_page_layout *layout;
    tg_arena *arena;
    thing *things;
    int count, columns;
    int width;     /* from one column to the next */
    int *thing_of; /* by node id */
    int *column;   /* by node id */
    int *lanes;    /* by edge: its first passing thing; they follow each other from left to right */
    int *links;
    int *first; /* by column, and one more: where it begins in `order` */
    int *order; /* things, by column, from above */
} plan;

static void *take(plan *p, size_t count, size_t size) {
    void *memory = tg_arena_alloc(p->arena, (count + 1) * size, 8);
    if (memory) memset(memory, 0, (count + 1) * size);
    return memory;
}

static bool is_drawn(const tg_graph_edge *edge) {
    return edge->shown && !edge->again;
}

static int end_of(const tg_graph *graph, int id) {
    return graph->nodes[id].shown;
}

/* An op stands right of its arguments; a leaf just left of the first op that uses it. */
static void choose_columns(plan *p) {
    const tg_graph *graph = p->graph;
    for (int e = 0; e < graph->edges_count; e++) {
        const tg_graph_edge *edge = &graph->edges[e];
        if (!is_drawn(edge)) continue;
        int from = end_of(graph, edge->from), to = end_of(graph, edge->to);
        if (p->column[to] <= p->column[from]) p->column[to] = p->column[from] + 1;
    }
    for (int i = 0; i < graph->nodes_count; i++) {
        if (graph->nodes[i].in || graph->nodes[i].shown != i) continue;
        int nearest = 0;
        for (int e = graph->nodes[i].first_out; e >= 0; e = graph->edges[e].next_out) {
            int to = is_drawn(&graph->edges[e]) ? p->column[end_of(graph, graph->edges[e].to)] : 0;
            if (to && (!nearest || to < nearest)) nearest = to;
        }
        if (nearest) p->column[i] = nearest - 1;
    }
    for (int i = 0; i < graph->nodes_count; i++)
        if (graph->nodes[i].shown == i && p->column[i] >= p->columns) p->columns = p->column[i] + 1;
}

static int span(const plan *p, const tg_graph_edge *edge) {
    if (!is_drawn(edge)) return 0;
    return p->column[end_of(p->graph, edge->to)] - p->column[end_of(p->graph, edge->from)];
}

static int choose_width(const tg_graph *graph) {
    for (int e = 0; e < graph->edges_count; e++)
        if (graph->edges[e].local.count == 1 || graph->edges[e].message.count == 1) return COLUMN + NUMBERS;
    return COLUMN;
}

/* Three wires enter a gate of the usual height with room for their numbers. */
int tg_page_gate_juts(const tg_graph *graph, int node) {
    int wires = 0;
    for (int k = 0; k < graph->nodes[node].in; k++)
        wires += is_drawn(&graph->edges[graph->nodes[node].first_in + k]);
    if (wires > PORTS) wires = PORTS;
    return wires > 3 ? (wires - 1) * PORT / 2 - 26 : 0;
}

static bool make_things(plan *p) {
    const tg_graph *graph = p->graph;
    int64_t n = 0, passing = 0;
    for (int i = 0; i < graph->nodes_count; i++) n += graph->nodes[i].shown == i;
    for (int e = 0; e < graph->edges_count; e++) {
        int columns = span(p, &graph->edges[e]);
        if (columns > 1) passing += columns - 1;
    }
    if (n + passing > MANY) passing = 0;
    p->things = take(p, (size_t)(n + passing), sizeof *p->things);
    if (!p->things) return false;
    for (int i = 0; i < graph->nodes_count; i++) {
        if (graph->nodes[i].shown != i) continue;
        p->thing_of[i] = p->count;
        p->things[p->count++] =
            (thing){.node = i, .column = p->column[i], .more = tg_page_gate_juts(graph, i)};
    }
    for (int e = 0; e < graph->edges_count; e++) {
        int columns = span(p, &graph->edges[e]), from = end_of(graph, graph->edges[e].from);
        p->lanes[e] = passing && columns > 1 ? p->count : -1;
        for (int c = 1; passing && c < columns; c++)
            p->things[p->count++] = (thing){.node = -1, .column = p->column[from] + c};
    }
    return true;
}

/* Calls visit for each pair of neighbours, the left one first. */
static void each_link(plan *p, void (*visit)(plan *p, thing *left, thing *right)) {
    const tg_graph *graph = p->graph;
    for (int e = 0; e < graph->edges_count; e++) {
        const tg_graph_edge *edge = &graph->edges[e];
        if (!is_drawn(edge)) continue;
        thing *left = &p->things[p->thing_of[end_of(graph, edge->from)]];
        for (int c = span(p, edge) - 1, at = p->lanes[e]; at >= 0 && c > 0; c--, at++) {
            visit(p, left, &p->things[at]);
            left = &p->things[at];
        }
        visit(p, left, &p->things[p->thing_of[end_of(graph, edge->to)]]);
    }
}

static void count_link(plan *p, thing *left, thing *right) {
    (void)p;
    left->right++;
    right->left++;
}

static void note_link(plan *p, thing *left, thing *right) {
    p->links[left->first_right + left->right++] = (int)(right - p->things);
    p->links[right->first_left + right->left++] = (int)(left - p->things);
}

static bool link_things(plan *p) {
    int n = 0;
    each_link(p, count_link);
    for (int i = 0; i < p->count; i++) {
        thing *t = &p->things[i];
        t->first_left = n;
        t->first_right = n + t->left;
        n += t->left + t->right;
        t->left = t->right = 0;
    }
    p->links = take(p, (size_t)n, sizeof *p->links);
    if (p->links) each_link(p, note_link);
    return p->links;
}

static bool fill_columns(plan *p) {
    p->first = take(p, (size_t)p->columns + 1, sizeof *p->first);
    p->order = take(p, (size_t)p->count, sizeof *p->order);
    int *next = take(p, (size_t)p->columns, sizeof *next);
    if (!p->first || !p->order || !next) return false;
    for (int i = 0; i < p->count; i++) p->first[p->things[i].column + 1]++;
    for (int c = 0; c < p->columns; c++) p->first[c + 1] += p->first[c];
    for (int i = 0; i < p->count; i++) {
        thing *t = &p->things[i];
        t->rank = next[t->column]++;
        p->order[p->first[t->column] + t->rank] = i;
    }
    return true;
}

/* ---- order ---- */

typedef struct sorted {
    int64_t key;
    int rank, thing;
} sorted;

static int compare(const void *a, const void *b) {
    const sorted *s = a, *t = b;
    if (s->key != t->key) return s->key < t->key ? -1 : 1;
    return s->rank - t->rank;
}

/* The mean rank of the neighbours on one side, in thousandths; one's own where there are none. */
static int64_t mean_rank(const plan *p, const thing *t, bool of_left) {
    int64_t sum = 0;
    int n = of_left ? t->left : t->right;
    for (int i = 0; i < n; i++)
        sum += p->things[p->links[(of_left ? t->first_left : t->first_right) + i]].rank;
    return n ? 1000 * sum / n : 1000 * (int64_t)t->rank;
}

static void sort_column(plan *p, int column, bool by_left, sorted *work) {
    int first = p->first[column], n = p->first[column + 1] - first;
    for (int i = 0; i < n; i++) {
        const thing *t = &p->things[p->order[first + i]];
        work[i] = (sorted){mean_rank(p, t, by_left), i, p->order[first + i]};
    }
    qsort(work, (size_t)n, sizeof *work, compare);
    for (int i = 0; i < n; i++) {
        p->order[first + i] = work[i].thing;
        p->things[work[i].thing].rank = i;
    }
}

/* Pairs of wires that cross between a column and the next. */
static int64_t crossings_right_of(const plan *p, int column) {
    int64_t n = 0;
    for (int i = p->first[column]; i < p->first[column + 1]; i++)
        for (int j = i + 1; j < p->first[column + 1]; j++) {
            const thing *above = &p->things[p->order[i]], *below = &p->things[p->order[j]];
            for (int a = 0; a < above->right; a++)
                for (int b = 0; b < below->right; b++)
                    n += p->things[p->links[above->first_right + a]].rank >
                         p->things[p->links[below->first_right + b]].rank;
        }
    return n;
}

static int64_t crossings(const plan *p) {
    int64_t n = 0;
    for (int c = 0; c + 1 < p->columns; c++) n += crossings_right_of(p, c);
    return n;
}

static bool order_columns(plan *p) {
    sorted *work = take(p, (size_t)p->count, sizeof *work);
    int *best = take(p, (size_t)p->count, sizeof *best);
    if (!work || !best) return false;
    bool few = p->count <= MANY / 4;
    int64_t fewest = few ? crossings(p) : 0;
    memcpy(best, p->order, (size_t)p->count * sizeof *best);
    for (int sweep = 0; sweep < (few ? SWEEPS : 2); sweep++) {
        bool rightward = sweep % 2 == 0;
        for (int i = 0; i < p->columns; i++)
            sort_column(p, rightward ? i : p->columns - 1 - i, rightward, work);
        int64_t now = few ? crossings(p) : -1;
        if (now >= fewest) continue;
        fewest = now;
        memcpy(best, p->order, (size_t)p->count * sizeof *best);
    }
    memcpy(p->order, best, (size_t)p->count * sizeof *best);
    for (int c = 0; c < p->columns; c++)
        for (int i = p->first[c]; i < p->first[c + 1]; i++) p->things[p->order[i]].rank = i - p->first[c];
    return true;
}

/* ---- heights ---- */

static int distance(const plan *p, int above, int below) {
    bool wire = p->things[above].node < 0 || p->things[below].node < 0;
    int least =
        wire ? p->things[above].node < 0 && p->things[below].node < 0 ? LANE / 2 : ROW / 2 + LANE / 2 : ROW;
    return least + p->things[above].more + p->things[below].more;
}

/* The height at which its wires would be straight. */
static int wanted(const plan *p, const thing *t, bool by_left) {
    int64_t sum = 0;
    int n = by_left ? t->left : t->right;
    for (int i = 0; i < n; i++) sum += p->things[p->links[(by_left ? t->first_left : t->first_right) + i]].y;
    return n ? (int)(sum / n) : t->y;
}

typedef struct pool {
    int64_t sum;
    int count;
} pool;

static int64_t mean_of(const pool *q) {
    return q->sum >= 0 ? q->sum / q->count : -((-q->sum + q->count - 1) / q->count);
}

/* Moves each thing of a column as near to where it wants to be as the distances allow: least squares, by
   pooling neighbours that want to be too close (isotonic regression). */
static void settle_column(plan *p, int column, bool by_left, pool *pools) {
    int first = p->first[column], n = p->first[column + 1] - first, top = 0, offset = 0;
    for (int i = 0; i < n; i++) {
        if (i) offset += distance(p, p->order[first + i - 1], p->order[first + i]);
        thing *t = &p->things[p->order[first + i]];
        pools[top++] = (pool){wanted(p, t, by_left) - offset, 1};
        for (; top > 1 && mean_of(&pools[top - 2]) >= mean_of(&pools[top - 1]); top--) {
            pools[top - 2].sum += pools[top - 1].sum;
            pools[top - 2].count += pools[top - 1].count;
        }
    }
    offset = 0;
    for (int k = 0, i = 0; k < top; k++)
        for (int j = 0; j < pools[k].count; j++, i++) {
            if (i) offset += distance(p, p->order[first + i - 1], p->order[first + i]);
            p->things[p->order[first + i]].y = (int)mean_of(&pools[k]) + offset;
        }
}

static bool choose_heights(plan *p) {
    pool *pools = take(p, (size_t)p->count, sizeof *pools);
    if (!pools) return false;
    for (int i = 0; i < p->count; i++) p->things[i].y = p->things[i].rank * ROW;
    for (int sweep = 0; sweep < SWEEPS + 1; sweep++)
        for (int i = 0; i < p->columns; i++)
            settle_column(p, sweep % 2 ? p->columns - 1 - i : i, sweep % 2 == 0, pools);
    int lowest = 0, highest = 0;
    for (int i = 0; i < p->count; i++) {
        int top = p->things[i].y - p->things[i].more, bottom = p->things[i].y + p->things[i].more;
        if (!i || top < lowest) lowest = top;
        if (!i || bottom > highest) highest = bottom;
    }
    for (int i = 0; i < p->count; i++) p->things[i].y += MARGIN_Y - lowest;
    p->layout->height = highest - lowest + 2 * MARGIN_Y;
    p->layout->width = (p->columns ? p->columns - 1 : 0) * p->width + MARGIN_X + RIGHT;
    return true;
}

/* ---- */

static bool keep_places(plan *p) {
    const tg_graph *graph = p->graph;
    tg_page_layout *layout = p->layout;
    int n = 0;
    layout->node = take(p, (size_t)graph->nodes_count, sizeof *layout->node);
    layout->first_via = take(p, (size_t)graph->edges_count + 1, sizeof *layout->first_via);
    layout->via = take(p, (size_t)p->count, sizeof *layout->via);
    if (!layout->node || !layout->first_via || !layout->via) return false;
    for (int i = 0; i < p->count; i++) {
        const thing *t = &p->things[i];
        if (t->node >= 0) layout->node[t->node] = (tg_page_point){MARGIN_X + t->column * p->width, t->y};
    }
    for (int e = 0; e < graph->edges_count; e++) {
        layout->first_via[e] = n;
        for (int c = span(p, &graph->edges[e]) - 1, at = p->lanes[e]; at >= 0 && c > 0; c--, at++)
            layout->via[n++] = (tg_page_point){MARGIN_X + p->things[at].column * p->width, p->things[at].y};
    }
    layout->first_via[graph->edges_count] = n;
    return true;
}

bool tg_page_lay_out(tg_page_layout *layout, const tg_graph *graph) {
    plan p = {.graph = graph, .layout = layout, .arena = &layout->arena};
    p.column = take(&p, (size_t)graph->nodes_count, sizeof *p.column);
    p.thing_of = take(&p, (size_t)graph->nodes_count, sizeof *p.thing_of);
    p.lanes = take(&p, (size_t)graph->edges_count, sizeof *p.lanes);
    if (!p.column || !p.thing_of || !p.lanes) return false;
    p.width = choose_width(graph);
    choose_columns(&p);
    return make_things(&p) && link_things(&p) && fill_columns(&p) && order_columns(&p) &&
           choose_heights(&p) && keep_places(&p);
}

void tg_page_layout_free(tg_page_layout *layout) {
    tg_arena_free(&layout->arena);
}
