/* element.h: one element of a set by its place among all of them, without the checks of tg_dataset_at.
 * Private. */
#ifndef TG_DATA_ELEMENT_H
#define TG_DATA_ELEMENT_H

#include "dataset.h"

static inline double tg_element(const tg_dataset *set, int64_t i) {
    return set->dtype == TG_F32 ? (double)((const float *)set->x)[i] : ((const double *)set->x)[i];
}

static inline void tg_element_set(tg_dataset *set, int64_t i, double value) {
    if (set->dtype == TG_F32)
        ((float *)set->x)[i] = (float)value;
    else
        ((double *)set->x)[i] = value;
}

#endif
