#include "images.h"
#include "pen.h"

#include <math.h>
#include <string.h>

#define SIDE 32
#define AREA (SIDE * SIDE)

typedef struct colour {
    float c[3];
} colour;

/* Mostly grey, as house walls and numbers are: one brightness, and a tint of it. */
static colour tinted(double brightness, double tint, tg_rng *rng) {
    colour x;
    for (int k = 0; k < 3; k++) x.c[k] = (float)(brightness + tint * tg_between(rng, -1, 1));
    return x;
}

/* A wall with a shade that grows in some direction. */
static void paint_wall(float *pixels, colour wall, double shade, tg_rng *rng) {
    double direction = tg_between(rng, 0, 6.28);
    double dx = shade * cos(direction) / SIDE, dy = shade * sin(direction) / SIDE;
    for (int i = 0; i < AREA; i++) {
        double light = dx * (i % SIDE - SIDE / 2) + dy * (i / SIDE - SIDE / 2);
        for (int k = 0; k < 3; k++) pixels[3 * i + k] = wall.c[k] + (float)light;
    }
}

static void blend(float *pixels, const float *cover, colour paint, float opacity) {
    for (int i = 0; i < AREA; i++)
        for (int k = 0; k < 3; k++)
            pixels[3 * i + k] += opacity * cover[i] * (paint.c[k] - pixels[3 * i + k]);
}

/* Edges of doors, bricks and signs: long straight lines of another colour. */
static void paint_clutter(float *pixels, double difficulty, tg_rng *rng) {
    int n = (int)tg_rng_below(rng, 1 + (uint64_t)(3 * difficulty));
    while (n-- > 0) {
        float cover[AREA] = {0};
        double end[4]; /* x, y, x, y */
        for (int k = 0; k < 4; k++) end[k] = tg_between(rng, -8, SIDE + 8);
        tg_pen_line((tg_canvas){SIDE, SIDE, cover}, end, end + 2, tg_between(rng, 0.4, 2.5));
        blend(pixels, cover, tinted(tg_between(rng, 0.1, 0.9), 0.1, rng), 0.35f);
    }
}

/* The digit of this class in the middle, others cut off at the sides, in one hand. */
static void write_number(float *cover, int class, double difficulty, tg_rng *rng) {
    tg_canvas canvas = {SIDE, SIDE, cover};
    double height = 22 * (1 + difficulty * tg_between(rng, -0.12, 0.15));
    double width = 13 * (1 + difficulty * tg_between(rng, -0.15, 0.25));
    double angle = difficulty * tg_between(rng, -0.12, 0.12),
           shear = difficulty * tg_between(rng, -0.15, 0.15);
    double x = difficulty * tg_between(rng, -2.5, 2.5), y = difficulty * tg_between(rng, -2, 2);
    double spacing = width * tg_between(rng, 1.35, 1.7),
           radius = 1.7 + difficulty * tg_between(rng, -0.6, 0.8);
    tg_pen pen = {.matrix = {{cos(angle) * width, (shear - sin(angle)) * height},
                             {sin(angle) * width, cos(angle) * height}},
                  .x = SIDE / 2.0 + x,
                  .y = SIDE / 2.0 + y,
                  .radius = radius,
                  .bend = 0.015 * difficulty};
    tg_pen_digit(canvas, class, &pen, rng);
    for (int side = -1; side <= 1; side += 2) {
        if (tg_rng_uniform(rng) >= 0.7 * fmin(difficulty, 1)) continue;
        pen.x = SIDE / 2.0 + x + side * spacing;
        tg_pen_digit(canvas, (int)tg_rng_below(rng, 10), &pen, rng);
    }
}

/* A 3x3 binomial filter: the camera stood across the street. */
static void blur(float *cover) {
    float line[AREA];
    for (int i = 0; i < AREA; i++) {
        float left = i % SIDE ? cover[i - 1] : cover[i],
              right = i % SIDE < SIDE - 1 ? cover[i + 1] : cover[i];
        line[i] = 0.25f * left + 0.5f * cover[i] + 0.25f * right;
    }
    for (int i = 0; i < AREA; i++) {
        float above = i >= SIDE ? line[i - SIDE] : line[i],
              below = i < AREA - SIDE ? line[i + SIDE] : line[i];
        cover[i] = 0.25f * above + 0.5f * line[i] + 0.25f * below;
    }
}

static void paint(float *pixels, int class, double difficulty, tg_rng *rng) {
    float cover[AREA] = {0};
    double wall = tg_between(rng, 0.15, 0.85), contrast = tg_between(rng, 0.18, 0.55);
    double number = wall > 0.5 + 0.2 * tg_between(rng, -1, 1) ? wall - contrast : wall + contrast;
    paint_wall(pixels, tinted(wall, 0.10, rng), 0.25 * difficulty, rng);
    paint_clutter(pixels, difficulty, rng);
    write_number(cover, class, difficulty, rng);
    if (tg_rng_uniform(rng) < 0.5) blur(cover);
    blend(pixels, cover, tinted(number, 0.10, rng), 1);
    tg_add_grain(pixels, 3 * AREA, 0.02 * difficulty, rng);
}

tg_dataset *tg_house_numbers(tg_images_spec spec, tg_status *status) {
    return tg_paint(spec, &TG_SHAPE(SIDE, SIDE, 3), "house numbers", paint, status);
}
