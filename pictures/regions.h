/* regions.h: what a classifier says at every point of the plane. */
#ifndef TG_PICTURES_REGIONS_H
#define TG_PICTURES_REGIONS_H

#include "data/dataset.h"
#include "figure.h"
#include "models/model.h"

typedef struct tg_region {
    const char *title;
    tg_model model;           /* of two features */
    const tg_dataset *points; /* drawn over the regions; their spread is what is shown */
} tg_region;

/* A panel for each classifier: the plane in the colours of its classes, paler where it is less sure, and the
   points in the colours of their labels. As tg_figure_save. */
typedef struct tg_regions_spec {
    const char *title;
    const tg_region *regions;
    int count;
    int columns;    /* of panels; 0: all in one row */
    int resolution; /* cells along each side; 0 means 120 */
} tg_regions_spec;
TG_API bool tg_regions_save(tg_regions_spec spec, const char *path, bool *drawn, tg_status *status);

#endif
