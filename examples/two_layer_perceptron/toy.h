/* toy.h: the two-layer perceptron on five points, with numbers that are known to twelve digits. */
#ifndef TG_EXAMPLES_TOY_H
#define TG_EXAMPLES_TOY_H

#include "support/lesson.h"

/* Loss and gradients of a 4-10-3 with reg 0.1 go to toy_sigmoid.csv and toy_relu.csv: loss, W1, b1, W2, b2;
   every gradient is compared with central differences. */
void check_toy(lesson *l);
/* Gradient descent on all five points, the learning rate times 0.95 after each step. */
void train_toy(lesson *l);

#endif
