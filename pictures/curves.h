/* curves.h: the curves of training runs, one or several in one figure. */
#ifndef TG_PICTURES_CURVES_H
#define TG_PICTURES_CURVES_H

#include "figure.h"
#include "optim/history.h"

typedef struct tg_run {
    const char *name; /* in the key; NULL: none (for a single run) */
    const tg_history *history;
} tg_run;

/* Losses beside accuracies, epoch by epoch. Of one run: training in a full line, validation in dashes, test
   in dots. Of several: a colour for each, training in full lines and the validation set in dashes, or the
   test set in dots where there is no validation set. Curves of numbers that a history does not have are left
   out, and so is the panel of accuracies where there are none; of losses that are all NaN or infinite the picture
   says so. It is an error where no run has an epoch. With errors, 1 - accuracy stands in place of the accuracies. As tg_figure_save. */
typedef struct tg_curves_spec {
    const char *title;
    const tg_run *runs;
    int count;
    bool errors;
} tg_curves_spec;
TG_API bool tg_curves_save(tg_curves_spec spec, const char *path, bool *drawn, tg_status *status);

#endif
