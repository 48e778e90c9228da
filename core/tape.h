/* tape.h: record, replay, play backward. The heart of tapegrad's interface.

   A tape owns every node recorded on it, with values and gradients; freeing the tape frees them all.
   Ops take nodes and return a node, computed at once. Errors are sticky: the first failure writes one
   message into the tape, the failed call returns NULL, and every op given NULL returns NULL, so a chain of
   calls needs one check at its end:

       if (tg_failed(tape)) fprintf(stderr, "%s\n", tg_error(tape));

   Nothing here prints, aborts or exits. A tape is used by one thread at a time; different tapes are independent,
   but for parameters that they share: one backward pass at a time, and no optimiser step beside a replay. */
#ifndef TG_CORE_TAPE_H
#define TG_CORE_TAPE_H

#include "tensor.h"

typedef struct tg_tape tg_tape;
typedef struct tg_node tg_node;
typedef struct tg_param tg_param;

/* Where in the caller's source a call stands; every node remembers it. */
typedef struct tg_where {
    const char *file; /* not copied: must live as long as the tape (a string literal does) */
    int line;
} tg_where;
#define TG_HERE ((tg_where){__FILE__, __LINE__})

/* ---- tapes ---- */

typedef struct tg_tape_spec {
    tg_dtype dtype;  /* of every real-valued node: TG_F32 (the default) or TG_F64 */
    uint64_t seed;   /* of the random numbers that ops such as dropout draw */
    bool inference;  /* record nothing for backward: no gradients, nothing saved */
    bool evaluation; /* ops with two faces (dropout) show the one for evaluation, not training */
    bool lazy;       /* record shapes only; values appear with tg_replay (saves memory for large models) */
    bool no_plan;    /* replay op by op instead of by the execution plan: the same numbers, more slowly. The
                        environment variable TAPEGRAD_PLAN=0 asks it of all tapes */
    int threads;     /* 0: what tg_threads() says */
} tg_tape_spec;

/* A new, empty tape; NULL when memory is out or the dtype is not a real one. */
TG_API TG_MUST_USE tg_tape *tg_tape_new(tg_dtype dtype);
TG_API TG_MUST_USE tg_tape *tg_tape_new_spec(tg_tape_spec spec);
/* Frees the tape and all its nodes; NULL is allowed. Parameters belong to their models and stay. */
TG_API void tg_tape_free(tg_tape *tape);
/* Forgets all nodes and the error, keeps the memory: a step recorded anew allocates nothing once warm. Pointers to
   forgotten nodes are void: their use is an error, or means the node that has taken their place. */
TG_API void tg_tape_clear(tg_tape *tape);

/* A position on the tape, to which tg_tape_rewind returns: nodes recorded after it are forgotten, and names,
   gradients of inner nodes and, on a lazy tape, values that nodes before it were given since. Parameters, inputs
   and their gradients stay. A mark of another tape, or of nodes that have been forgotten since, is an error. */
typedef struct tg_mark {
    int nodes;
    int chunk;
    size_t used;
} tg_mark;
TG_API tg_mark tg_tape_mark(const tg_tape *tape);
TG_API void tg_tape_rewind(tg_tape *tape, tg_mark mark);

/* True once anything on this tape has failed (and for NULL: a tape that could not be made). */
TG_API bool tg_failed(const tg_tape *tape);
/* The first error's message, with the op, the shapes and the caller's file and line; "" when none. */
TG_API const char *tg_error(const tg_tape *tape);
/* Forgets the error, so that recording can go on. */
TG_API void tg_error_clear(tg_tape *tape);
/* Called at the moment of a tape's first error, for a debugger's breakpoint or a log; NULL for none. */
typedef void (*tg_error_handler)(void *context, const char *message);
TG_API void tg_on_error(tg_tape *tape, tg_error_handler handler, void *context);

TG_API tg_dtype tg_tape_dtype(const tg_tape *tape);
TG_API int tg_tape_size(const tg_tape *tape);                   /* number of nodes */
TG_API tg_node *tg_tape_node(const tg_tape *tape, int id);      /* by position; NULL outside */
TG_API tg_node *tg_find(const tg_tape *tape, const char *name); /* by name, the latest; NULL if none */

/* Training (the default) or evaluation, looked at whenever an op is evaluated. */
TG_API void tg_set_training(tg_tape *tape, bool training);
TG_API bool tg_training(const tg_tape *tape);
/* The random numbers of a node are a function of the tape's seed, the step and the node's position.
   tg_replay advances the step by one; setting the step back reproduces the numbers. */
TG_API void tg_set_seed(tg_tape *tape, uint64_t seed);
TG_API uint64_t tg_seed(const tg_tape *tape);
TG_API void tg_set_step(tg_tape *tape, uint64_t step);
TG_API uint64_t tg_step(const tg_tape *tape);

/* Nodes recorded between push and pop carry the scope's name ("encoder/hidden" when nested): dumps draw
   them as one cluster. */
TG_API void tg_scope_push(tg_tape *tape, const char *name);
TG_API void tg_scope_pop(tg_tape *tape);

/* ---- leaves ---- */

/* An input: `size` elements of zero until set. Its dtype is the tape's, or TG_I32 for labels and indices.
   dims may be NULL when rank is 0. name may be NULL. */
