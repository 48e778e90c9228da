/* internal.h: what nodes and tapes are made of. For core alone; the others use tape.h and
   op.h. Private. */
#ifndef TG_CORE_INTERNAL_H
#define TG_CORE_INTERNAL_H

#include "arena.h"
#include "op.h"
#include "param.h"

typedef enum tg_kind { TG_KIND_OP, TG_KIND_INPUT, TG_KIND_CONSTANT, TG_KIND_PARAM } tg_kind;

struct tg_node {
    tg_tape *tape;
    const tg_op *op; /* NULL for leaves */
    const tg_kernel *kernel;
    tg_node **args;
    void **
        operands; /* more than TG_MAX_ARGS arguments: room for their values, shapes and gradients in a call */
    const void *options;
    void *value; /* NULL on a lazy tape before its first replay */
    void *grad;  /* NULL until a backward pass needs it; a parameter's own */
    void *saved;
    tg_param *param;
    const char *name, *scope; /* NULL where there is none */
    tg_where where;
    int64_t size;
    size_t scratch;
    int nargs, id;
    tg_dtype dtype;
    tg_kind kind;
    bool requires_grad;
    bool has_grad; /* grad holds something to add to (leaves), or arrived in this pass (inner nodes) */
    bool retain_grad;
    bool stale;  /* the plan did not leave the value in memory: it is computed again when asked for */
    bool direct; /* elementwise, and every argument has the shape of the value */
    tg_shape shape;
};

typedef struct tg_plan tg_plan;

#define TG_MAX_SCOPES 32

struct tg_tape {
    tg_tape_spec spec;
    tg_arena arena;
    tg_node **nodes;
    int count, capacity;
    uint64_t step;
    void *scratch;
    size_t scratch_size, scratch_wanted;
    tg_plan *plan; /* what replay executes; NULL until derived, or again after recording */
    const char *scope;
    const char *outer_scope[TG_MAX_SCOPES]; /* what pop returns to */
    int scope_depth, scope_lost;            /* lost: pushes that found no room */
    bool failed;
    char error[640];
    tg_error_handler handler;
    void *handler_context;
};

/* The gradient buffer of a node, allocated when there is none; NULL and an error when memory is out. */
void *tg_grad_buffer(tg_node *node);
/* Whether grad holds a gradient: a parameter keeps that with itself, for all tapes it is on. */
bool *tg_grad_flag(tg_node *node);
/* At least `size` bytes of the tape's scratch memory, for this op; NULL and an error when memory is out. */
void *tg_scratch(const tg_node *node, size_t size);
int tg_tape_threads(const tg_tape *tape);

/* record.c: a node with `extra` bytes behind it, all zero but tape, place and scope (its dims are not set);
   putting it on its tape; and the error without memory, which returns NULL. */
tg_node *tg_node_new(tg_tape *tape, tg_where where, size_t extra);
tg_node *tg_node_append(tg_node *node);
tg_node *tg_node_no_memory(tg_tape *tape, tg_where where, const char *what, const tg_shape *shape);
/* The same for other memory that an op needs, with the shapes of its arguments. */
void *tg_op_no_memory(const tg_node *node, size_t bytes, const char *what);

/* exec.c */
bool tg_exec_forward(tg_node *node);
bool tg_exec_backward(tg_node *node);
void tg_eval_init(tg_node *node, tg_eval *e, const void **x, const tg_shape **xshape);
/* Makes the gradient of node ready to be added to: zeroes it when it holds nothing. */
void *tg_grad_ready(tg_node *node);
/* The same for argument k of node, whose backward e describes; but where its op assigns, what holds nothing yet is
   not zeroed: e->fresh says so. */
void *tg_grad_target(tg_node *node, int k, tg_eval *e);

/* The elements that a kernel computes for a node: whole vectors, the last of which runs into the padding. */
static inline int64_t tg_whole(const tg_node *node) {
    return node->dtype == TG_DUAL ? node->size : (node->size + 15) & ~(int64_t)15;
}

/* Computes the value of a stale node again; false when memory is out. */
bool tg_refresh(tg_node *node);

/* plan.c */
void tg_plan_drop(tg_tape *tape);

/* registry.c: what keeps an op from being used; NULL: nothing. */
const char *tg_op_fault(const tg_op *op);
/* Whether its infer rule has given a shape that a view, or an elementwise op, may have for its arguments; with the
   error when not. */
bool tg_op_keeps_shapes(tg_infer *in, const tg_op *op);

/* False for a node that tg_tape_clear or tg_tape_rewind has forgotten, unless another one has taken its place. */
static inline bool tg_on_tape(const tg_node *node) {
    return node->id < node->tape->count && node->tape->nodes[node->id] == node;
}
/* The same, with an error on the tape for `call` when it is not. */
bool tg_must_be_on_tape(const tg_node *node, const char *call);

#endif
