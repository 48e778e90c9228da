/* gradients.h: are the gradients of a d-h-m network right, and what does a loop over examples cost? */
#ifndef TG_EXAMPLES_CIRCLES_GRADIENTS_H
#define TG_EXAMPLES_CIRCLES_GRADIENTS_H

#include "support/lesson.h"

/* inputs-hidden-outputs, relu, weights uniform within 1/sqrt(inputs of the layer), biases zero. */
tg_mlp *network(int64_t inputs, int64_t hidden, int64_t outputs, tg_dtype dtype);
/* The largest relative error of backward against central differences, over every element of every parameter
   of a 2-2-2, for the set's first k examples. */
double worst_gradient(const tg_dataset *set, int64_t k);
/* The largest difference between the gradient of the mean loss of k examples and the mean of their gradients.
 */
double loop_against_matrix(const tg_dataset *set, int64_t k);
/* Prints how many times as long an epoch takes when batches are played example by example. */
void time_an_epoch(lesson *l);

#endif
