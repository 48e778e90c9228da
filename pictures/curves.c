#include "curves.h"
#include "core/arena.h"

#include <math.h>
#include <stdio.h>

/* A curve of a history: which number it is, what it is called, the line it is drawn with. */
typedef struct curve {
    const char *title;
    size_t at; /* in tg_epoch */
    int dash;
} curve;

#define AT(name) offsetof(tg_epoch, name)
static const curve losses[] = {
    {"training", AT(loss), 0}, {"validation", AT(validation_loss), 1}, {"test", AT(test_loss), 2}};
static const curve accuracies[] = {{"training", AT(train_accuracy), 0},
                                   {"validation", AT(validation_accuracy), 1},
                                   {"test", AT(test_accuracy), 2}};
enum { VALIDATION = 1, TEST, CURVES };

/* What the series of both panels point into. */
typedef struct lines {
    tg_series *series;
    double *y;
    char (*name)[96];
    int count;
    int64_t used;
    bool second; /* panel */
} lines;

static double read(const tg_history *history, int epoch, const curve *c) {
    return *(const double *)((const char *)&history->epochs[epoch] + c->at);
}

static bool present(const tg_history *history, const curve *c) {
    for (int i = 0; i < history->count; i++)
        if (isfinite(read(history, i, c))) return true;
    return false;
}

/* Of one run the key says which set a curve is of; of several, which run its colour is, once for both panels.
 */
static const char *key_of(const lines *to, const tg_run *run, int runs, const curve *c) {
    if (runs == 1) return c->title;
    return c->dash == 0 && !to->second ? run->name : NULL;
}

static void add(lines *to, const tg_run *run, int number, int runs, const curve *c, bool error) {
    const tg_history *history = run->history;
    double *y = to->y + to->used;
    char *name = to->name[to->count];
    for (int i = 0; i < history->count; i++) y[i] = error ? 1 - read(history, i, c) : read(history, i, c);
    snprintf(name, sizeof to->name[0], "%s%s%s", run->name ? run->name : "", run->name ? ", " : "", c->title);
    to->series[to->count++] =
        (tg_series){.title = key_of(to, run, runs, c),
                    .name = name,
                    .y = y,
                    .n = history->count,
                    .style = history->count < 30 ? TG_SERIES_LINES_POINTS : TG_SERIES_LINES,
                    .colour = runs > 1 ? number + 1 : c->dash + 1,
                    .dash = c->dash};
    to->used += history->count;
}

/* Several runs would be a thicket with three curves each: the test set stands back behind a validation set.
 */
static bool shows_test(const tg_curves_spec *spec, int r, const curve *curves) {
    return spec->count == 1 || !present(spec->runs[r].history, &curves[VALIDATION]);
}

static void collect(lines *to, const tg_curves_spec *spec, const curve *curves, bool error) {
    for (int r = 0; r < spec->count; r++)
        for (int k = 0; k < CURVES; k++)
            if (present(spec->runs[r].history, &curves[k]) && (k < TEST || shows_test(spec, r, curves)))
                add(to, &spec->runs[r], r, spec->count, &curves[k], error);
}

/* Of runs that diverged at once; the panel says that it has nothing finite to show. */
static void collect_nothing(lines *to, const tg_curves_spec *spec) {
    for (int r = 0; r < spec->count; r++)
        if (spec->runs[r].history->count) add(to, &spec->runs[r], r, spec->count, &losses[0], false);
}

bool tg_curves_save(tg_curves_spec spec, const char *path, bool *drawn, tg_status *status) {
    size_t n = 0, most = 2 * (size_t)CURVES * (size_t)(spec.count > 0 ? spec.count : 0);
    for (int r = 0; r < spec.count; r++) n += (size_t)spec.runs[r].history->count;
    lines all = {.series = tg_alloc(most * sizeof(tg_series) + 1),
                 .y = tg_alloc(2 * CURVES * n * sizeof(double) + 1),
                 .name = tg_alloc(most * sizeof *all.name + 1)};
    bool ok = all.series && all.y && all.name;
    if (ok && !n) {
        ok = tg_status_fail(status, "curves: there is nothing to draw: no run has an epoch in its history");
    } else if (ok) {
        collect(&all, &spec, losses, false);
        if (!all.count) collect_nothing(&all, &spec);
        int first = all.count;
        all.second = true;
        collect(&all, &spec, accuracies, spec.errors);
        tg_panel panels[2] = {
            {.title = "mean loss", .x_label = "epoch", .series = all.series, .count = first},
            {.title = spec.errors ? "error" : "accuracy",
             .x_label = "epoch",
             .series = all.series + first,
             .count = all.count - first,
             .key = spec.errors ? "top right" : "bottom right"}};
        ok = tg_figure_save(
            (tg_figure){.title = spec.title, .panels = panels, .count = all.count > first ? 2 : 1}, path,
            drawn, status);
    } else {
        tg_status_fail(status, "curves: out of memory");
    }
    tg_release(all.series);
    tg_release(all.y);
    tg_release(all.name);
    return ok;
}
