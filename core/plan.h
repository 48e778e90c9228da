/* plan.h: what replay and backward execute, derived from the tape. The tape stays what the user wrote. */
#ifndef TG_CORE_PLAN_H
#define TG_CORE_PLAN_H

#include "tape.h"

#include <stdio.h>

/* Writes the plan of a replayed tape as text, one line a step: the nodes that it computes, what is fused,
   where values and gradients share memory. Says why when the tape has no plan. Ownership of out stays. */
TG_API void tg_plan_print(const tg_tape *tape, FILE *out);

typedef struct tg_plan_summary {
    int nodes;                    /* ops on the tape */
    int forward_steps;            /* steps of a replay */
    int backward_steps;           /* steps of backward from the last root; 0 before it is called */
    int chains;                   /* forward steps that fuse several ops */
    int64_t gradient_bytes;       /* of inner nodes, sharing memory by lifetime */
    int64_t gradient_bytes_apart; /* what they would need without sharing */
} tg_plan_summary;
/* All zero when the tape has no plan. */
TG_API tg_plan_summary tg_plan_summarize(const tg_tape *tape);

#endif
