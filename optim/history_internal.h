/* history_internal.h: writing histories. Private to optim/. */
#ifndef TG_OPTIM_HISTORY_INTERNAL_H
#define TG_OPTIM_HISTORY_INTERNAL_H

#include "history.h"

/* Room for all epochs at once, so that training allocates nothing. params 0: without gradient norms. */
tg_history *tg_history_new(int epochs, int params, tg_status *status);
/* The next epoch, its numbers NaN; NULL when there is no room. */
tg_epoch *tg_history_add(tg_history *history);
/* The gradient norms of the last epoch, to be written; NULL when none are kept. */
double *tg_history_norms(tg_history *history);

#endif
