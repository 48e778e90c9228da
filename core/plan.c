/* plan.c: what replay executes. */
#include "internal.h"

void tg_plan_drop(tg_tape *tape) {
    (void)tape;
}
