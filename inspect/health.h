/* health.h: how the layers of a network are doing while it trains: histograms of activations and gradients,
   dead units, saturation, how large an update is beside what it updates.

       tg_health *health = tg_health_new((tg_health_spec){0});
       ... each epoch, after tg_backward(loss) and before the optimiser's step ...
       tg_health_look(health, loss, epoch, &status);
       ... after that step ...
       tg_health_updated(health, &status);
       ... at the end ...
       tg_health_save(health, "out/health", &status);     health.csv, health_histograms.csv, health.gp

   Nothing on the tape changes: gradients of inner nodes are computed on a copy. */
#ifndef TG_INSPECT_HEALTH_H
#define TG_INSPECT_HEALTH_H

#include "core/op.h"
#include "core/status.h"

#define TG_HEALTH_BINS 40

typedef struct tg_health_spec {
    double dead;      /* a unit is dead when no example of the batch gives it more than this; 0: exactly 0 */
    double saturated; /* an element is saturated when the local derivative is below this share of the largest
                         one that the batch shows; 0: 0.05 */
} tg_health_spec;

/* One activation (an elementwise op with one argument) or one parameter, at one look. */
typedef struct tg_health_row {
    int epoch;
    char name[64]; /* "hidden: relu" or "hidden.weight" */
    bool is_parameter;
    double mean, deviation;           /* of the values */
    double grad_mean, grad_deviation; /* of the gradients; NaN where there are none */
    double dead;      /* activations: share of the units (last axis) that are 0 for every example */
    double saturated; /* activations: share of the elements whose derivative has all but vanished */
    double update;    /* parameters: norm of the step / norm of the parameter; NaN until tg_health_updated */
    double low, high; /* ends of the histogram of values: the bins are equally wide */
    double grad_low, grad_high; /* of gradients */
    int64_t count[TG_HEALTH_BINS], grad_count[TG_HEALTH_BINS];
} tg_health_row;

typedef struct tg_health tg_health;

/* NULL without memory. */
TG_API TG_MUST_USE tg_health *tg_health_new(tg_health_spec spec);
TG_API void tg_health_free(tg_health *health);

/* Adds a row for every activation and every parameter that `loss` rests on. False, with a message, without
   memory or when the tape cannot be copied. */
TG_API bool tg_health_look(tg_health *health, const tg_node *loss, int epoch, tg_status *status);
/* After the optimiser's step: completes the latest look with the update-to-weight ratios. A ratio near 1e-3
   is usual; far above, the step is too large, far below, too small. */
TG_API bool tg_health_updated(tg_health *health, tg_status *status);

TG_API int tg_health_count(const tg_health *health);
TG_API const tg_health_row *tg_health_row_at(const tg_health *health, int i); /* NULL outside */

/* Writes PATH.csv (a line per row), PATH_histograms.csv and PATH.gp, a gnuplot script that draws PATH.svg
   from them when run in their folder. The script is not run. */
TG_API bool tg_health_save(const tg_health *health, const char *path, tg_status *status);

#endif
