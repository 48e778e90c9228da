/* keeper.h: early stopping, and the best parameters seen so far. */
#ifndef TG_OPTIM_KEEPER_H
#define TG_OPTIM_KEEPER_H

#include "models/params.h"

typedef struct tg_keeper_spec {
    int patience;     /* stop after this many offers in a row without improvement; 0: never */
    double min_delta; /* an improvement is more than this; default 0 */
    bool higher;      /* a higher score is better (accuracy); by default a lower one is (loss) */
} tg_keeper_spec;

typedef struct tg_keeper tg_keeper;

/* Holds a copy of the parameters as they are now. NULL, with a message, without memory or for a negative
   patience or a min_delta that is negative or NaN. The container must outlive it. */
TG_API TG_MUST_USE tg_keeper *tg_keeper_new(tg_params *params, tg_keeper_spec spec, tg_status *status);
TG_API void tg_keeper_free(tg_keeper *keeper); /* NULL is allowed */

/* Says how good the parameters are now. The best are copied; a NaN is never best. False once `patience`
   offers in a row were no better than the best before them: stop. Allocates nothing. */
TG_API bool tg_keeper_offer(tg_keeper *keeper, double score);
/* Puts the best parameters back. */
TG_API void tg_keeper_restore(const tg_keeper *keeper);

/* Where it stands, for a checkpoint; the copies are read and written by tg_keeper_value. */
typedef struct tg_keeper_state {
    double best;     /* NaN before the first offer */
    int64_t best_at; /* the number of the best offer, from 1; 0: none yet */
    int64_t offers;
} tg_keeper_state;
TG_API tg_keeper_state tg_keeper_tell(const tg_keeper *keeper);
TG_API void tg_keeper_seek(tg_keeper *keeper, tg_keeper_state state);
/* The copy of the parameter at this position of the container. */
TG_API void *tg_keeper_value(const tg_keeper *keeper, int i);

#endif
