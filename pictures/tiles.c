#include "tiles.h"
#include "core/arena.h"

#include <math.h>

/* A picture of tiles with a border between them, three channels. */
typedef struct mosaic {
    int64_t count, columns, rows, height, width;
    int channels, gap, head; /* cells between the tiles; cells above each, for its label */
    tg_picture picture;
    double *cell;
} mosaic;

static bool open_mosaic(mosaic *m, const tg_tiles_spec *spec, int64_t count, tg_status *status) {
    const tg_shape *s = &spec->shape;
    if (s->rank < 2 || s->rank > 3 || (s->rank == 3 && s->dim[2] != 3 && s->dim[2] != 1) || s->dim[0] < 1 ||
        s->dim[1] < 1 || count < 1)
        return tg_status_fail(status,
                              "tiles: there are none, or their shape is not (height, width[, 1 or 3])");
    m->count = spec->most > 0 && spec->most < count ? spec->most : count;
    m->columns = spec->columns > 0 ? spec->columns : (int64_t)ceil(sqrt((double)m->count));
    if (m->columns > m->count) m->columns = m->count;
    m->rows = (m->count + m->columns - 1) / m->columns;
    m->height = s->dim[0];
    m->width = s->dim[1];
    m->channels = s->rank == 3 ? (int)s->dim[2] : 1;
    m->gap = 2;
    m->head = spec->label ? (int)(m->height / 3) + 2 : 0;
    tg_shape all =
        TG_SHAPE(m->rows * (m->height + m->gap + m->head), m->columns * (m->width + m->gap) - m->gap, 3);
    int64_t n = tg_shape_count(&all, sizeof(double));
    m->cell = n > 0 ? tg_alloc((size_t)n * sizeof(double)) : NULL;
    if (!m->cell) return tg_status_fail(status, "tiles: out of memory");
    for (int64_t i = 0; i < n; i++) m->cell[i] = NAN;
    m->picture = (tg_picture){.height = all.dim[0], .width = all.dim[1], .channels = 3, .value = m->cell};
    return true;
}

/* The first cell of the k'th tile. */
static int64_t top(const mosaic *m, int64_t k) {
    return k / m->columns * (m->height + m->gap + m->head) + m->head;
}
static int64_t left(const mosaic *m, int64_t k) {
    return k % m->columns * (m->width + m->gap);
}
static double *cell(const mosaic *m, int64_t k, int64_t i, int64_t j) {
    return m->cell + 3 * ((top(m, k) + i) * m->picture.width + left(m, k) + j);
}

static bool save(mosaic *m, const tg_tiles_spec *spec, const char *path, bool *drawn, tg_status *status) {
    double *x = tg_alloc(2 * (size_t)m->count * sizeof(double));
    bool ok = x || tg_status_fail(status, "tiles: out of memory");
    if (ok) {
        double *y = x + m->count;
        for (int64_t k = 0; k < m->count; k++) {
            x[k] = (double)left(m, k) + (double)m->width / 2 - 0.5;
            y[k] = (double)top(m, k) - (double)m->head / 2 - 0.5;
        }
        const double pixel = fmax(1.5, fmin(4, 900.0 / (double)m->picture.width));
        tg_series labels = {
            .x = x, .y = y, .n = m->count, .label = spec->label, .style = TG_SERIES_TEXT, .colour = 8};
        tg_panel panel = {
            .bare = true, .picture = &m->picture, .series = &labels, .count = spec->label ? 1 : 0};
        ok = tg_figure_save((tg_figure){.title = spec->title,
                                        .panels = &panel,
                                        .count = 1,
                                        .width = (int)(pixel * (double)m->picture.width) + 40,
                                        .height = (int)(pixel * (double)m->picture.height) + 30},
                            path, drawn, status);
    }
    tg_release(x);
    tg_release(m->cell);
    return ok;
}

/* ---- weights ---- */

/* White at 0, red at 1, blue at -1. */
static void diverging(double v, double *rgb) {
    const double red[3] = {0.70, 0.09, 0.17}, blue[3] = {0.13, 0.40, 0.67}, *end = v > 0 ? red : blue;
    for (int c = 0; c < 3; c++) rgb[c] = 1 - fabs(v) * (1 - end[c]);
}

static void draw_weights(mosaic *m, const tg_param *weight, bool out_first, int64_t unit) {
    const int64_t n = m->height * m->width * m->channels, out = weight->size / n;
    const int64_t stride = out_first ? 1 : out, first = out_first ? unit * n : unit;
    double largest = 1e-300;
    for (int64_t i = 0; i < n; i++) largest = fmax(largest, fabs(tg_param_at(weight, first + i * stride)));
    for (int64_t i = 0; i < m->height; i++)
        for (int64_t j = 0; j < m->width; j++) {
            double *to = cell(m, unit, i, j);
            int64_t k = (i * m->width + j) * m->channels;
            for (int c = 0; c < m->channels && m->channels == 3; c++)
                to[c] = 0.5 + 0.5 * tg_param_at(weight, first + (k + c) * stride) / largest;
            if (m->channels == 1) diverging(tg_param_at(weight, first + k * stride) / largest, to);
        }
}

bool tg_weights_save(const tg_param *weight, tg_tiles_spec spec, const char *path, bool *drawn,
                     tg_status *status) {
    mosaic m;
    int64_t n = tg_shape_count(&spec.shape, 1);
    if (drawn) *drawn = false;
    if (!weight || weight->shape.rank != 2 || weight->shape.dim[spec.out_first] != n)
        return tg_status_fail(status, "weights: a matrix with %lld inputs is needed", (long long)n);
    if (!open_mosaic(&m, &spec, weight->shape.dim[!spec.out_first], status)) return false;
    for (int64_t k = 0; k < m.count; k++) draw_weights(&m, weight, spec.out_first, k);
    return save(&m, &spec, path, drawn, status);
}

/* ---- examples ---- */

bool tg_examples_save(const tg_dataset *set, tg_tiles_spec spec, const char *path, bool *drawn,
                      tg_status *status) {
    mosaic m;
    if (drawn) *drawn = false;
    if (!set) return tg_status_fail(status, "tiles: there is no set");
    if (spec.shape.rank == 0) spec.shape = set->example;
    if (tg_shape_count(&spec.shape, 1) != tg_dataset_features(set))
        return tg_status_fail(status, "tiles: an example of %s does not have that shape", set->name);
    if (!open_mosaic(&m, &spec, set->count, status)) return false;
    const double scale = spec.scale > 0 ? spec.scale : 1;
    for (int64_t k = 0; k < m.count; k++)
        for (int64_t i = 0; i < m.height * m.width; i++)
            for (int c = 0; c < 3; c++)
                cell(&m, k, i / m.width, i % m.width)[c] =
                    tg_dataset_at(set, spec.at ? spec.at[k] : k, i * m.channels + (m.channels == 3 ? c : 0)) /
                    scale;
    return save(&m, &spec, path, drawn, status);
}
