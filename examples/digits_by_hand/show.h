/* show.h: the pictures of digits_by_hand. */
#ifndef TG_EXAMPLES_DIGITS_SHOW_H
#define TG_EXAMPLES_DIGITS_SHOW_H

#include "support/lesson.h"

#define MAX_EPOCHS 200

typedef struct curves {
    double loss[MAX_EPOCHS], train[MAX_EPOCHS], test[MAX_EPOCHS];
    int epochs;
} curves;

/* What the network has learned: after the last step, and the median of the last ten epochs. */
void show_accuracies(lesson *l, const char *name, double train, double test, const curves *c);
/* NAME_curves, and NAME.csv with every digit of the numbers. */
void show_curves(lesson *l, const char *name, const curves *c);
/* NAME_right and NAME_wrong: a row of test images that the network reads rightly, and one that it does not.
   The output has a column per class, or one for two classes; digits are what the classes stand for. */
void show_reading(lesson *l, const char *name, const tg_node *output, const tg_dataset *set,
                  const int *digits);
/* ten_butterfly: how far the losses of two runs are apart, epoch by epoch. */
void show_butterfly(lesson *l, const curves *a, const curves *b);

#endif
