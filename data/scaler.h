/* scaler.h: bringing features to a common scale, with numbers fitted on the training set alone.

   y = (x - shift) * factor, per feature. What is fitted on the training set is applied to every set, so that
   nothing of validation and test leaks into training. */
#ifndef TG_DATA_SCALER_H
#define TG_DATA_SCALER_H

#include "dataset.h"

typedef enum tg_scaling {
    TG_STANDARDISE,       /* shift: the mean; factor: 1 / standard deviation (divisor n), 1 where that is 0 */
    TG_STANDARDISE_WHOLE, /* the same with one mean and one deviation over all features: usual for images,
                             whose dark corners would otherwise be blown up */
    TG_SUBTRACT_MEAN,     /* shift: the mean (the mean image, for images); factor 1 */
    TG_UNIT_RANGE         /* shift: the least value; factor: 1 / (greatest - least), 1 where that is 0 */
} tg_scaling;

typedef struct tg_scaler { /* read-only */
    int64_t features;
    double *shift, *factor; /* one per feature */
} tg_scaler;

/* Fits to a set of at least one example; NULL with a message otherwise, or when memory is out. */
TG_API TG_MUST_USE tg_scaler *tg_scaler_fit(const tg_dataset *train, tg_scaling scaling, tg_status *status);
TG_API void tg_scaler_free(tg_scaler *scaler);
/* Scales every example in place. False when the set has another number of features. */
TG_API bool tg_scaler_apply(const tg_scaler *scaler, tg_dataset *set, tg_status *status);

#endif
