/* graph_edges.c: the local derivative and the contribution of each edge.

   The contribution is what backward of the node adds to the gradient of the argument: the vector-Jacobian
   product with the gradient that has arrived at the node. The local derivative is the same product with ones:
   exact between scalars, and the diagonal of the Jacobian for an elementwise op on equal shapes. Whether the
   contributions add up to the gradients is told here too: those of leaves may be older than this pass. */
#include "graph_model.h"

#include "../core/block.h"

#include <float.h>
#include <math.h>

typedef struct buffers {
    void **dx; /* one tensor per argument */
    void *ones;
} buffers;

static void free_buffers(buffers *b, int n) {
    for (int k = 0; b->dx && k < n; k++) tg_tensor_free(b->dx[k]);
    tg_release(b->dx);
    tg_tensor_free(b->ones);
}

static bool give_buffers(buffers *b, const tg_node *node) {
    int n = tg_arg_count(node);
    *b = (buffers){tg_alloc((size_t)n * sizeof *b->dx),
                   tg_tensor_alloc(tg_size(node), tg_dtype_size(tg_dtype_of(node)))};
    if (!b->dx || !b->ones) return false;
    for (int k = 0; k < n; k++) {
        const tg_node *arg = tg_arg(node, k);
        if (!tg_requires_grad(arg)) continue;
        b->dx[k] = tg_tensor_alloc(tg_size(arg), tg_dtype_size(tg_dtype_of(arg)));
        if (!b->dx[k]) return false;
    }
    tg_block_ops_of(tg_dtype_of(node))->ones(tg_size(node), b->ones);
    return true;
}

static bool has_diagonal(const tg_node *node, const tg_node *arg) {
    if (tg_size(node) == 1 && tg_size(arg) == 1) return true;
    return tg_op_of(node)->elementwise && tg_shape_equal(tg_shape_of(node), tg_shape_of(arg));
}

static bool has_derivative(const tg_op *op) {
    return op->view || op->kernels[TG_F64]->backward;
}

/* On a tape that has failed some may be missing. */
static bool has_values(const tg_node *node) {
    for (int k = 0; k < tg_arg_count(node); k++)
        if (!tg_value(tg_arg(node, k))) return false;
    return tg_value(node);
}

bool tg_graph_can_send(const tg_graph_node *node) {
    return node->in && tg_requires_grad(node->node) && has_values(node->node) &&
           has_derivative(tg_op_of(node->node));
}

/* Keeps the elements of a small tensor, so that they can be shown. */
static bool keep_parts(tg_graph *graph, const tg_node *arg, const void *data, int64_t most,
                       const double **kept) {
    int64_t n = tg_size(arg);
    if (n < 2 || n > most) return true;
    double *parts = tg_graph_alloc(graph, (size_t)n * sizeof *parts);
    for (int64_t i = 0; parts && i < n; i++) parts[i] = tg_element(data, tg_dtype_of(arg), i);
    *kept = parts;
    return parts;
}

static bool add_local(tg_graph *graph, const tg_graph_node *to, int k, const void *data) {
    const tg_node *arg = tg_arg(to->node, k);
    tg_graph_edge *edge = &graph->edges[to->first_in + k];
    if (!data || !has_diagonal(to->node, arg)) return true;
    edge->local = tg_summary_of(data, tg_dtype_of(arg), tg_size(arg));
    return keep_parts(graph, arg, data, tg_graph_few(graph), &edge->local_parts);
}

bool tg_graph_add_locals(tg_graph *graph) {
    bool ok = true;
    for (int i = 0; ok && i < graph->nodes_count; i++) {
        const tg_graph_node *to = &graph->nodes[i];
        buffers b;
        if (!tg_graph_can_send(to)) continue;
        ok = give_buffers(&b, to->node) && tg_send_backward(to->node, b.ones, b.dx);
        for (int k = 0; ok && k < to->in; k++) ok = add_local(graph, to, k, b.dx[k]);
        free_buffers(&b, to->in);
    }
    return ok;
}

/* ---- messages, and what they add up to ---- */

/* The sum of the messages to a node, element by element, and behind it the sum of their sizes, which is what
   rounding is measured by. NULL: no message. */
typedef struct totals {
    double **of; /* by node id */
    int *count;  /* of messages */
    int *home;   /* the node at which a node's total is: for a parameter its first node on the tape */
} totals;

static bool begin_totals(totals *t, const tg_graph *graph) {
    size_t n = (size_t)graph->nodes_count + 1;
    *t = (totals){tg_alloc(n * sizeof *t->of), tg_alloc(n * sizeof *t->count), tg_alloc(n * sizeof *t->home)};
    if (!t->of || !t->count || !t->home) return false;
    for (int i = 0; i < graph->nodes_count; i++) {
        const tg_param *param = tg_param_of(graph->nodes[i].node);
        int home = param ? 0 : i;
        while (home < i && tg_param_of(graph->nodes[home].node) != param) home++;
        t->home[i] = home;
    }
    return true;
}

