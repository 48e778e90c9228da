#include "images.h"
#include "pen.h"

#include <math.h>
#include <string.h>

#define SIDE 28

/* Rotation, shear and the two scales, in pixels; a digit fills about 20 of the 28. */
static void random_matrix(double matrix[2][2], double difficulty, tg_rng *rng) {
    double angle = difficulty * tg_between(rng, -0.22, 0.22),
           shear = difficulty * tg_between(rng, -0.40, 0.25);
    double height = 20 * (1 + difficulty * tg_between(rng, -0.25, 0.15));
    double width = 17 * (1 + difficulty * tg_between(rng, -0.32, 0.22));
    double c = cos(angle), s = sin(angle);
    matrix[0][0] = c * width;
    matrix[1][0] = s * width;
    matrix[0][1] = (c * shear - s) * height;
    matrix[1][1] = (s * shear + c) * height;
}

static void paint(float *pixels, int class, double difficulty, tg_rng *rng) {
    tg_canvas canvas = {SIDE, SIDE, pixels};
    double x = difficulty * tg_between(rng, -2.5, 2.5), y = difficulty * tg_between(rng, -2.5, 2.5);
    double radius = 1.15 + difficulty * tg_between(rng, -0.45, 0.65);
    tg_pen pen = {.x = SIDE / 2.0 + x, .y = SIDE / 2.0 + y, .radius = radius, .bend = 0.04 * difficulty};
    random_matrix(pen.matrix, difficulty, rng);
    memset(pixels, 0, SIDE * SIDE * sizeof *pixels);
    tg_pen_digit(canvas, class, &pen, rng);
    float ink = (float)(1 - 0.25 * difficulty * tg_rng_uniform(rng));
    for (int i = 0; i < SIDE * SIDE; i++) pixels[i] *= ink;
    tg_add_grain(pixels, SIDE * SIDE, 0.04 * difficulty, rng);
}

tg_dataset *tg_digits(tg_images_spec spec, tg_status *status) {
    return tg_paint(spec, &TG_SHAPE(SIDE, SIDE), "digits", paint, status);
}
