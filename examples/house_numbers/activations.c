#include "activations.h"

enum { POINTS = 161, KINDS = 6 };

typedef struct curve {
    double x[POINTS], y[POINTS], slope[POINTS];
} curve;

static void compute(lesson *l, tg_activation kind, curve *c) {
    tg_tape *tape = tg_tape_new(TG_F64);
    tg_node *x = tg_input(tape, "x", TG_F64, 1, (int64_t[]){POINTS});
    tg_require_grad(x, true);
    for (int i = 0; i < POINTS; i++) c->x[i] = -4 + 8.0 * i / (POINTS - 1);
    tg_set(x, c->x);
    tg_node *y = tg_activate(x, kind);
    /* Every y depends on its own x only, so the gradient of their sum is the derivative at each point. */
    lesson_need(l, tg_backward_from(y, NULL), tg_error(tape));
    for (int i = 0; i < POINTS; i++) {
        c->y[i] = tg_value_at(y, i);
        c->slope[i] = tg_grad_at(x, i);
    }
    tg_tape_free(tape);
}

void draw_activations(lesson *l) {
    static const tg_activation kinds[KINDS] = {TG_SIGMOID, TG_TANH, TG_RELU, TG_LEAKY_RELU, TG_ELU, TG_SELU};
    static curve curves[KINDS];
    tg_series series[KINDS][2];
    tg_panel panels[KINDS];
    for (int k = 0; k < KINDS; k++) {
        compute(l, kinds[k], &curves[k]);
        series[k][0] = (tg_series){.title = "f", .x = curves[k].x, .y = curves[k].y, .n = POINTS};
        series[k][1] =
            (tg_series){.title = "f'", .x = curves[k].x, .y = curves[k].slope, .n = POINTS, .dash = 1};
        panels[k] = (tg_panel){.title = tg_activation_name(kinds[k]),
                               .x_min = -4,
                               .x_max = 4,
                               .y_min = -2.2,
                               .y_max = 4,
                               .key = "top left",
                               .series = series[k],
                               .count = 2};
    }
    lesson_need(l,
                tg_figure_save(
                    (tg_figure){.panels = panels, .count = KINDS, .columns = 3, .width = 320, .height = 260},
                    lesson_path(l, "activations"), NULL, &l->status),
                "");
}
