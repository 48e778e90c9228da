/* graph_edges.c: the local derivative and the contribution of each edge.

   The contribution is what backward of the node adds to the gradient of the argument: the vector-Jacobian
   product with the gradient that has arrived at the node. The local derivative is the same product with ones:
   exact between scalars, and the diagonal of the Jacobian for an elementwise op on equal shapes. */
#include "graph_model.h"

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
    for (int64_t i = 0; i < tg_size(node); i++) switch (tg_dtype_of(node)) {
        case TG_F32:
            ((float *)b->ones)[i] = 1;
            break;
        case TG_F64:
            ((double *)b->ones)[i] = 1;
            break;
        default:
            ((double *)b->ones)[2 * i] = 1;
            break;
        }
    return true;
}

static bool has_diagonal(const tg_node *node, const tg_node *arg) {
    if (tg_size(node) == 1 && tg_size(arg) == 1) return true;
    return tg_op_of(node)->elementwise && tg_shape_equal(tg_shape_of(node), tg_shape_of(arg));
}

static bool has_derivative(const tg_op *op) {
    return op->view || op->kernels[TG_F64]->backward;
}

/* Keeps a small message to a node that others send to as well, so that their sum can be shown. */
static bool keep_parts(tg_graph *graph, tg_graph_edge *edge, const void *message) {
    const tg_node *arg = graph->nodes[edge->from].node;
    int64_t n = tg_size(arg);
    if (graph->nodes[edge->from].uses < 2 || n < 2 || n > TG_GRAPH_PARTS) return true;
    double *parts = tg_graph_alloc(graph, (size_t)n * sizeof *parts);
    for (int64_t i = 0; parts && i < n; i++) parts[i] = tg_element(message, tg_dtype_of(arg), i);
    edge->parts = parts;
    return parts;
}

/* On a tape that has failed some may be missing. */
static bool has_values(const tg_node *node) {
    for (int k = 0; k < tg_arg_count(node); k++)
        if (!tg_value(tg_arg(node, k))) return false;
    return tg_value(node);
}

static bool derive(tg_graph *graph, tg_graph_node *to) {
    buffers b;
    if (!has_derivative(tg_op_of(to->node)) || !has_values(to->node)) return true;
    bool ok = give_buffers(&b, to->node);
    for (int round = 0; ok && round < 2; round++) {
        const void *dy = round ? tg_grad(to->node) : b.ones;
        if (!dy) continue;
        ok = tg_send_backward(to->node, dy, b.dx);
        for (int k = 0; ok && k < to->in; k++) {
            const tg_node *arg = tg_arg(to->node, k);
            tg_graph_edge *edge = &graph->edges[to->first_in + k];
            if (!b.dx[k]) continue;
            if (round) {
                edge->message = tg_summary_of(b.dx[k], tg_dtype_of(arg), tg_size(arg));
                ok = keep_parts(graph, edge, b.dx[k]);
            } else if (has_diagonal(to->node, arg))
                edge->local = tg_summary_of(b.dx[k], tg_dtype_of(arg), tg_size(arg));
        }
    }
    free_buffers(&b, to->in);
    return ok;
}

bool tg_graph_add_derivatives(tg_graph *graph) {
    for (int i = 0; i < graph->nodes_count; i++) {
        tg_graph_node *node = &graph->nodes[i];
        if (node->in && tg_requires_grad(node->node) && !derive(graph, node)) return false;
    }
    return true;
}
