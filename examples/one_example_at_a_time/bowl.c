#include "bowl.h"

#include <math.h>

enum { STEPS = 25, RINGS = 5, CORNERS = 73 };
static const double a = 1, b = 10, start[2] = {-9, 3};

typedef struct way {
    double w1[STEPS + 1], w2[STEPS + 1];
} way;

/* On a tape, as a network would be trained. The largest relative error against the formula is returned. */
static double descend(lesson *l, double lr, way *to) {
    tg_param *w = tg_param_new("w", TG_F64, &TG_SHAPE(2));
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *curvature = tg_constant(tape, TG_F64, 1, (int64_t[]){2}, (double[]){a, b});
    tg_node *node = tg_use(tape, w);
    tg_node *loss = tg_scale(tg_sum(tg_mul(curvature, tg_square(node))), 0.5);
    double worst = 0;
    for (int i = 0; i < 2; i++) tg_param_set_at(w, i, start[i]);
    for (int n = 0; n <= STEPS; n++) {
        to->w1[n] = tg_param_at(w, 0);
        to->w2[n] = tg_param_at(w, 1);
        worst = lesson_larger(worst, fabs(to->w1[n] / (start[0] * pow(1 - lr * a, n)) - 1));
        worst = lesson_larger(worst, fabs(to->w2[n] / (start[1] * pow(1 - lr * b, n)) - 1));
        lesson_need(l, tg_replay(tape) && tg_backward(loss), tg_error(tape));
        for (int i = 0; i < 2; i++) tg_param_set_at(w, i, tg_param_at(w, i) - lr * tg_param_grad_at(w, i));
        tg_param_zero_grad(w);
    }
    tg_tape_free(tape);
    tg_param_free(w);
    return worst;
}

/* Where the loss is that of the start, and fractions of it. */
static void draw_rings(double x[RINGS][CORNERS], double y[RINGS][CORNERS], tg_series *series) {
    const double height = (a * start[0] * start[0] + b * start[1] * start[1]) / 2;
    for (int r = 0; r < RINGS; r++) {
        const double level = height * pow((r + 1.0) / RINGS, 2);
        for (int i = 0; i < CORNERS; i++) {
            const double angle = 2 * M_PI * i / (CORNERS - 1);
            x[r][i] = sqrt(2 * level / a) * cos(angle);
            y[r][i] = sqrt(2 * level / b) * sin(angle);
        }
        series[r] = (tg_series){.x = x[r], .y = y[r], .n = CORNERS, .colour = 8, .size = 0.3};
    }
}

void roll_into_the_bowl(lesson *l) {
    static const double share[] = {0.25, 0.95, 1, 1.02};
    static const char *const title[] = {"a quarter of 2/b", "0.95 of 2/b", "2/b", "1.02 of 2/b"};
    enum { RATES = 4 };
    static double x[RINGS][CORNERS], y[RINGS][CORNERS];
    static way ways[RATES];
    tg_series series[RATES][RINGS + 1];
    tg_panel panels[RATES];
    double worst = 0;
    for (int k = 0; k < RATES; k++) {
        char what[64];
        worst = lesson_larger(worst, descend(l, share[k] * 2 / b, &ways[k]));
        snprintf(what, sizeof what, "bowl: |w2| after %d steps at %s", STEPS, title[k]);
        lesson_number(l, what, fabs(ways[k].w2[STEPS]));
        draw_rings(x, y, series[k]);
        series[k][RINGS] = (tg_series){.x = ways[k].w1,
                                       .y = ways[k].w2,
                                       .n = STEPS + 1,
                                       .style = TG_SERIES_LINES_POINTS,
                                       .colour = k < 2    ? 1
                                                 : k == 2 ? 2
                                                          : 3};
        panels[k] = (tg_panel){.title = title[k],
                               .x_label = "w1",
                               .y_label = "w2",
                               .x_min = -14,
                               .x_max = 14,
                               .y_min = -5.5,
                               .y_max = 5.5,
                               .series = series[k],
                               .count = RINGS + 1};
    }
    lesson_number(l, "bowl: way against its formula (largest relative error)", worst);
    tg_figure_save((tg_figure){.title = "gradient descent on (w1^2 + 10 w2^2)/2, by learning rate",
                               .panels = panels,
                               .count = RATES,
                               .columns = 2,
                               .height = 300},
                   lesson_path(l, "bowl"), NULL, &l->status);
}
