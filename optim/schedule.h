/* schedule.h: how the learning rate changes, as a pure function of the number of steps taken. */
#ifndef TG_OPTIM_SCHEDULE_H
#define TG_OPTIM_SCHEDULE_H

#include "core/status.h"

/* With t the steps taken so far (0 at the first) and the warm-up not counted, the learning rate is lr times

     TG_SCHEDULE_CONSTANT     constant       1
     TG_SCHEDULE_STEP         step           factor^floor(t / every)
     TG_SCHEDULE_EXPONENTIAL  exponential    factor^(t / every)
     TG_SCHEDULE_COSINE       cosine         floor + (1 - floor) (1 + cos(pi min(t, total)/total))/2
                                             (Loshchilov and Hutter, ICLR 2017, without restarts)

   A decay once per epoch is `step` with every = steps per epoch. */
#define TG_SCHEDULES(X)                                                                                      \
    X(TG_SCHEDULE_CONSTANT, "constant")                                                                      \
    X(TG_SCHEDULE_STEP, "step")                                                                              \
    X(TG_SCHEDULE_EXPONENTIAL, "exponential")                                                                \
    X(TG_SCHEDULE_COSINE, "cosine")

typedef enum tg_schedule_kind {
#define TG_X(id, name) id,
    TG_SCHEDULES(TG_X)
#undef TG_X
        TG_NSCHEDULES
} tg_schedule_kind;

typedef struct tg_schedule {
    tg_schedule_kind kind;
    double factor;   /* of step and exponential: above 0 */
    uint64_t every;  /* of step and exponential: steps per factor; 0 means 1 */
    uint64_t total;  /* of cosine: steps from 1 down to `floor`; at least 1 */
    double floor;    /* of cosine: 0..1 */
    uint64_t warmup; /* of all: the first `warmup` steps climb linearly, 1/warmup, 2/warmup ... 1 */
} tg_schedule;

/* The factor for a step. A zeroed schedule gives 1. */
TG_API double tg_schedule_at(tg_schedule schedule, uint64_t step);
/* Whether its numbers make sense; false, with a message that names the wrong one, when not. */
TG_API bool tg_schedule_check(tg_schedule schedule, tg_status *status);
TG_API const char *tg_schedule_name(tg_schedule_kind kind); /* "?" for any other number */
TG_API int tg_schedule_from_name(const char *name);         /* -1 if there is none */

#endif
