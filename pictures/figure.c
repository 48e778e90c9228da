#include "core/output.h"
#include "figure_internal.h"
#include "gnuplot.h"

#include <errno.h>
#include <math.h>
#include <string.h>

unsigned tg_palette(int k) {
    static const unsigned colour[] = {0x2166ac, 0xf28e2b, 0xb2182b, 0x1b7837,
                                      0x762a83, 0x35978f, 0x8c510a, 0x4d4d4d};
    const int n = sizeof colour / sizeof *colour;
    return colour[((k - 1) % n + n) % n];
}

int tg_series_colour(const tg_panel *panel, int series) {
    int own = panel->series[series].colour;
    return own > 0 ? own : series + 1;
}

static int64_t rows_in(const tg_panel *panel, int series) {
    if (series >= 0) return panel->series[series].csv ? 0 : panel->series[series].n;
    return panel->picture ? panel->picture->height * panel->picture->width : 0;
}

tg_rows tg_rows_of(const tg_figure *figure, int panel, int series) {
    tg_rows rows = {0};
    for (int p = 0; p <= panel; p++)
        for (int s = -1; s < figure->panels[p].count; s++) {
            if (p == panel && s == series) {
                rows.count = rows_in(&figure->panels[p], s);
                return rows;
            }
            rows.first += rows_in(&figure->panels[p], s);
        }
    return rows;
}

/* ---- the numbers ---- */

/* Columns that are used; a figure of curves has no others than the first four. */
typedef struct columns {
    bool label, colour;
} columns;

static columns used(const tg_figure *figure) {
    columns c = {0};
    for (int p = 0; p < figure->count; p++) {
        if (figure->panels[p].picture) c.colour = true;
        for (int s = 0; s < figure->panels[p].count; s++)
            if (figure->panels[p].series[s].label) c.label = true;
    }
    return c;
}

static void write_quoted(FILE *out, const char *text) {
    fputc('"', out);
    for (; text && *text; text++) {
        if (*text == '"') fputc('"', out);
        fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
    }
    fputc('"', out);
}

static void write_number(FILE *out, double v) {
    if (isfinite(v))
        fprintf(out, "%.9g", v);
    else
        fputs("nan", out);
}

/* Names the row: the panel's title or number, the series' title or number. */
static void write_place(FILE *out, const char *panel, int p, const char *series, int s) {
    if (panel && *panel)
        write_quoted(out, panel);
    else
        fprintf(out, "%d", p + 1);
    fputc(',', out);
    if (series && *series)
        write_quoted(out, series);
    else
        fprintf(out, "%d", s + 1);
}

static int level(double v) {
    return isfinite(v) ? (int)lround(255 * fmin(1, fmax(0, v))) : 255;
}

static void write_picture(const tg_figure *figure, int p, columns c, FILE *out) {
    const tg_panel *panel = &figure->panels[p];
    const tg_picture *picture = panel->picture;
    const bool placed = picture->x0 != picture->x1;
    const double dx = placed ? (picture->x1 - picture->x0) / (double)picture->width : 1;
    const double dy = placed ? (picture->y1 - picture->y0) / (double)picture->height : 1;
    const double *v = picture->value;
    for (int64_t i = 0; i < picture->height; i++)
        for (int64_t j = 0; j < picture->width; j++, v += picture->channels) {
            int last = picture->channels - 1;
            write_place(out, panel->title, p, "picture", 0);
            fprintf(out, ",%.9g,%.9g", placed ? picture->x0 + ((double)j + 0.5) * dx : (double)j,
                    placed ? picture->y1 - ((double)i + 0.5) * dy : (double)i);
            fprintf(out, "%s,%d,%d,%d\n", c.label ? "," : "", level(v[0]), level(v[last ? 1 : 0]),
                    level(v[last]));
        }
}

static void write_series(const tg_figure *figure, int p, int s, columns c, FILE *out) {
    const tg_panel *panel = &figure->panels[p];
    const tg_series *series = &panel->series[s];
    for (int64_t i = 0; i < series->n; i++) {
        write_place(out, panel->title, p, series->name ? series->name : series->title, s);
        fputc(',', out);
        write_number(out, series->x ? series->x[i] : (double)(i + 1));
        fputc(',', out);
        write_number(out, series->y[i]);
        if (c.label) {
            fputc(',', out);
            if (series->label) write_quoted(out, series->label[i]);
        }
        fputs(c.colour ? ",,,\n" : "\n", out);
    }
}

void tg_figure_write_csv(const tg_figure *figure, FILE *out) {
    columns c = used(figure);
    fprintf(out, "panel,series,x,y%s%s\n", c.label ? ",label" : "", c.colour ? ",red,green,blue" : "");
    for (int p = 0; p < figure->count; p++) {
        if (figure->panels[p].picture) write_picture(figure, p, c, out);
        for (int s = 0; s < figure->panels[p].count; s++)
            if (!figure->panels[p].series[s].csv) write_series(figure, p, s, c, out);
    }
}

/* ---- the files ---- */

