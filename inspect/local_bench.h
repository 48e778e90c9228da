/* local_bench.h: what the parts of a local check share. Private. */
#ifndef TG_INSPECT_LOCAL_BENCH_H
#define TG_INSPECT_LOCAL_BENCH_H

#include "local.h"

typedef struct tg_bench {
    const tg_node *node;
    tg_local f64, dual;
    double *v, *scaled, *ju; /* of y */
    double *g, *other, *u;   /* of all leaves; g is the gradient for the cotangent v */
    double *tame;            /* the gradient for arguments of size 1 */
    uint64_t seed;
    tg_local_fault *fault;
} tg_bench;

/* Writes the fault; false. */
bool tg_bench_refuse(tg_local_fault *fault, int argument, const char *format, ...) TG_PRINTF(3, 4);
/* The argument whose gradient holds element *at of all; *at becomes the position in it. */
int tg_bench_which(const tg_local *local, int64_t *at);
/* The largest finite number's size. */
double tg_bench_largest(const double *x, int64_t n);
/* Sets the arguments to `factor` times what they are for node, or with 0 to the same scaled to size 1; with a seed they
   are stirred, so that nothing cancels by chance. Computes the value. */
void tg_bench_place(tg_local *local, const tg_node *node, double factor, uint64_t seed);
/* Whether all numbers of a node and of its arguments are finite. */
bool tg_bench_finite(const tg_node *node);

/* local_contract.c. Each is false with a fault.
   Forward and backward leave alone what they may only read. */
bool tg_bench_keeps_off(tg_bench *bench, bool backward);
/* Backward reads the values that .saves declares and no others. */
bool tg_bench_declares(tg_bench *bench);
/* Gradients repeat themselves, add up, and are the same whichever are wanted; `thorough`: linear. */
bool tg_bench_contract(tg_bench *bench, bool thorough);

#endif