static void end_totals(totals *t, const tg_graph *graph) {
    for (int i = 0; t->of && i < graph->nodes_count; i++) tg_release(t->of[i]);
    tg_release(t->of);
    tg_release(t->count);
    tg_release(t->home);
}

static bool add_to_total(totals *t, const tg_node *node, const void *message) {
    const int home = t->home[tg_id(node)];
    double **total = &t->of[home];
    int64_t n = tg_size(node);
    if (!*total && !(*total = tg_alloc((size_t)(2 * n + 1) * sizeof **total))) return false;
    t->count[home]++;
    for (int64_t i = 0; i < n; i++) {
        double x = tg_element(message, tg_dtype_of(node), i);
        (*total)[i] += x;
        (*total)[n + i] += fabs(x);
    }
    return true;
}

/* Rounding is measured by the largest terms of the whole tensor: earlier sums in it were rounded as well. What
   f32 cannot hold is infinite there. */
static bool is_total(const tg_node *node, const void *grad, const double *total, int count) {
    bool single = tg_dtype_of(node) == TG_F32;
    int64_t n = tg_size(node);
    double size = 0;
    for (int64_t i = 0; i < n; i++)
        if (isfinite(total[n + i])) size = fmax(size, total[n + i]);
    double allowed = size * (single ? 1e-4 + (double)FLT_EPSILON * count : 1e-11 + DBL_EPSILON * count);
    for (int64_t i = 0; i < n; i++) {
        double x = tg_element(grad, tg_dtype_of(node), i), sum = single ? (double)(float)total[i] : total[i];
        if (x == sum || (isnan(x) && isnan(sum))) continue;
        if (!(fabs(x - sum) <= allowed)) return false;
    }
    return true;
}

/* Backward may have begun at an op whose users have no gradient; of a leaf, and where the gradients before it
   are missing too, they were lost. */
static bool may_begin(const tg_graph *graph, const tg_graph_node *node) {
    if (!tg_graph_lost_way(graph, node->id)) return true;
    bool whole = node->in > 0;
    for (int k = 0; k < node->in; k++) {
        const tg_node *arg = tg_arg(node->node, k);
        whole &= !tg_requires_grad(arg) || graph->memory->grads[tg_id(arg)] != NULL;
    }
    return whole;
}

/* For all nodes that have their total here: one, but for parameters. No message has come where backward
   began. */
static void judge(tg_graph *graph, totals *t, int home) {
    const void *grad = graph->memory->grads[home];
    const tg_node *node = graph->nodes[home].node;
    double *total = t->of[home];
    int last = tg_param_of(node) ? graph->nodes_count - 1 : home, nodes = 0;
    bool explained = !grad || (total && is_total(node, grad, total, t->count[home])), begins = grad && !total;
    for (int i = home; i <= last; i++) {
        if (t->home[i] != home) continue;
        begins = begins && may_begin(graph, &graph->nodes[i]);
        nodes++;
    }
    for (int i = home; i <= last; i++) {
        if (t->home[i] != home) continue;
        graph->nodes[i].seed = begins;
        graph->nodes[i].shared = grad && nodes > 1;
        graph->nodes[i].same = grad ? home : i;
        graph->nodes[i].unexplained = !explained && !begins;
    }
    tg_release(total);
    t->of[home] = NULL;
}

static bool add_messages_of(tg_graph *graph, const tg_graph_node *to, totals *t) {
    buffers b;
    bool ok = give_buffers(&b, to->node) && tg_send_backward(to->node, graph->memory->grads[to->id], b.dx);
    for (int k = 0; ok && k < to->in; k++) {
        const tg_node *arg = tg_arg(to->node, k);
        tg_graph_edge *edge = &graph->edges[to->first_in + k];
        if (!b.dx[k]) continue;
        edge->message = tg_summary_of(b.dx[k], tg_dtype_of(arg), tg_size(arg));
        /* Where others send to it as well, more of them: their sum is shown. */
        int most = graph->nodes[edge->from].uses > 1 ? TG_GRAPH_PARTS : 0, few = tg_graph_few(graph);
        ok = keep_parts(graph, arg, b.dx[k], most > few ? most : few, &edge->parts) &&
             add_to_total(t, arg, b.dx[k]);
    }
    free_buffers(&b, to->in);
    return ok;
}

bool tg_graph_add_messages(tg_graph *graph) {
    totals t;
    bool ok = begin_totals(&t, graph);
    for (int e = 0; e < graph->edges_count; e++) {
        graph->edges[e].message = (tg_summary){0};
        graph->edges[e].parts = NULL;
    }
    for (int i = graph->nodes_count; ok && i-- > 0;) {
        if (t.home[i] == i) judge(graph, &t, i);
        if (graph->memory->grads[i] && tg_graph_can_send(&graph->nodes[i]))
            ok = add_messages_of(graph, &graph->nodes[i], &t);
    }
    end_totals(&t, graph);
    return ok;
}