static bool check_panel(const tg_panel *panel, int p, tg_status *status) {
    const tg_picture *picture = panel->picture;
    const char *key = panel->key ? panel->key : "";
    if (key[strspn(key, "abcdefghijklmnopqrstuvwxyz ")])
        return tg_status_fail(status, "figure: the key of panel %d cannot stand at '%.100s'", p + 1, key);
    if (panel->count == 0 && !picture) return tg_status_fail(status, "figure: panel %d is empty", p + 1);
    if (picture && (picture->height < 1 || picture->width < 1 || !picture->value ||
                    (picture->channels != 1 && picture->channels != 3)))
        return tg_status_fail(status, "figure: the picture of panel %d has no cells, or not 1 or 3 channels",
                              p + 1);
    for (int s = 0; s < panel->count; s++) {
        const tg_series *series = &panel->series[s];
        bool file = series->csv && series->x_column && series->y_column;
        bool points =
            !series->csv && series->n > 0 && series->y && (series->style != TG_SERIES_TEXT || series->label);
        if (!file && !points)
            return tg_status_fail(status, "figure: series %d of panel %d has no points", s + 1, p + 1);
    }
    return true;
}

/* A path in its parts; the formats that its ending asks for. */
typedef struct place {
    char folder[4096], name[256];
    const char *formats;
} place;

static bool take_apart(const char *path, place *at, tg_status *status) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t length = strlen(name);
    at->formats = "svg png";
    if (length > 4 && (strcmp(name + length - 4, ".svg") == 0 || strcmp(name + length - 4, ".png") == 0)) {
        at->formats = name[length - 3] == 's' ? "svg" : "png";
        length -= 4;
    }
    if (length == 0 || length >= sizeof at->name - 8 || strlen(path) >= sizeof at->folder)
        return tg_status_fail(status, "figure: '%.200s' is no name for a file", path);
    snprintf(at->name, sizeof at->name, "%.*s", (int)length, name);
    snprintf(at->folder, sizeof at->folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
    return true;
}

static FILE *open_part(const place *at, const char *ending, char *path, size_t size, tg_status *status) {
    snprintf(path, size, "%s/%s%s", at->folder, at->name, ending);
    FILE *out = fopen(path, "w");
    if (!out) tg_status_fail(status, "%s cannot be written: %s", path, strerror(errno));
    return out;
}

static bool close_part(FILE *out, const char *path, tg_status *status) {
    bool ok = !ferror(out);
    return (fclose(out) == 0 && ok) || tg_status_fail(status, "%s could not be written completely", path);
}

static void remove_picture(const place *at, const char *format) {
    char path[4400];
    snprintf(path, sizeof path, "%s/%s.%s", at->folder, at->name, format);
    if (strstr(at->formats, format)) remove(path);
}

static bool draw(const place *at, const char *script, bool *drawn, tg_status *status) {
    tg_gnuplot_end end = tg_gnuplot(at->folder, script);
    bool svg = strstr(at->formats, "svg") != NULL;
    if (drawn) *drawn = end == TG_GNUPLOT_DREW || (end == TG_GNUPLOT_NO_PNG && svg);
    if (end == TG_GNUPLOT_DREW || end == TG_GNUPLOT_ABSENT) return true;
    remove_picture(at, "png"); /* an older one, or what there is of one */
    if (end == TG_GNUPLOT_NO_PNG)
        return svg ||
               tg_status_fail(status,
                              "%s/%s.png: this gnuplot cannot write PNG (neither pngcairo nor png is in it). "
                              "Ask for .svg, or install a gnuplot that can (Debian, Ubuntu: sudo apt-get "
                              "install gnuplot-nox)",
                              at->folder, at->name);
    remove_picture(at, "svg");
    return tg_status_fail(status, "%s/%s: gnuplot failed; `gnuplot` on this file says why", at->folder,
                          script);
}

/* The numbers, where there are any, and the script. */
static bool write_files(const tg_figure *figure, const place *at, tg_status *status) {
    char file[4400];
    FILE *out;
    const tg_panel *last = &figure->panels[figure->count - 1];
    const tg_rows rows = tg_rows_of(figure, figure->count - 1, last->count - 1);
    if (rows.first + rows.count > 0) {
        if (!(out = open_part(at, ".csv", file, sizeof file, status))) return false;
        tg_figure_write_csv(figure, out);
        if (!close_part(out, file, status)) return false;
    }
    if (!(out = open_part(at, ".gp", file, sizeof file, status))) return false;
    tg_figure_write_script(figure, at->name, at->formats, out);
    return close_part(out, file, status);
}

bool tg_figure_save(tg_figure figure, const char *path, bool *drawn, tg_status *status) {
    place at;
    char script[300];
    if (drawn) *drawn = false;
    if (figure.count < 1 || !figure.panels) return tg_status_fail(status, "figure: it has no panels");
    for (int p = 0; p < figure.count; p++)
        if (!check_panel(&figure.panels[p], p, status)) return false;
    if (!take_apart(path, &at, status)) return false;
    const locale_t before = tg_plain_begin();
    const bool written = write_files(&figure, &at, status);
    tg_plain_end(before);
    if (!written) return false;
    snprintf(script, sizeof script, "%s.gp", at.name);
    return draw(&at, script, drawn, status);
}
