#include "pen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double tg_between(tg_rng *rng, double low, double high) {
    return low + (high - low) * tg_rng_uniform(rng);
}

/* ---- the digits ---- */

/* A way of writing a digit: smooth strokes, each through its points "x,y x,y ...", separated by bars; in
   hundredths of the square, y downward. */
typedef struct way {
    int digit;
    const char *strokes;
} way;

/* In the order of the digits. */
static const way ways[] = {
    {0, "52,4 28,14 17,48 26,84 50,96 75,83 83,48 72,14 50,4 38,9"},
    {0, "66,10 42,6 23,34 20,70 40,95 66,80 80,46 74,16 58,7"},
    {1, "52,4 51,35 49,65 48,96"},
    {1, "32,26 45,16 56,4 | 56,4 54,50 53,96"},
    {1, "34,24 45,15 54,5 | 54,5 53,50 52,95 | 30,95 52,95 76,94"},
    {2, "20,28 30,10 52,4 73,14 75,34 58,58 37,77 18,94 | 18,94 50,92 84,93"},
    {2, "18,24 35,7 61,6 76,23 67,48 44,72 24,90 14,86 24,75 43,84 64,95 88,88"},
    {3, "20,15 43,4 67,10 73,27 60,42 42,47 | 42,47 67,51 81,68 71,88 47,96 18,86"},
    {3, "20,8 48,7 76,7 | 76,7 60,25 45,42 | 45,42 70,48 81,68 68,90 44,96 17,86"},
    {4, "28,6 23,30 20,54 52,57 84,52 | 69,8 66,50 62,96"},
    {4, "66,4 40,31 14,62 | 14,62 50,63 88,60 | 66,4 65,50 63,96"},
    {5, "78,7 54,8 30,8 | 30,8 28,26 25,44 | 25,44 46,37 69,44 79,66 67,88 42,96 16,87"},
    {5, "34,6 30,24 28,42 50,42 70,54 74,74 58,92 36,96 18,88 | 34,6 56,8 82,5"},
    {6, "68,5 45,18 26,46 19,74 34,94 59,94 75,76 63,57 41,57 22,72"},
    {6, "50,4 33,32 22,62 27,87 50,96 71,84 70,65 50,56 30,66 23,78"},
    {7, "17,10 48,9 82,7 | 82,7 62,40 47,70 39,96"},
    {7, "17,10 48,9 82,7 | 82,7 63,40 50,70 42,96 | 36,53 54,51 74,50"},
    {7, "16,24 20,10 50,10 80,8 | 80,8 68,38 57,68 52,96"},
    {8, "67,14 45,4 27,19 39,39 63,56 75,76 57,95 31,90 25,71 45,50 67,32 71,18 62,9"},
    {8, "50,4 31,12 30,34 50,45 69,34 68,12 50,4 40,7 | 50,45 24,58 26,86 50,96 75,85 76,58 50,45 40,48"},
    {9, "74,20 53,5 30,14 25,36 42,50 62,43 75,22 75,18 | 75,18 74,50 68,76 60,96"},
    {9, "74,22 56,5 32,11 24,33 38,51 62,45 75,24 75,20 | 75,20 77,54 66,84 44,96 24,88"},
};

static const way *choose(int digit, tg_rng *rng) {
    const int all = (int)(sizeof ways / sizeof *ways);
    int first = 0, n = 0;
    while (first < all && ways[first].digit != digit) first++;
    while (first + n < all && ways[first + n].digit == digit) n++;
    return &ways[first + (int)tg_rng_below(rng, (uint64_t)n)];
}

/* ---- drawing ---- */

static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

