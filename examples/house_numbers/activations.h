/* activations.h: what stands between the layers, drawn. */
#ifndef TG_EXAMPLES_ACTIVATIONS_H
#define TG_EXAMPLES_ACTIVATIONS_H

#include "support/lesson.h"

/* Six activation functions with their derivatives, which come from the tape. */
void draw_activations(lesson *l);

#endif
