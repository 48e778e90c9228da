/* graph_model.h: how the graph model is put together. Private to inspect. */
#ifndef TG_INSPECT_GRAPH_MODEL_H
#define TG_INSPECT_GRAPH_MODEL_H

#include "core/arena.h"
#include "graph.h"
#include "text.h"

struct tg_graph_memory {
    tg_arena arena; /* of all arrays and strings of the model */
    int clusters_capacity;
    tg_text text;       /* for putting a label together */
    const void **grads; /* by node: the gradient that is shown; NULL for none */
    void **own;         /* those of them that are not the tape's; freed with the graph */
    bool failed;
};

void *tg_graph_alloc(tg_graph *graph, size_t size);
/* Ends a text: its copy in the graph's memory. */
const char *tg_graph_keep(tg_graph *graph, tg_text *text);
/* A copy of a label, made clean (text.h). */
const char *tg_graph_label(tg_graph *graph, const char *label);

/* The steps of tg_graph_new; each says whether memory sufficed. */
bool tg_graph_find_gradients(tg_graph *graph);
bool tg_graph_add_clusters(tg_graph *graph);
bool tg_graph_box_folds(tg_graph *graph);

/* Parts of finding the gradients. A node has lost its way when it has a gradient, and none of the nodes from
   which it could have come has one. */
bool tg_graph_add_locals(tg_graph *graph);
bool tg_graph_add_messages(tg_graph *graph);
bool tg_graph_can_send(const tg_graph_node *node);
bool tg_graph_lost_way(const tg_graph *graph, int id);
void tg_graph_free_gradients(tg_graph *graph);

/* Which nodes and edges are drawn. */
bool tg_graph_select(tg_graph *graph);
bool tg_graph_fold_blocks(tg_graph *graph);

/* ---- for the writers ---- */

double tg_element(const void *data, tg_dtype dtype, int64_t i);
int tg_graph_digits(const tg_graph *graph);
/* Whether the messages of the edges that leave the node are just what its gradient is the sum of. */
bool tg_graph_adds_up(const tg_graph_node *node);
/* The graph's note, in lines of at most 70 characters; `next` between them. */
void tg_text_note(tg_text *text, const tg_graph *graph, const char *next);
/* The elements of the gradient that is shown; NULL for none. */
const void *tg_graph_grad(const tg_graph *graph, const tg_node *node);
tg_detail tg_graph_detail(const tg_graph *graph);
/* "f32[4,16]", "f64" for a scalar. */
void tg_text_type(tg_text *text, tg_dtype dtype, const tg_shape *shape);
/* The elements if they are few, else minimum, mean, maximum and the number of NaN; "-" when not known. */
void tg_text_value(tg_text *text, const tg_graph *graph, const tg_node *node);
void tg_text_grad(tg_text *text, const tg_graph *graph, const tg_node *node);
void tg_text_summary(tg_text *text, const tg_graph *graph, const tg_summary *summary);
/* What an edge says: its few elements, else the summary. */
void tg_text_local(tg_text *text, const tg_graph *graph, const tg_graph_edge *edge);
void tg_text_message(tg_text *text, const tg_graph *graph, const tg_graph_edge *edge);
/* A label, without its middle where it is long. A name of a node likewise, but unlike all other names. */
void tg_text_label(tg_text *text, const char *label, tg_escape how);
void tg_text_name(tg_text *text, const tg_graph *graph, const char *name, tg_escape how);
/* Tensors of at most so many elements are shown in full. */
int tg_graph_few(const tg_graph *graph);
/* The number that a summary of one element is of. */
double tg_summary_single(const tg_summary *summary);
/* The shortest decimal that reads back as x; JSON knows no NaN and no infinity: "nan", "inf", "-inf". */
void tg_text_json_number(tg_text *text, double x);
/* 1234567 -> "1.23 M" with the unit behind it. */
void tg_text_count(tg_text *text, double count, const char *unit);

typedef struct tg_graph_look {
    const char *label, *fill, *shape, *style; /* as dot calls them */
    int border;
} tg_graph_look;
tg_graph_look tg_graph_look_of(tg_node_kind kind);

/* The range of what is coloured, over the shown nodes; high 0: there is nothing. */
typedef struct tg_graph_scale {
    bool logarithmic;
    double low, high;
} tg_graph_scale;
tg_graph_scale tg_graph_scale_of(const tg_graph *graph);
const char *tg_graph_fill(const tg_graph *graph, const tg_graph_scale *scale, const tg_graph_node *node);
/* Calls row for each step of the scale, the highest first. */
void tg_graph_scale_rows(const tg_graph *graph, const tg_graph_scale *scale, tg_text *text,
                         void (*row)(tg_text *text, const char *fill, const char *sample, const char *what));

/* What formulas call the k-th argument of an op's node; "" where it has no name. */
const char *tg_argument_name(const tg_node *node, int k);
/* Whether there are several arguments and it matters which is which: not for sums and products. */
bool tg_order_matters(const tg_node *node);
/* " (v5, v2)", the arguments, where it does: edges come in any order. */
void tg_text_order(tg_text *text, const tg_node *node);
/* "v4 = tanh(v3)", "v0 = input x". */
void tg_text_equation(tg_text *text, const tg_node *node);
/* "dv3 += dv4 * (1 - v4^2)": what backward of the node adds to the gradient of its k-th argument; nothing
   when that needs none. */
void tg_text_adjoint(tg_text *text, const tg_node *node, int k);

void tg_graph_write_text(const tg_graph *graph, tg_text *text);
void tg_graph_write_mermaid(const tg_graph *graph, tg_text *text);
void tg_graph_write_json(const tg_graph *graph, tg_text *text);
void tg_graph_write_page(const tg_graph *graph, tg_text *text);
void tg_graph_write_title(const tg_graph *graph, tg_text *text); /* for dot */
void tg_graph_write_circuit(const tg_graph *graph, tg_text *text);
void tg_graph_write_dot(const tg_graph *graph, tg_text *text);
/* The picture of a dot text by Graphviz; NULL, with a message, when it cannot. */
char *tg_graph_draw(const char *dot, const char *format, size_t *size, tg_status *status);

#endif
