#include "show.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of the last ten epochs, before their steps. */
static double median(const double *accuracy, int epochs) {
    double last[10];
    const int n = epochs < 10 ? epochs : 10;
    memcpy(last, accuracy + epochs - n, (size_t)n * sizeof *last);
    qsort(last, (size_t)n, sizeof *last, ascending);
    return (last[(n - 1) / 2] + last[n / 2]) / 2;
}

void show_accuracies(lesson *l, const char *name, double train, double test, const curves *c) {
    const double value[] = {train, test, median(c->train, c->epochs), median(c->test, c->epochs)};
    const char *const text[] = {"training accuracy", "test accuracy",
                                "training accuracy (median of the last ten epochs)",
                                "test accuracy (median of the last ten epochs)"};
    for (int i = 0; i < 4; i++) {
        char what[96];
        snprintf(what, sizeof what, "%s: %s", name, text[i]);
        lesson_number(l, what, value[i]);
    }
}

void show_curves(lesson *l, const char *name, const curves *c) {
    char file[64];
    tg_series loss = {.y = c->loss, .n = c->epochs};
    tg_series accuracy[] = {{.title = "training", .y = c->train, .n = c->epochs},
                            {.title = "test", .y = c->test, .n = c->epochs, .dash = 1}};
    tg_panel panels[] = {
        {.title = "loss", .x_label = "epoch", .series = &loss, .count = 1},
        {.title = "accuracy", .x_label = "epoch", .series = accuracy, .count = 2, .key = "bottom right"}};
    snprintf(file, sizeof file, "%s_curves", name);
    lesson_need(
        l, tg_figure_save((tg_figure){.panels = panels, .count = 2}, lesson_path(l, file), NULL, &l->status),
        "");
    snprintf(file, sizeof file, "%s.csv", name);
    FILE *out = fopen(lesson_path(l, file), "w");
    lesson_need(l, out, "the history cannot be written");
    fputs("epoch,loss,train_accuracy,test_accuracy\n", out);
    for (int i = 0; i < c->epochs; i++)
        fprintf(out, "%d,%.17g,%.17g,%.17g\n", i + 1, c->loss[i], c->train[i], c->test[i]);
    fclose(out);
}

static int class_of(const tg_node *output, int64_t row) {
    const int n = (int)tg_shape_of(output)->dim[1];
    int best = 0;
    if (n == 1) return tg_value_at(output, row) > 0;
    for (int k = 1; k < n; k++)
        if (tg_value_at(output, row * n + k) > tg_value_at(output, row * n + best)) best = k;
    return best;
}

enum { ROW = 12 };

void show_reading(lesson *l, const char *name, const tg_node *output, const tg_dataset *set,
                  const int *digits) {
    char file[64], text[2][ROW][24];
    const char *label[2][ROW];
    int64_t at[2][ROW];
    int count[2] = {0};
    for (int64_t i = 0; i < set->count; i++) {
        const int said = class_of(output, i), is = set->labels[i], wrong = said != is;
        const int k = count[wrong];
        if (k == ROW || (!wrong && i % 97)) continue; /* the right ones from all over the set */
        snprintf(text[wrong][k], sizeof text[0][0], wrong ? "%d for %d" : "%d", digits[said], digits[is]);
        label[wrong][k] = text[wrong][k];
        at[wrong][k] = i;
        count[wrong]++;
    }
    for (int wrong = 0; wrong < 2; wrong++) {
        snprintf(file, sizeof file, "%s_%s", name, wrong ? "wrong" : "right");
        if (count[wrong])
            tg_examples_save(set,
                             (tg_tiles_spec){.title = wrong ? "read wrongly" : "read rightly",
                                             .columns = ROW,
                                             .most = count[wrong],
                                             .scale = 255,
                                             .at = at[wrong],
                                             .label = label[wrong]},
                             lesson_path(l, file), NULL, &l->status);
    }
}

void show_butterfly(lesson *l, const curves *a, const curves *b) {
    double apart[MAX_EPOCHS];
    int close = 0;
    for (int i = 0; i < b->epochs; i++) {
        double d = fabs(b->loss[i] - a->loss[i]) / a->loss[i];
        if (close == i && d < 1e-9) close++;
        apart[i] = fmax(d, 1e-17); /* equal ones at the foot of the picture */
    }
    tg_series series = {.y = apart, .n = b->epochs, .style = TG_SERIES_LINES_POINTS};
    tg_panel panel = {.title = "two runs whose first weights differ in one bit",
                      .x_label = "epoch",
                      .y_label = "relative difference of the losses",
                      .log_y = true,
                      .series = &series,
                      .count = 1};
    lesson_number(l, "ten: epochs until one bit of one weight makes a difference of 1e-9", close);
    tg_figure_save((tg_figure){.panels = &panel, .count = 1}, lesson_path(l, "ten_butterfly"), NULL,
                   &l->status);
}