/* A pixel is covered as far as its centre lies inside the stroke's edge, over the width of one pixel. */
void tg_pen_line(tg_canvas canvas, const double from[2], const double to[2], double radius) {
    double reach = radius + 0.5, dx = to[0] - from[0], dy = to[1] - from[1], square = dx * dx + dy * dy;
    int left = (int)clamp(fmin(from[0], to[0]) - reach, 0, canvas.width);
    int right = (int)clamp(fmax(from[0], to[0]) + reach + 1, 0, canvas.width);
    int top = (int)clamp(fmin(from[1], to[1]) - reach, 0, canvas.height);
    int bottom = (int)clamp(fmax(from[1], to[1]) + reach + 1, 0, canvas.height);
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++) {
            double px = x + 0.5 - from[0], py = y + 0.5 - from[1];
            double t = square > 0 ? clamp((px * dx + py * dy) / square, 0, 1) : 0;
            double ex = px - t * dx, ey = py - t * dy, distance = ex * ex + ey * ey;
            if (distance >= reach * reach) continue;
            float *cover = &canvas.cover[y * canvas.width + x], here = (float)fmin(reach - sqrt(distance), 1);
            if (here > *cover) *cover = here;
        }
}

/* Catmull and Rom, Computer Aided Geometric Design, 1974: the curve passes through b at t = 0 and c at t = 1.
 */
static double spline(double a, double b, double c, double d, double t) {
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

/* From the unit square to the canvas: moved by slow and faster waves, the same for all strokes so that what
   is joined stays joined, then by the matrix. */
static void to_pixels(const tg_pen *pen, const double phase[4], double u, double v, double *pixel) {
    double s = u + pen->bend * (sin(4 * v + phase[0]) + 0.6 * sin(8 * u + phase[1]));
    double t = v + pen->bend * (sin(4 * u + phase[2]) + 0.6 * sin(8 * v + phase[3]));
    pixel[0] = pen->x + pen->matrix[0][0] * s + pen->matrix[0][1] * t;
    pixel[1] = pen->y + pen->matrix[1][0] * s + pen->matrix[1][1] * t;
}

#define MOST_POINTS 16

typedef struct stroke {
    int n;
    double at[MOST_POINTS][2]; /* in -0.5..0.5 */
} stroke;

/* The next stroke of a text; where it ends, NULL when there is none. */
static const char *parse(const char *text, stroke *s) {
    char *end;
    for (s->n = 0; *text && *text != '|' && s->n < MOST_POINTS; s->n++)
        for (int c = 0; c < 2; c++) {
            s->at[s->n][c] = (double)strtol(text, &end, 10) * 0.01 - 0.5;
            text = end + strspn(end, ", ");
        }
    return s->n ? text + strspn(text, "| ") : NULL;
}

/* Point i, the end repeated beyond the ends. */
static double at(const stroke *s, int i, int c) {
    return s->at[i < 0 ? 0 : i < s->n ? i : s->n - 1][c];
}

static double along(const stroke *s, int i, int c, double t) {
    return spline(at(s, i - 1, c), at(s, i, c), at(s, i + 1, c), at(s, i + 2, c), t);
}

#define STEPS 3 /* straight pieces between two points */

static void draw_stroke(tg_canvas canvas, const tg_pen *pen, const double phase[4], const stroke *s) {
    double here[2], last[2];
    to_pixels(pen, phase, at(s, 0, 0), at(s, 0, 1), last);
    for (int k = 1; k <= (s->n - 1) * STEPS; k++) {
        int i = (k - 1) / STEPS;
        double t = (double)(k - i * STEPS) / STEPS;
        to_pixels(pen, phase, along(s, i, 0, t), along(s, i, 1, t), here);
        tg_pen_line(canvas, last, here, pen->radius);
        last[0] = here[0];
        last[1] = here[1];
    }
}

void tg_pen_digit(tg_canvas canvas, int digit, const tg_pen *pen, tg_rng *rng) {
    const way *w = choose(digit, rng);
    double phase[4];
    for (int k = 0; k < 4; k++) phase[k] = tg_between(rng, 0, 6.28);
    stroke s;
    for (const char *text = parse(w->strokes, &s); text; text = parse(text, &s))
        draw_stroke(canvas, pen, phase, &s);
}
