/* local.h: one op on a tape of its own, with the arguments that a node has. What blame and the registry sweep
   examine. Private. */
#ifndef TG_INSPECT_LOCAL_H
#define TG_INSPECT_LOCAL_H

#include "../core/op.h"

typedef struct tg_local {
    tg_op
        op; /* node's, as if it had declared to read every value: who reads others is found out separately */
    tg_tape *tape;
    tg_node *y;
    tg_node **leaves; /* the distinct real arguments */
    int *argument;    /* which argument each of them is (the first, where it is several) */
    int nleaves;
    int64_t size; /* elements of all leaves */
} tg_local;

/* Records node's op anew, its arguments being leaves with the values that they have on node's tape (f64). All real
   leaves require their gradient, or those for whose argument `wanted` says so (NULL: all). False when it fails. Must
   not be copied while it is open. */
bool tg_local_open(tg_local *local, const tg_node *node, tg_dtype dtype, const bool *wanted);
void tg_local_close(tg_local *local);
/* Whether it lacks something, or its tape has failed, because memory ran out. */
bool tg_local_starved(const tg_local *local);
/* tg_backward_from with a cotangent given in f64, whatever the dtype of y. */
bool tg_local_pull(tg_node *y, const double *cotangent);
/* The same from gradients of zero (or on top of what is there); writes the gradients of all leaves, one after the
   other. */
bool tg_local_backward(tg_local *local, const double *cotangent, bool on_top, double *gradient);
/* J u by dual numbers (the tape must be one): u for all leaves, one after the other. Writes tg_size(y)
 * numbers. */
bool tg_local_forward(tg_local *local, const double *u, double *ju);

typedef struct tg_local_fault {
    int argument; /* -1: no single one */
    bool starved; /* memory ran out before everything was examined */
    char text[320];
} tg_local_fault;

/* What arrives at a node (f64), and where its arguments move: to what they are for the same node of another tape. */
typedef struct tg_local_way {
    const double *v;
    const tg_node *moved;
} tg_local_way;

/* Whether node's op keeps its contract on its own, at the values of node's arguments (f64, evaluated): kernels that
   leave alone what they may only read, and read what they declare; elementwise where it is declared; the adjoint identity <v, J u> = <J^T v, u> for each
   argument, where J u comes from dual numbers and, in case of doubt, from differences too; gradients that add up; the
   same gradients whichever are wanted. `thorough` adds: linear in the cotangent, zero for a zero cotangent. With a
   `way` it is the adjoint identity along that and nothing else. False with the fault; true also when memory is out,
   which fault->starved tells. */
bool tg_local_check(const tg_node *node, uint64_t seed, bool thorough, const tg_local_way *way,
                    tg_local_fault *fault);
/* Whether the f32 kernels of node's op compute what those of f64 do, to rounding, from the same numbers: those of
   node's arguments, and others of size 1. */
bool tg_local_check_f32(const tg_node *node, uint64_t seed, tg_local_fault *fault);

#endif
