/* graph.h: a tape as a picture. One model of nodes, edges and clusters, and writers for it.

       tg_backward(loss);
       tg_graph_save(tape, "net.svg", (tg_graph_spec){.detail = TG_DETAIL_GRADIENTS}, &status);

   The same tape gives the same bytes on every run: node ids are tape positions. Nothing on the tape changes.
 */
#ifndef TG_INSPECT_GRAPH_H
#define TG_INSPECT_GRAPH_H

#include "core/op.h"
#include "core/status.h"

/* How much a node says. Each level includes those before it. */
typedef enum tg_detail {
    TG_DETAIL_DEFAULT, /* TG_DETAIL_SHAPES */
    TG_DETAIL_OP,      /* position, op and name */
    TG_DETAIL_SHAPES,  /* dtype and shape */
    TG_DETAIL_VALUES,  /* the value, or its minimum, mean, maximum and number of NaN when it is large */
    TG_DETAIL_GRADIENTS, /* the gradient likewise, "-" where backward has not come by, or where a note says that it
                            was not kept; on each edge the local derivative and the contribution; the sum where a
                            value is used more than once, and its gradient is that sum */
    TG_DETAIL_COSTS      /* parameters, floating-point operations, bytes, what backward reads */
} tg_detail;

/* The writers: enumerator, name (also the ending of a file), whether Graphviz is needed. */
#define TG_GRAPH_FORMATS(X)                                                                                  \
    X(TG_GRAPH_TEXT, "txt", false) /* one line per node; with gradients, the adjoint beside it */            \
    X(TG_GRAPH_DOT, "dot", false)                                                                            \
    X(TG_GRAPH_MERMAID, "mmd", false)                                                                        \
    X(TG_GRAPH_JSON, "json", false)                                                                          \
    X(TG_GRAPH_HTML, "html", false) /* a page on which one steps through forward and backward */             \
    X(TG_GRAPH_SVG, "svg", true)                                                                             \
    X(TG_GRAPH_PNG, "png", true)

typedef enum tg_graph_format {
#define TG_X(id, name, graphviz) id,
    TG_GRAPH_FORMATS(TG_X)
#undef TG_X
        TG_GRAPH_NFORMATS
} tg_graph_format;

typedef enum tg_colour {
    TG_COLOUR_KIND,     /* input, parameter, kind of op */
    TG_COLOUR_GRADIENT, /* the largest |gradient|, on a logarithmic scale */
    TG_COLOUR_TIME,     /* of forward and backward, measured: needs spec.profile */
    TG_COLOUR_MEMORY    /* bytes of the value */
} tg_colour;

typedef enum tg_fold {
    TG_FOLD_AUTO, /* when the tape has more nodes than the limit */
    TG_FOLD_ALWAYS,
    TG_FOLD_NEVER
} tg_fold;

typedef struct tg_graph_spec {
    tg_detail detail;
    const char *title;  /* above the picture; NULL for none */
    bool where;         /* show the caller's file:line (without folders) */
    bool no_clusters;   /* do not draw a box per scope or layer */
    bool no_legend;     /* leave out the explanation of colours and shapes */
    bool forward_only;  /* nothing about gradients */
    bool left_to_right; /* instead of top to bottom */
    tg_colour colour;   /* what the fill of a node means */
    bool circuit; /* dot, SVG, PNG: gates and wires, values above and gradients below; for scalar graphs */
    const struct tg_profile
        *profile;         /* inspect/profile.h: measured times, for TG_COLOUR_TIME; NULL for none */
    tg_fold fold;         /* repeated blocks are drawn once */
    const tg_node *focus; /* draw what is at most `hops` edges away from it; NULL: everything */
    int hops;             /* 0: 2 */
    int limit;    /* draw at most so many nodes and say how many are hidden; 0: 56; below 0: no limit */
    int digits;   /* significant digits of numbers; 0: 4 */
    int elements; /* tensors of at most so many elements are shown in full; 0: 4 */
} tg_graph_spec;

/* ---- the model ---- */

/* What a large tensor is reduced to. */
typedef struct tg_summary {
    bool known;                            /* false: not computed yet, or not kept */
    int64_t count, nan, inf, negative_inf; /* inf: of both signs */
    double min, mean, max;                 /* over the finite elements; NaN when there are none */
} tg_summary;

/* What kind of node it is, for colours and shapes. Taken from the op's descriptor, not its name. */
typedef enum tg_node_kind {
    TG_NODE_INPUT,
    TG_NODE_CONSTANT,
    TG_NODE_PARAMETER,
    TG_NODE_ELEMENTWISE, /* an op that treats each element alone */
    TG_NODE_MIXING,      /* an op that combines elements: products, sums, softmax */
    TG_NODE_VIEW,        /* an op that computes nothing: another shape of the same memory */
    TG_NODE_RANDOM,      /* an op that draws random numbers */
    TG_NODE_KINDS
} tg_node_kind;

