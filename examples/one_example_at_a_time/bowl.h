/* bowl.h: gradient descent on L(w) = (a w1^2 + b w2^2)/2. */
#ifndef TG_EXAMPLES_BOWL_H
#define TG_EXAMPLES_BOWL_H

#include "support/lesson.h"

/* A step multiplies w1 by 1 - lr a and w2 by 1 - lr b, so the descent converges exactly when
   0 < lr < 2/max(a, b), and slowly when a/b is large or small. Draws the way for rates below, at and above
   that. */
void roll_into_the_bowl(lesson *l);

#endif
