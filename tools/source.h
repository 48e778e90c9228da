/* source.h: where a command's examples come from. Private. */
#ifndef TG_TOOLS_SOURCE_H
#define TG_TOOLS_SOURCE_H

#include "data/dataset.h"

/* A training and a test set. */
typedef struct tg_source {
    tg_dataset *train, *test;
} tg_source;

#define TG_SOURCE_HELP                                                                                       \
    "digits or digits:N (N synthetic handwritten digits) or mnist:DIR (MNIST or Fashion-MNIST in a folder)"

/* Opens what SPEC names, with the pixels of the training set brought to mean 0 and deviation 1. False, with a
   message, for an unknown SPEC or a file that is missing, cut short or damaged. */
bool tg_source_open(tg_source *source, const char *spec, tg_dtype dtype, tg_status *status);
void tg_source_free(tg_source *source);

#endif
