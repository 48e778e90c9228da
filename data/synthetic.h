/* synthetic.h: examples made by a seed, for lessons and tests that need no download.

   Example i is a function of the seed and i alone: the same with any number of threads, and the first hundred
   of a thousand are those of a hundred. Every generator returns NULL, with a message, for counts, classes or
   a dtype that make no sense, and without memory. The pictures have values 0..1. */
#ifndef TG_DATA_SYNTHETIC_H
#define TG_DATA_SYNTHETIC_H

#include "dataset.h"

typedef struct tg_images_spec {
    int64_t count;
    uint64_t seed;
    tg_dtype dtype;    /* TG_F32 (the default) or TG_F64 */
    double difficulty; /* scales distortion, noise and clutter; 0 means 1, negative means none at all */
} tg_images_spec;

/* Handwritten digits, 28x28, white on black, ten classes: pen strokes that are rotated, sheared, scaled,
   moved and bent at random, of random thickness, with a little noise. Ten epochs over 12000 of them teach a
   linear classifier 0.86 and 64 hidden ReLU units 0.99 (tests/data/test_slow_learnable.c). */
TG_API TG_MUST_USE tg_dataset *tg_digits(tg_images_spec spec, tg_status *status);

/* House numbers, 32x32x3 (rows, columns, colours), ten classes, as the Street View House Numbers set looks: a
   coloured digit in the middle over a wall of another colour, with shades, clutter and parts of its
   neighbours. */
TG_API TG_MUST_USE tg_dataset *tg_house_numbers(tg_images_spec spec, tg_status *status);

typedef struct tg_points_spec {
    int64_t count;
    uint64_t seed;
    tg_dtype dtype;
    double noise; /* standard deviation; 0 means the set's default, negative means none */
    int classes;  /* spirals and blobs: 0 means 3; the others have 2 */
    int features; /* blobs: coordinates of a point; 0 means 2 */
} tg_points_spec;

/* Points of a plane; the classes take turns, so that they are equally frequent. */
/* Two rings around the origin: class 0 of radius 1, class 1 of radius 0.5. Noise 0.08 by default. */
TG_API TG_MUST_USE tg_dataset *tg_two_circles(tg_points_spec spec, tg_status *status);
/* Two half rings that reach into each other: class 0 above, around (0,0), class 1 below, around (1,0.5).
 * Noise 0.1. */
TG_API TG_MUST_USE tg_dataset *tg_moons(tg_points_spec spec, tg_status *status);
/* As many arms as classes, from the middle out to radius 1 in three quarters of a turn. Noise 0.03. */
TG_API TG_MUST_USE tg_dataset *tg_spirals(tg_points_spec spec, tg_status *status);
/* A normal cloud per class, its centre uniform in (-4,4) per coordinate. Noise 1. */
TG_API TG_MUST_USE tg_dataset *tg_blobs(tg_points_spec spec, tg_status *status);

#endif