#define tg_input(...) tg_input_at(TG_HERE, __VA_ARGS__)
TG_API tg_node *tg_input_at(tg_where where, tg_tape *tape, const char *name, tg_dtype dtype, int rank,
                            const int64_t *dims);
/* A constant that needs no gradient; data (of that dtype, row-major) is copied. */
#define tg_constant(...) tg_constant_at(TG_HERE, __VA_ARGS__)
TG_API tg_node *tg_constant_at(tg_where where, tg_tape *tape, tg_dtype dtype, int rank, const int64_t *dims,
                               const void *data);
/* A constant scalar of the tape's dtype. */
#define tg_scalar(...) tg_scalar_at(TG_HERE, __VA_ARGS__)
TG_API tg_node *tg_scalar_at(tg_where where, tg_tape *tape, double value);
/* The node that stands for a parameter on this tape. It shares the parameter's value and gradient. */
#define tg_use(...) tg_use_at(TG_HERE, __VA_ARGS__)
TG_API tg_node *tg_use_at(tg_where where, tg_tape *tape, tg_param *param);

/* Copies data (of the node's dtype) into an input or constant; tg_replay computes what depends on it. False, with a
   message, for other nodes. */
TG_API bool tg_set(tg_node *leaf, const void *data);
/* The same from doubles, converted to the node's dtype (a double outside int32 is an error for i32). */
TG_API bool tg_set_f64(tg_node *leaf, const double *data);
/* Asks for (or declines) the gradient of an input or constant. Before anything is computed from it. */
TG_API void tg_require_grad(tg_node *leaf, bool wanted);
/* Names a node: shown in dumps and errors, found by tg_find. The name is copied. Returns the node. */
TG_API tg_node *tg_name(tg_node *node, const char *name);

/* ---- reading nodes ---- */

TG_API const tg_shape *tg_shape_of(const tg_node *node); /* NULL for NULL */
TG_API tg_dtype tg_dtype_of(const tg_node *node);
TG_API int64_t tg_size(const tg_node *node); /* number of elements; 0 for NULL */
TG_API tg_tape *tg_tape_of(const tg_node *node);
TG_API int tg_id(const tg_node *node);              /* position on the tape; -1 for NULL */
TG_API const char *tg_name_of(const tg_node *node); /* "" where unnamed */
TG_API tg_where tg_where_of(const tg_node *node);
/* The value's elements, row-major, owned by the tape (by the model for a parameter). NULL for NULL and for
   a node of a lazy tape that has not been replayed. */
TG_API void *tg_value(const tg_node *node);
TG_API double tg_value_at(const tg_node *node, int64_t i); /* NaN for NULL or out of range */
TG_API double tg_item(const tg_node *node);                /* the only element of a node; NaN otherwise */
/* The gradient's elements in the node's dtype, owned like the value. NULL where backward has not come by,
   or where the plan did not keep it: ask with tg_retain_grad before tg_replay. */
TG_API const void *tg_grad(const tg_node *node);
TG_API double tg_grad_at(const tg_node *node, int64_t i); /* NaN where there is none */
TG_API void tg_retain_grad(tg_node *node);

/* ---- playing ---- */

/* Computes every node again, in order, from what is now in inputs and parameters. No allocation after the
   first call, no graph building. False if the tape has failed. */
TG_API bool tg_replay(tg_tape *tape);
/* Plays the tape backward from a scalar: afterwards each parameter and each input that requires it holds
   d loss / d itself. Leaf gradients add up over several calls until an optimiser step or tg_zero_grad;
   the gradients of inner nodes are those of the last call. */
TG_API bool tg_backward(tg_node *loss);
/* The same from any node, with a cotangent: as many elements as the node, in its dtype. NULL: all ones. The
   cotangent is only read, and only during the call. */
TG_API bool tg_backward_from(tg_node *node, const void *cotangent);
/* Forgets the gradients of all leaves of the tape, those of the parameters it uses included. */
TG_API void tg_zero_grad(tg_tape *tape);

/* One step at a time, for lessons: computes node's value; seeds the backward pass; adds one node's
   contributions to the gradients of its arguments. tg_backward_from is tg_backward_begin, then
   tg_backward_one for every node from `node` down to 0. */
TG_API bool tg_forward_one(tg_node *node);
TG_API bool tg_backward_begin(tg_node *node, const void *cotangent);
TG_API bool tg_backward_one(tg_node *node);

/* ---- process-wide settings ---- */

/* Threads that a tape uses unless its spec says otherwise: the environment variable TAPEGRAD_THREADS, else
   the number of processors. n <= 0 returns to that default. */
TG_API void tg_set_threads(int n);
TG_API int tg_threads(void);

/* The library's version, "0.1.0". */
TG_API const char *tg_version(void);

/* All memory of the library comes from here. Set before anything else is called; NULL members: the C
   library's. alloc returns zeroed memory aligned to 16 bytes or NULL. */
typedef struct tg_allocator {
    void *(*alloc)(void *context, size_t size);
    void (*release)(void *context, void *memory);
    void *context;
} tg_allocator;
TG_API void tg_set_allocator(tg_allocator allocator);

#endif
