/* graph_gradients.c: which gradients are shown. Those on the tape; but a backward pass by the execution plan
   keeps only those of leaves. The others are then computed here, op by op from where backward may have begun, and
   shown if they lead to just the gradients that the tape holds; else a note says what is missing. */
#include "graph_model.h"

#include "../core/block.h"

#include <string.h>

static bool takes_part(const tg_node *node) {
    return tg_requires_grad(node) && tg_size(node) > 0;
}

/* Of the edges that leave a node: whether a gradient could come back along any, whether one did. */
static void ways_back(const tg_graph *graph, int id, bool *could, bool *did) {
    *could = *did = false;
    for (int e = graph->nodes[id].first_out; e >= 0; e = graph->edges[e].next_out) {
        int to = graph->edges[e].to;
        *could |= tg_requires_grad(graph->nodes[to].node);
        *did |= graph->memory->grads[to] != NULL;
    }
}

static bool all_ones(const tg_node *node, const void *data) {
    for (int64_t i = 0; i < tg_size(node); i++)
        if (tg_element(data, tg_dtype_of(node), i) != 1) return false;
    return true;
}

bool tg_graph_lost_way(const tg_graph *graph, int id) {
    bool could, did;
    const void *grad = graph->memory->grads[id];
    const tg_node *node = graph->nodes[id].node;
    if (!grad || !takes_part(node)) return false;
    ways_back(graph, id, &could, &did);
    return could && !did && (!tg_op_of(node) || !all_ones(node, grad));
}

static bool any_lost(const tg_graph *graph) {
    for (int i = 0; i < graph->nodes_count; i++)
        if (tg_graph_lost_way(graph, i)) return true;
    return false;
}

static bool is_end(const tg_graph *graph, int id) {
    bool could, did;
    if (!tg_op_of(graph->nodes[id].node) || !takes_part(graph->nodes[id].node)) return false;
    ways_back(graph, id, &could, &did);
    return !could;
}

static void *new_tensor(tg_graph *graph, const tg_node *node) {
    void *tensor = tg_tensor_alloc(tg_size(node), tg_dtype_size(tg_dtype_of(node)));
    if (!tensor) graph->memory->failed = true;
    return tensor;
}

static void add(const tg_node *node, void *to, const void *more) {
    tg_block_ops_of(tg_dtype_of(node))->add(tg_size(node), to, more);
}

/* Sends the gradient of `to` on to its arguments. */
static bool send(tg_graph *graph, const tg_graph_node *to) {
    if (!tg_graph_can_send(to)) return false;
    void **own = graph->memory->own, **dx = tg_alloc((size_t)to->in * sizeof *dx);
    bool ok = dx;
    for (int k = 0; ok && k < to->in; k++) {
        if (!tg_requires_grad(tg_arg(to->node, k))) continue;
        dx[k] = new_tensor(graph, tg_arg(to->node, k));
        ok = dx[k];
    }
    ok = ok && tg_send_backward(to->node, own[to->id], dx);
    for (int k = 0; dx && k < to->in; k++) {
        void **sum = &own[tg_id(tg_arg(to->node, k))];
        if (ok && dx[k] && !*sum) {
            *sum = dx[k];
            continue;
        }
        if (ok && dx[k]) add(tg_arg(to->node, k), *sum, dx[k]);
        tg_tensor_free(dx[k]);
    }
    tg_release(dx);
    graph->memory->failed |= !ok;
    return ok;
}

static void forget_own(tg_graph *graph) {
    for (int i = 0; graph->memory->own && i < graph->nodes_count; i++) {
        tg_tensor_free(graph->memory->own[i]);
        graph->memory->own[i] = NULL;
    }
}

/* A backward pass from `root`. False where a leaf gets a gradient that it does not have on the tape: then it
   is not the pass that was played. */
static bool play(tg_graph *graph, int root) {
    void **own = graph->memory->own;
    const tg_node *last = graph->nodes[root].node;
    if (!(own[root] = new_tensor(graph, last))) return false;
    if (tg_grad(last))
        add(last, own[root], tg_grad(last));
    else
        tg_block_ops_of(tg_dtype_of(last))->ones(tg_size(last), own[root]);
    for (int i = root; i >= 0; i--) {
        const tg_graph_node *node = &graph->nodes[i];
        if (!own[i]) continue;
        if (node->in ? !send(graph, node) : !tg_grad(node->node)) return false;
    }
    return true;
}

