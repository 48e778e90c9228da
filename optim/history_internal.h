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

/* The history as plain numbers, for a checkpoint: how many there are for so many epochs, out, and back in. */
int64_t tg_history_numbers(const tg_history *history, int epochs);
void tg_history_pack(const tg_history *history, double *to);
void tg_history_unpack(tg_history *history, const double *from, int64_t count);

#endif
