/* slope.c: numeric derivatives along a line, with error bars that are meant. */
#include "probe.h"

#include <float.h>
#include <math.h>

/* Rounding of the values that are seen. The factor allows for a few operations in the chain. Elements that
   have not changed count too: their change may have been rounded away. */
static double seen_noise(const tg_line *line, double size) {
    return 8 * DBL_EPSILON * fmax(size, line->probe->magnitude);
}

/* Rounding: a sample is off by no more than about this, inside the chain too. */
static double noise(const tg_line *line, double size) {
    return fmax(seen_noise(line, size), 8 * DBL_EPSILON * line->steepest * line->scale);
}

static void note_crossing(tg_slope *slope, const tg_sample *s) {
    if (!s->crossed || slope->kink_node >= 0) return;
    slope->kink_node = s->kink_node;
    slope->kink_element = s->kink_element;
}

static tg_slope nothing(void) {
    return (tg_slope){
        .value = NAN, .bar = INFINITY, .bend = INFINITY, .left = NAN, .right = NAN, .kink_node = -1};
}

/* ---- central differences ---- */

typedef struct central {
    double value, noise;
    double seen; /* the part of the noise that the seen values have */
    double bend; /* |f(x+h) - 2 f(x) + f(x-h)|, less its rounding */
    bool usable; /* finite, and no kink between the samples */
    bool moved;  /* at least one of the samples differs from the base point */
} central;

static central central_at(const tg_line *line, double h, bool branches, tg_slope *slope) {
    tg_sample up = tg_line_sample(line, h, branches), down = tg_line_sample(line, -h, branches);
    double width = up.t - down.t;
    note_crossing(slope, &up);
    note_crossing(slope, &down);
    central c = {(up.f - down.f) / width,
                 noise(line, up.size) / width + noise(line, down.size) / width,
                 seen_noise(line, up.size) / width + seen_noise(line, down.size) / width,
                 fabs(up.f + down.f) - 2 * seen_noise(line, fmax(up.size, down.size)),
                 isfinite(up.f) && isfinite(down.f) && width > 0 && !up.crossed && !down.crossed,
                 up.f != 0 || down.f != 0};
    if (c.usable) slope->bend = fmin(slope->bend, 2 * c.bend / width);
    return c;
}

tg_slope tg_slope_central(const tg_line *line) {
    tg_slope slope = nothing();
    central c = central_at(line, 6.0554544523933429e-6 * line->scale, false, &slope); /* eps^(1/3) */
    slope.value = c.value;
    slope.still = !c.moved;
    slope.crossed = !c.usable;
    if (c.usable) slope.bar = c.noise + 1e-10 * fabs(c.value);
    return slope;
}

/* ---- six points ---- */

/* (45 d1 - 9 d2 + d3)/60h with dk = f(x+kh)-f(x-kh): exact up to sixth powers. */
static central six_at(const tg_line *line, double h, tg_slope *slope) {
    central c1 = central_at(line, h, true, slope);
    if (!c1.usable) return c1;
    central c2 = central_at(line, 2 * h, true, slope);
    if (!c2.usable) return c2;
    central c3 = central_at(line, 3 * h, true, slope);
    return (central){1.5 * c1.value - 0.6 * c2.value + 0.1 * c3.value,
                     1.5 * c1.noise + 0.6 * c2.noise + 0.1 * c3.noise,
                     1.5 * c1.seen + 0.6 * c2.seen + 0.1 * c3.seen,
                     c1.bend,
                     c3.usable,
                     c1.moved};
}

/* Quotients that move on in one direction by more and more as the step shrinks: the step is larger than the
   length on which the function changes, and how far they are from each other bounds no error. */
static bool diverges(const double last[2], const central *now) {
    double before = last[0] - last[1], then = now->value - last[0];
    if (isnan(before))
        return fabs(then) > 0.1 * fabs(now->value) + now->seen; /* two only: they must be close */
    return (before > 0) == (then > 0) && fabs(then) > fabs(before) + now->seen;
}

#define FIRST_STEP 5.8e-3 /* eps^(1/7) */
#define STEPS      11     /* of a quarter each: down to 5e-9 */
#define NEAR_STEPS 6      /* likewise, but below |x| */

/* Steps of h and quarters of it. A step counts when it is small against the function's own length: quotients do
   not diverge, and how far the function bends within it falls as the step does. `moved`: steps before these were seen to change the value. True when it settles.
 */
