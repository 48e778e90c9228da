/* pen.h: the ten digits as pen strokes, drawn on a small canvas. Private. */
#ifndef TG_DATA_PEN_H
#define TG_DATA_PEN_H

#include "core/rng.h"

/* How much of each pixel is covered, 0..1. */
typedef struct tg_canvas {
    int width, height;
    float *cover;
} tg_canvas;

typedef struct tg_pen {
    double matrix[2][2]; /* from the unit square, centred at 0, to pixels */
    double x, y;         /* of the centre, in pixels */
    double radius;       /* half the thickness, in pixels */
    double bend;         /* depth of the waves that distort the strokes, in parts of the unit square */
} tg_pen;

/* Draws a digit, in one of its ways of writing; all chance comes from rng. */
void tg_pen_digit(tg_canvas canvas, int digit, const tg_pen *pen, tg_rng *rng);
/* A straight stroke, in pixels. */
void tg_pen_line(tg_canvas canvas, const double from[2], const double to[2], double radius);

/* A number between low and high. */
double tg_between(tg_rng *rng, double low, double high);

#endif