typedef struct tg_graph_node {
    const tg_node *node;
    int id; /* position on the tape and in the array */
    tg_node_kind kind;
    const char *op;       /* "matmul"; "input", "constant", "parameter" for leaves */
    const char *options;  /* "axis=1"; "" for none */
    const char *name;     /* valid UTF-8; "" for none */
    const char *equation; /* "v4 = tanh(v3)" */
    const char *file;     /* without folders; "" if unknown */
    int line;
    int cluster; /* index of the innermost cluster, -1 for none */
    int shown;   /* the node that stands for it in a picture: itself, its counterpart in the first of the
                    repeated   blocks, or -1: hidden */
    int fold;    /* the innermost fold whose first block it stands in, -1 for none */
    int repeat;  /* how many nodes of the tape an op of a first block stands for; 0 elsewhere */
    int next_in_cluster; /* the next shown node of the cluster, -1 behind the last */
    int first_in, in;    /* its edges: graph->edges[first_in .. first_in + in), by argument */
    int uses, first_out; /* edges that leave it: first_out, then each edge's next_out, down to -1 */
    tg_summary value, grad;
    bool seed;        /* backward began here: its gradient came from no other node */
    bool shared;      /* a parameter that stands on the tape several times: the messages to all its nodes
                         together add up to its gradient */
    int same;         /* the first node of such a parameter; elsewhere the node itself */
    bool unexplained; /* the messages do not add up to the gradient, but for rounding: it was accumulated over
                         more than one backward pass, or values changed since, or gradients were not kept */
    tg_cost cost;
    double time_forward, time_backward; /* seconds, where spec.profile knows them; else 0 */
    int64_t params;                     /* elements, of a parameter */
    int64_t bytes;                      /* of the value */
    int64_t saved;                      /* bytes that backward reads or forward keeps for it */
} tg_graph_node;

#define TG_GRAPH_PARTS 64

typedef struct tg_graph_edge {
    int from, to;         /* nodes */
    int arg;              /* which argument of `to` */
    int next_out;         /* the next edge from `from`; -1 behind the last */
    bool shown;           /* drawn, between the nodes that are shown for its ends */
    bool again;           /* from one repetition of a block to the next */
    const char *equation; /* "dv3 += dv4 * (1 - v4^2)"; "" when no gradient flows here */
    tg_summary local;     /* dy/dx: exact when both ends are scalars, over the elements for elementwise ops of
                             equal   shapes; not known otherwise, or when no gradient flows here */
    tg_summary message;   /* what this edge adds to the gradient of `from`: the upstream gradient times the
                             local one */
    /* The elements of the message, where they are at most spec.elements, or TG_GRAPH_PARTS where `from` is used more
       than once; else NULL. */
    const double *parts;
    const double *local_parts; /* those of the local derivative, where at most spec.elements; else NULL */
} tg_graph_edge;

typedef struct tg_graph_cluster {
    const char *label; /* valid UTF-8 */
    int parent;        /* index of the cluster around it, -1 for none */
    int first;         /* its first shown node, -1 for none; then each node's next_in_cluster */
    int shown;         /* shown nodes in it and in the clusters in it */
    int repeat;        /* how often this block stands on the tape; 0 for clusters that are no such block */
} tg_graph_cluster;

/* A block of ops that stands on the tape several times in a row. */
typedef struct tg_graph_fold {
    int first, last; /* the first op of the first repetition, the last of the last */
    int ops;         /* shown ops in one repetition */
    int count;       /* of repetitions */
    int parent;      /* the fold around it, -1 for none; larger than its own index */
} tg_graph_fold;

/* Read-only. */
typedef struct tg_graph {
    tg_graph_spec spec;
    tg_dtype dtype;
    int nodes_count, edges_count, clusters_count, folds_count;
    int first;         /* the first shown node outside all clusters, -1 for none */
    int shown, hidden; /* nodes drawn; nodes left out by the limit or the focus (folded ones do not count) */
    const char *title; /* valid UTF-8; "" for none */
    const char *note;  /* what is to be known about the gradients, naming nodes v4, v7; "" for nothing */
    tg_graph_node *nodes; /* all nodes of the tape, by position */
    tg_graph_edge *edges; /* ordered by `to`, then by argument */
    tg_graph_cluster *clusters;
    tg_graph_fold *folds;
    struct tg_graph_memory *memory; /* private */
} tg_graph;

/* The model of a tape, which must live as long. NULL, with a message, when memory is out or tape is NULL.
   The gradients shown are those of the latest backward call. After tg_replay they are kept for leaves only
   (unless tg_step_retain asked for all): the others are computed again here, in the graph's own memory, by a
   backward pass from where it may have begun, and shown if the pass leads to the gradients that the tape
   holds; else graph->note says what is missing. */
TG_API TG_MUST_USE tg_graph *tg_graph_new(const tg_tape *tape, tg_graph_spec spec, tg_status *status);
TG_API void tg_graph_free(tg_graph *graph);

/* ---- writers ---- */

/* The graph in a format: *size bytes (and a zero behind them), to be freed with tg_graph_release. NULL, with
   a message, without memory, or for SVG and PNG in a build without Graphviz. size may be NULL. */
TG_API TG_MUST_USE char *tg_graph_render(const tg_graph *graph, tg_graph_format format, size_t *size,
                                         tg_status *status);
TG_API void tg_graph_release(char *rendered);

/* Writes a file in the format that its name ends with
   (.txt, .dot, .svg, .png, .mmd, .json, .html). A JSON
   or HTML file holds everything unless spec.detail asks for less. On failure there is no new file. */
TG_API bool tg_graph_save(const tg_tape *tape, const char *path, tg_graph_spec spec, tg_status *status);
/* The dot text of a tape, to be freed with tg_graph_release. NULL, with a message, on failure. */
TG_API TG_MUST_USE char *tg_graph_dot(const tg_tape *tape, tg_graph_spec spec, tg_status *status);

/* The format called `name` ("svg"), or that the file called `name` ends with; -1 for none. */
TG_API int tg_graph_format_find(const char *name);

/* Minimum, mean and maximum of n elements, and of a node's value or gradient. */
TG_API tg_summary tg_summary_of(const void *data, tg_dtype dtype, int64_t n);
TG_API tg_summary tg_summary_of_value(const tg_node *node);
TG_API tg_summary tg_summary_of_grad(const tg_node *node);

#endif