static bool descend(const tg_line *line, double h, int steps, bool moved, double wanted, tg_slope *slope) {
    double last[2] = {NAN, NAN}, bend = INFINITY;
    for (int k = 0; k < steps; k++, h /= 4) {
        central now = six_at(line, h, slope);
        if (!now.usable) {
            last[0] = last[1] = NAN;
            bend = INFINITY;
            continue;
        }
        if (moved && !now.moved) break; /* steps this small are swallowed by rounding */
        moved |= now.moved;
        slope->still &= !now.moved;
        slope->crossed = false;
        /* Three agreeing steps, not two: two agree by chance too often. The middle one is reported. */
        double bar = fmax(fabs(now.value - last[0]), fabs(last[0] - last[1])) + now.noise;
        bool small = !diverges(last, &now) && !(now.bend > 0.75 * fmax(bend, 0));
        if (bar < slope->bar && small) {
            slope->bar = bar;
            slope->value = last[0];
        }
        if (slope->bar <= wanted * fabs(slope->value) || (slope->value == 0 && slope->bar == 0)) return true;
        last[1] = last[0];
        last[0] = now.value;
        bend = now.bend;
    }
    return false;
}

/* The first of the steps below |x|; 0 where the usual ones are small enough, or there is no one x. */
static double near_step(const tg_line *line) {
    if (line->direction) return 0;
    const double h = FIRST_STEP * fabs(line->base[line->element]);
    return h < FIRST_STEP * line->scale / 1024 ? h : 0;
}

tg_slope tg_slope_six(const tg_line *line, double wanted) {
    tg_slope slope = nothing();
    slope.crossed = slope.still = true;
    if (descend(line, FIRST_STEP * line->scale, STEPS, false, wanted, &slope)) return slope;
    const double near = near_step(line);
    slope.near = near > 0;
    if (slope.near) descend(line, near, NEAR_STEPS, true, wanted, &slope);
    return slope;
}

/* ---- Ridders ---- */

#define COLUMNS 10

tg_slope tg_slope_ridders(const tg_line *line) {
    tg_slope slope = nothing();
    double table[COLUMNS][COLUMNS], h = 0.1 * line->scale, worst_noise = 0;
    int i = 0;
    slope.still = true;
    for (int tries = 0; i < COLUMNS && tries < 30; tries++, h /= 1.4) {
        central now = central_at(line, h, true, &slope);
        slope.still &= !now.moved;
        if (!now.usable) {
            i = 0;
            if (tries < 20) h /= 2;
            continue;
        }
        table[0][i] = now.value;
        worst_noise = now.noise;
        double factor = 1.4 * 1.4;
        for (int j = 1; j <= i; j++, factor *= 1.4 * 1.4) {
            table[j][i] = (table[j - 1][i] * factor - table[j - 1][i - 1]) / (factor - 1);
            double bar = fmax(fabs(table[j][i] - table[j - 1][i]), fabs(table[j][i] - table[j - 1][i - 1]));
            if (bar + worst_noise >= slope.bar) continue;
            slope.bar = bar + worst_noise;
            slope.value = table[j][i];
        }
        if (i && fabs(table[i][i] - table[i - 1][i - 1]) >= 2 * slope.bar) break;
        i++;
    }
    slope.crossed = !isfinite(slope.bar);
    return slope;
}

/* ---- one side ---- */

/* (4 f(h) - f(2h))/2h, f being measured from the base point. NaN unless two steps agree; infinite where the
   quotient rises without bound. */
static double one_side(const tg_line *line, double sign, bool *outside) {
    double last = NAN, first = NAN;
    for (double h = 1e-4; h > 1e-8; h /= 8) {
        tg_sample near = tg_line_sample(line, sign * h * line->scale, false);
        tg_sample far = tg_line_sample(line, sign * 2 * h * line->scale, false);
        *outside = !isfinite(near.f);
        double slope = (4 * near.f / near.t - 2 * far.f / far.t) / 2,
               bar = noise(line, near.size) / fabs(near.t);
        if (isnan(first)) first = slope;
        bool grows = fabs(slope) > 2 * fabs(last) + 10 * seen_noise(line, near.size) / fabs(near.t);
        if (fabs(slope - last) <= 1e-4 * fabs(slope) + 10 * bar && !grows) return slope;
        last = slope;
    }
    return fabs(last) > 16 * fabs(first) ? copysign(INFINITY, last) : NAN;
}

void tg_slope_sides(const tg_line *line, tg_slope *slope) {
    bool no_left = false, no_right = false;
    slope->right = one_side(line, 1, &no_right);
    slope->left = one_side(line, -1, &no_left);
    slope->edge = (no_left || no_right) && line->probe->base_finite;
    slope->jumps = isfinite(slope->left) && isfinite(slope->right) &&
                   fabs(slope->left - slope->right) > 0.01 * fmax(fabs(slope->left), fabs(slope->right));
}

bool tg_slope_jumps(const tg_line *line, tg_slope *slope) {
    tg_slope_sides(line, slope);
    const double jump = fabs(slope->right - slope->left);
    return slope->jumps && fabs(slope->bend - jump) <= 0.1 * jump;
}
