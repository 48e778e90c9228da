/* race.h: four optimisers on one network. */
#ifndef TG_EXAMPLES_RACE_H
#define TG_EXAMPLES_RACE_H

#include "support/lesson.h"

/* Trains a network deeper than 3072-3072-10 with SGD, momentum, RMSProp and Adam, each from the same three choices of
   first weights, and compares the medians of their validation accuracies. */
void race(lesson *l, const tg_split *sets);

#endif
