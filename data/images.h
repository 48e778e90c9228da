/* images.h: making a set of pictures, one by one and in parallel. Private. */
#ifndef TG_DATA_IMAGES_H
#define TG_DATA_IMAGES_H

#include "core/rng.h"
#include "synthetic.h"

#define TG_MOST_PIXELS (32 * 32 * 3)

/* Makes one picture, 0..1, of a class; rng is the example's own, difficulty as in the spec, 0 for none. */
typedef void tg_painter(float *pixels, int class, double difficulty, tg_rng *rng);

/* Ten classes, at random. */
tg_dataset *tg_paint(tg_images_spec spec, const tg_shape *example, const char *name, tg_painter *painter,
                     tg_status *status);

/* Adds noise of about this deviation to n pixels, and keeps them in 0..1. */
void tg_add_grain(float *pixels, int n, double deviation, tg_rng *rng);

#endif
