/* local.h: one op on a tape of its own, with the arguments that a node has. What blame and the registry sweep
   examine. Private. */
#ifndef TG_INSPECT_LOCAL_H
#define TG_INSPECT_LOCAL_H

#include "../core/op.h"

typedef struct tg_local {
    tg_tape *tape;
    tg_node *y;
    tg_node **leaves; /* the distinct real arguments */
    int *argument;    /* which argument each of them is (the first, where it is several) */
    int nleaves;
    int64_t size; /* elements of all leaves */
} tg_local;

/* Records node's op anew, its arguments being leaves with the values that they have on node's tape. All real
   leaves require their gradient, or only that of argument `only` (-1: all). False when it fails. */
bool tg_local_open(tg_local *local, const tg_node *node, tg_dtype dtype, int only);
void tg_local_close(tg_local *local);
/* Whether it lacks something, or its tape has failed, because memory ran out. */
bool tg_local_starved(const tg_local *local);
/* Backward with a cotangent given in f64, from gradients of zero (or on top of what is there); writes the
   gradients of all leaves, one after the other. */
bool tg_local_backward(tg_local *local, const double *cotangent, bool on_top, double *gradient);
/* J u by dual numbers (the tape must be one): u for all leaves, one after the other. Writes tg_size(y)
 * numbers. */
bool tg_local_forward(tg_local *local, const double *u, double *ju);

typedef struct tg_local_fault {
    int argument; /* -1: no single one */
    bool starved; /* memory ran out before everything was examined */
    char text[320];
} tg_local_fault;

/* Whether node's op keeps its contract on its own, at the values of node's arguments (f64, evaluated): the
   adjoint identity <v, J u> = <J^T v, u> for each argument, where J u comes from dual numbers and, in case of
   doubt, from differences too; gradients that add up. `thorough` adds: linear in the cotangent, zero for a
   zero cotangent, each argument's gradient alone. False with the fault; true also when memory is out, which fault->starved
   tells. */
bool tg_local_check(const tg_node *node, uint64_t seed, bool thorough, tg_local_fault *fault);

#endif
