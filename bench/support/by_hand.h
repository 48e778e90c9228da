/* by_hand.h: the same training step as a person would write it in C: loops, and calls of a CBLAS. */
#ifndef TG_BENCH_SUPPORT_BY_HAND_H
#define TG_BENCH_SUPPORT_BY_HAND_H

#include "network.h"

typedef struct by_hand by_hand;

/* A perceptron of the same sizes with the same parameters, inputs and labels as the network; f32, activations
   relu, leaky_relu or sigmoid, optimisers sgd and adam. NULL for anything else or without memory. */
by_hand *by_hand_new(const bench_network *like);
void by_hand_free(by_hand *b);
/* One step; the signature of bench_job.run. */
void by_hand_step(void *by_hand);
/* The mean loss of the last step, before its update. */
double by_hand_loss(const by_hand *b);

#endif
