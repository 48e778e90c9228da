#include "regions.h"
#include "core/arena.h"
#include "figure_internal.h"
#include "ops_api.h"

#include <math.h>

/* A panel and what it points to. */
typedef struct shown {
    tg_picture picture;
    double *cell;
    double *xy;        /* of the points, sorted by class: all x, all y */
    tg_series *series; /* one per class */
} shown;

static void bounds(const tg_dataset *set, int feature, double *low, double *high) {
    *low = INFINITY;
    *high = -INFINITY;
    for (int64_t i = 0; i < set->count; i++) {
        *low = fmin(*low, tg_dataset_at(set, i, feature));
        *high = fmax(*high, tg_dataset_at(set, i, feature));
    }
    double edge = 0.08 * (*high - *low) + 1e-9;
    *low -= edge;
    *high += edge;
}

/* The classes' colours, mixed by their probabilities with white, so that a tie is pale. */
static void mix(const tg_node *probability, int64_t row, int classes, double *rgb) {
    for (int c = 0; c < 3; c++) rgb[c] = 1;
    for (int k = 0; k < classes; k++) {
        double p = tg_value_at(probability, row * classes + k);
        double strength = 0.55 * fmax(0, p - 1.0 / classes) / (1 - 1.0 / classes);
        unsigned colour = tg_palette(k + 1);
        for (int c = 0; c < 3; c++) rgb[c] -= strength * (1 - (colour >> (16 - 8 * c) & 255) / 255.0);
    }
}

static bool colour_plane(shown *s, const tg_region *region, int side, tg_status *status) {
    const tg_dtype dtype = tg_params_dtype(region->model.params);
    const int64_t dims[] = {(int64_t)side * side, 2};
    tg_tape *tape = tg_tape_new_spec((tg_tape_spec){.dtype = dtype, .inference = true, .evaluation = true});
    tg_node *x = tg_input(tape, "x", dtype, 2, dims);
    double *at = tg_alloc((size_t)dims[0] * 2 * sizeof(double));
    const tg_picture *p = &s->picture;
    bool ok = at && x;
    for (int64_t i = 0; ok && i < dims[0]; i++) {
        at[2 * i] = p->x0 + ((double)(i % side) + 0.5) * (p->x1 - p->x0) / side;
        at[2 * i + 1] = p->y1 - ((double)(i / side) + 0.5) * (p->y1 - p->y0) / side;
    }
    ok = ok && tg_set_f64(x, at);
    tg_node *y = ok ? tg_softmax(region->model.apply(region->model.self, x)) : NULL;
    if (y) {
        const tg_shape *shape = tg_shape_of(y);
        for (int64_t i = 0; i < dims[0]; i++) mix(y, i, (int)shape->dim[shape->rank - 1], s->cell + 3 * i);
    }
    if (!y) tg_status_fail(status, "regions: %s", tape && tg_failed(tape) ? tg_error(tape) : "out of memory");
    tg_release(at);
    tg_tape_free(tape);
    return y;
}

static void sort_points(shown *s, const tg_dataset *set) {
    int64_t n = 0;
    for (int k = 0; k < set->classes; k++) {
        int64_t first = n;
        for (int64_t i = 0; i < set->count; i++) {
            if (set->labels[i] != k) continue;
            s->xy[n] = tg_dataset_at(set, i, 0);
            s->xy[set->count + n++] = tg_dataset_at(set, i, 1);
        }
        s->series[k] = (tg_series){.x = s->xy + first,
                                   .y = s->xy + set->count + first,
                                   .n = n - first,
                                   .style = TG_SERIES_POINTS,
                                   .size = 0.8,
                                   .colour = k + 1};
    }
}

static bool show(shown *s, const tg_region *region, int side, tg_panel *panel, tg_status *status) {
    const tg_dataset *set = region->points;
    if (!set || tg_dataset_features(set) != 2 || !set->labels)
        return tg_status_fail(status, "regions: labelled points of two features are needed");
    s->cell = tg_alloc((size_t)side * (size_t)side * 3 * sizeof(double));
    s->xy = tg_alloc(2 * (size_t)set->count * sizeof(double) + 1);
    s->series = tg_alloc((size_t)set->classes * sizeof(tg_series));
    if (!s->cell || !s->xy || !s->series) return tg_status_fail(status, "regions: out of memory");
    s->picture = (tg_picture){.height = side, .width = side, .channels = 3, .value = s->cell};
    bounds(set, 0, &s->picture.x0, &s->picture.x1);
    bounds(set, 1, &s->picture.y0, &s->picture.y1);
    sort_points(s, set);
    *panel = (tg_panel){.title = region->title,
                        .picture = &s->picture,
                        .series = s->series,
                        .count = set->classes,
                        .x_min = s->picture.x0,
                        .x_max = s->picture.x1,
                        .y_min = s->picture.y0,
                        .y_max = s->picture.y1};
    return colour_plane(s, region, side, status);
}

bool tg_regions_save(tg_regions_spec spec, const char *path, bool *drawn, tg_status *status) {
    const int side = spec.resolution > 0 ? spec.resolution : 120;
    if (drawn) *drawn = false;
    if (spec.count < 1) return tg_status_fail(status, "regions: there are none");
    shown *all = tg_alloc((size_t)spec.count * sizeof *all);
    tg_panel *panels = tg_alloc((size_t)spec.count * sizeof *panels);
    bool ok = (all && panels) || tg_status_fail(status, "regions: out of memory");
    for (int i = 0; ok && i < spec.count; i++) ok = show(&all[i], &spec.regions[i], side, &panels[i], status);
    ok = ok && tg_figure_save((tg_figure){.title = spec.title,
                                          .panels = panels,
                                          .count = spec.count,
                                          .columns = spec.columns,
                                          .width = 340,
                                          .height = 330},
                              path, drawn, status);
    for (int i = 0; all && i < spec.count; i++) {
        tg_release(all[i].cell);
        tg_release(all[i].xy);
        tg_release(all[i].series);
    }
    tg_release(all);
    tg_release(panels);
    return ok;
}