static void show_own(tg_graph *graph) {
    for (int i = 0; i < graph->nodes_count; i++) {
        graph->memory->grads[i] = tg_grad(graph->nodes[i].node);
        if (!graph->memory->grads[i] && graph->nodes[i].in) graph->memory->grads[i] = graph->memory->own[i];
    }
}

static bool all_explained(const tg_graph *graph) {
    for (int i = 0; i < graph->nodes_count; i++)
        if (graph->nodes[i].unexplained) return false;
    return true;
}

/* Whether the gradients on the tape are those of a pass from `root`, whose inner gradients are then shown. */
static bool recover(tg_graph *graph, int root) {
    if (play(graph, root)) {
        show_own(graph);
        if (!tg_graph_add_messages(graph))
            graph->memory->failed = true;
        else if (all_explained(graph))
            return true;
    }
    forget_own(graph);
    show_own(graph);
    return false;
}

/* Backward mostly began at a node that nothing uses, or else at a scalar. */
static void recover_any(tg_graph *graph) {
    int tries = 8;
    for (int inner = 0; inner < 2; inner++)
        for (int i = graph->nodes_count; i-- > 0 && tries && !graph->memory->failed;) {
            const tg_node *node = graph->nodes[i].node;
            bool end = is_end(graph, i);
            if (inner ? end || !tg_op_of(node) || !takes_part(node) || tg_size(node) > 1 : !end) continue;
            if (recover(graph, i)) return;
            tries--;
        }
}

static void list_unexplained(tg_graph *graph, tg_text *text) {
    int listed = 0, more = 0;
    for (int i = 0; i < graph->nodes_count; i++) {
        if (!graph->nodes[i].unexplained) continue;
        if (listed < 6)
            tg_text_add(text, "%sv%d", listed++ ? ", " : "", i);
        else
            more++;
    }
    if (more) tg_text_add(text, " and %d more", more);
}

static bool lost_some(const tg_graph *graph) {
    for (int i = 0; i < graph->nodes_count; i++)
        if (graph->nodes[i].unexplained && tg_graph_lost_way(graph, i)) return true;
    return false;
}

static const char *make_note(tg_graph *graph) {
    tg_text *text = &graph->memory->text;
    if (all_explained(graph)) return "";
    if (lost_some(graph)) {
        tg_text_put(text, "gradients of inner nodes were not kept (tg_step_retain, called before tg_replay, "
                          "keeps them) and cannot be computed again: what stands at ");
        list_unexplained(graph, text);
        tg_text_put(text, " is not from one backward pass over the present values");
    } else {
        tg_text_put(text, "the messages do not add up to the gradient of ");
        list_unexplained(graph, text);
        tg_text_put(text, ": accumulated over more than one backward pass, or values changed since");
    }
    return tg_graph_keep(graph, text);
}

bool tg_graph_find_gradients(tg_graph *graph) {
    size_t bytes = (size_t)graph->nodes_count * sizeof(void *);
    struct tg_graph_memory *memory = graph->memory;
    memory->grads = tg_graph_alloc(graph, bytes);
    memory->own = tg_graph_alloc(graph, bytes);
    graph->note = "";
    if (memory->failed) return false;
    if (tg_graph_detail(graph) < TG_DETAIL_GRADIENTS) return true;
    show_own(graph);
    if (graph->dtype != TG_DUAL && any_lost(graph)) recover_any(graph);
    if (memory->failed || !tg_graph_add_locals(graph) || !tg_graph_add_messages(graph)) return false;
    for (int i = 0; i < graph->nodes_count; i++)
        graph->nodes[i].grad =
            tg_summary_of(memory->grads[i], tg_dtype_of(graph->nodes[i].node), tg_size(graph->nodes[i].node));
    graph->note = make_note(graph);
    return !memory->failed;
}

void tg_graph_free_gradients(tg_graph *graph) {
    forget_own(graph);
}

bool tg_graph_adds_up(const tg_graph_node *node) {
    return node->grad.known && !node->seed && !node->shared && !node->unexplained;
}
