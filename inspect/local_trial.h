/* local_trial.h: what the parts of a local check share. Private. */
#ifndef TG_INSPECT_LOCAL_TRIAL_H
#define TG_INSPECT_LOCAL_TRIAL_H

#include "local.h"

typedef struct tg_trial {
    const tg_node *node;
    tg_local f64, dual;
    double *v, *scaled, *ju; /* of y */
    double *g, *other, *u;   /* of all leaves; g is the gradient for the cotangent v */
    double *tame;            /* the gradient for arguments of size 1 */
    uint64_t seed;
    tg_local_fault *fault;
} tg_trial;

/* Writes the fault; false. */
bool tg_trial_refuse(tg_local_fault *fault, int argument, const char *format, ...) TG_PRINTF(3, 4);
/* The argument whose gradient holds element *at of all; *at becomes the position in it. */
int tg_trial_which(const tg_local *local, int64_t *at);
/* The largest finite number's size. */
double tg_trial_largest(const double *x, int64_t n);
/* Sets the arguments to `factor` times what they are for node, or with 0 to the same scaled to size 1; with a seed they
   are stirred, so that nothing cancels by chance. Computes the value. */
void tg_trial_place(tg_local *local, const tg_node *node, double factor, uint64_t seed);
/* Whether all numbers of a node and of its arguments are finite. */
bool tg_trial_finite(const tg_node *node);

/* local_contract.c. Each is false with a fault.
   Forward and backward leave alone what they may only read. */
bool tg_trial_keeps_off(tg_trial *trial, bool backward);
/* Each element of the value of an elementwise op is a function of those elements alone that stand in its place. */
bool tg_trial_elementwise(tg_trial *trial);
/* Backward of an op with .assigns writes what e->fresh tells it to. */
bool tg_trial_assigns(tg_trial *trial);
/* Backward reads the values that .saves declares and no others. */
bool tg_trial_declares(tg_trial *trial);
/* Gradients repeat themselves, add up, and are the same whichever are wanted; `thorough`: linear. */
bool tg_trial_contract(tg_trial *trial, bool thorough);

#endif
