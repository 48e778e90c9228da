#include "figure_internal.h"
#include "gnuplot.h"

#include <ctype.h>
#include <string.h>

/* Gnuplot runs what stands in backticks and replaces macros, even inside double quotes. So only letters,
   digits and marks without meaning to it stand for themselves, and no text can end its string. */
static void write_character(FILE *out, unsigned char c) {
    if (c >= 128 || isalnum(c) || strchr(" !&()*+,-./:;<=>?[]^_|~", c))
        fputc(c, out);
    else
        fprintf(out, "\\%03o", c);
}

static void write_string(FILE *out, const char *text) {
    fputc('"', out);
    for (; text && *text; text++)
        write_character(out, (unsigned char)*text < ' ' ? ' ' : (unsigned char)*text);
    fputc('"', out);
}

/* A file beside the script. Without the folder, gnuplot would run a name that begins with | or <. */
static void write_file(FILE *out, const char *name, const char *ending) {
    fputs("\"./", out);
    for (; *name; name++) write_character(out, (unsigned char)*name);
    fprintf(out, "%s\"", ending);
}

static void write_range(FILE *out, const char *axis, double min, double max, bool reverse) {
    if (min == 0 && max == 0)
        fprintf(out, "    set %srange [*:*]%s\n", axis, reverse ? " reverse" : "");
    else
        fprintf(out, "    set %srange [%.9g:%.9g] noreverse\n", axis, min, max);
}

static void write_text(FILE *out, const char *what, const char *text) {
    fprintf(out, "    set %s ", what);
    write_string(out, text ? text : "");
    fputs(" noenhanced\n", out);
}

/* Few points that are counted: a tick for each. */
static bool counted(const tg_panel *panel) {
    bool few = panel->count > 0;
    for (int s = 0; s < panel->count; s++)
        few = few && !panel->series[s].x && panel->series[s].n > 0 && panel->series[s].n <= 12;
    return few;
}

static void write_axes(const tg_panel *panel, FILE *out) {
    const tg_picture *picture = panel->picture;
    const bool upside_down = picture && picture->x0 == picture->x1;
    write_text(out, "title", panel->title);
    write_text(out, "xlabel", panel->bare ? NULL : panel->x_label);
    write_text(out, "ylabel", panel->bare ? NULL : panel->y_label);
    write_range(out, "x", panel->x_min, panel->x_max, false);
    write_range(out, "y", panel->y_min, panel->y_max, upside_down);
    fprintf(out, "    %s logscale x\n    %s logscale y\n", panel->log_x ? "set" : "unset",
            panel->log_y ? "set" : "unset");
    fprintf(out, "    set format x \"%s\"\n    set format y \"%s\"\n", panel->log_x ? "10^{%T}" : "%h",
            panel->log_y ? "10^{%T}" : "%h");
    fprintf(out, "    set size %s\n", panel->square || panel->bare ? "ratio -1" : "noratio");
    if (panel->bare)
        fputs("    unset border\n    unset tics\n    unset grid\n", out);
    else
        fprintf(out, "    set border 3\n    set tics nomirror out\n    set xtics %s\n    %s\n",
                counted(panel) ? "1" : "autofreq",
                picture ? "unset grid" : "set grid lt 1 lw 1 lc rgb '#dddddd'");
    fprintf(out, "    set key %s noenhanced samplen 2\n", panel->key ? panel->key : "top right");
}

static void write_style(const tg_panel *panel, int s, FILE *out) {
    const tg_series *series = &panel->series[s];
    const unsigned rgb = tg_palette(tg_series_colour(panel, s));
    const double size = series->size > 0 ? series->size : 1;
    switch (series->style) {
    case TG_SERIES_LINES:
        fprintf(out, "with lines lw %g dt %d lc rgb '#%06x'", 2 * size, series->dash + 1, rgb);
        break;
    case TG_SERIES_LINES_POINTS:
        fprintf(out, "with linespoints lw 2 dt %d pt 7 ps %g lc rgb '#%06x'", series->dash + 1, 0.6 * size,
                rgb);
        break;
    case TG_SERIES_POINTS:
        fprintf(out, "with points pt 7 ps %g lc rgb '#%06x'", 0.5 * size, rgb);
        break;
    case TG_SERIES_TEXT:
        fprintf(out, "with labels font ',%g' tc rgb '#%06x' noenhanced", 11 * size, rgb);
    }
}

static void write_file_of(const tg_figure *figure, int p, int s, FILE *out) {
    const tg_series *series = s < 0 ? NULL : &figure->panels[p].series[s];
    const tg_rows rows = tg_rows_of(figure, p, s);
    if (series && series->csv)
        write_file(out, series->csv, "");
    else
        fprintf(out, "csv every ::%lld::%lld", (long long)rows.first,
                (long long)(rows.first + rows.count - 1));
}

static const char *column_of(const tg_series *series, bool y) {
    if (series->csv) return y ? series->y_column : series->x_column;
    return y ? "y" : "x";
}

static const char *between(int item) {
    return item == 0 ? "plot " : ", \\\n         ";
}

/* ---- panels with nothing to show ---- */

/* A plot without a single point is an error, and gnuplot stops. A picture has points; the fixed ranges of the
   count let it pass without one. */
static void write_count(const tg_figure *figure, int p, FILE *out) {
    const tg_panel *panel = &figure->panels[p];
    if (panel->picture) return;
    fputs("points = 0\ncount(x, y) = (points = points + (x - x == 0 && y - y == 0", out);
    if (panel->log_x) fputs(" && x > 0", out);
    if (panel->log_y) fputs(" && y > 0", out);
    if (panel->x_min != 0 || panel->x_max != 0)
        fprintf(out, " && x >= %.9g && x <= %.9g", panel->x_min, panel->x_max);
    fputs("), 0)\n", out);
    for (int s = 0; s < panel->count; s++) {
        fputs(s == 0 ? "plot [0:1][0:1] " : between(s), out);
        write_file_of(figure, p, s, out);
        fputs(" using (0):(count(column(", out);
        write_string(out, column_of(&panel->series[s], false));
        fputs("), column(", out);
        write_string(out, column_of(&panel->series[s], true));
        fputs(")))", out);
    }
    fprintf(out, "\npoints_%d = points\n", p + 1);
}

static void write_counts(const tg_figure *figure, FILE *out) {
    fputs("# Without a point a panel cannot be drawn: how many has each?\nset table $counted\n", out);
    for (int p = 0; p < figure->count; p++) write_count(figure, p, out);
    fputs("unset table\n", out);
}

static void write_note(const tg_panel *panel, FILE *out) {
    const bool log = panel->log_x || panel->log_y, ranged = panel->x_min != 0 || panel->x_max != 0;
    fputs("        unset logscale\n        unset tics\n", out);
    fputs("        set xrange [0:1] noreverse\n        set yrange [0:1] noreverse\n", out);
    fprintf(out, "        set label 1 'no finite values%s%s' at graph 0.5,0.5 center noenhanced\n",
            log ? " above 0" : "", ranged ? " in the range of x" : "");
    fputs("        plot NaN notitle\n        unset label 1\n", out);
}

/* ---- */

static void write_plot(const tg_figure *figure, int p, FILE *out) {
    const tg_panel *panel = &figure->panels[p];
    int item = 0;
    fputs("    ", out);
    if (panel->picture) {
        fputs(between(item++), out);
        write_file_of(figure, p, -1, out);
        fputs(" using 'x':'y':'red':'green':'blue' with rgbimage notitle", out);
    }
    for (int s = 0; s < panel->count; s++) {
        const tg_series *series = &panel->series[s];
        fputs(between(item++), out);
        write_file_of(figure, p, s, out);
        fputs(" using ", out);
        write_string(out, column_of(series, false));
        fputc(':', out);
        write_string(out, column_of(series, true));
        fputs(series->style == TG_SERIES_TEXT ? ":'label' " : " ", out);
        write_style(panel, s, out);
        fputs(series->title ? " title " : " notitle", out);
        if (series->title) write_string(out, series->title);
    }
    fputc('\n', out);
}

static void write_panel(const tg_figure *figure, int p, FILE *out) {
    const tg_panel *panel = &figure->panels[p];
    write_axes(panel, out);
    if (!panel->picture) {
        fprintf(out, "    if (points_%d == 0) {\n", p + 1);
        write_note(panel, out);
        fputs("    } else {\n", out);
    }
    write_plot(figure, p, out);
    if (!panel->picture) fputs("    }\n", out);
}

/* Not every gnuplot was built with cairo, or with libgd. */
static void write_kinds(const char *formats, FILE *out) {
    fprintf(out,
            "has(terminal) = strstrt(' '.GPVAL_TERMINALS.' ', ' '.terminal.' ') > 0\n"
            "png = has('pngcairo') ? 'pngcairo' : has('png') ? 'png' : ''\n"
            "kinds = png eq '' ? '%s' : '%s'\n",
            strstr(formats, "svg") ? "svg" : "", formats);
}

static void write_terminals(int width, int height, bool png, FILE *out) {
    fprintf(out,
            "    if (kind eq 'svg') { set terminal svg size %d,%d font 'sans,12' background rgb 'white' }\n",
            width, height);
    if (!png) return;
    fprintf(out,
            "    if (kind eq 'png' && png eq 'pngcairo') {\n"
            "        set terminal pngcairo size %d,%d font 'sans,12' background rgb 'white'\n    }\n"
            "    if (kind eq 'png' && png eq 'png') {\n"
            "        set terminal png truecolor size %d,%d font 'sans,12' background '#ffffff'\n    }\n",
            width, height, width, height);
}

void tg_figure_write_script(const tg_figure *figure, const char *name, const char *formats, FILE *out) {
    const int columns =
        figure->columns > 0 && figure->columns < figure->count ? figure->columns : figure->count;
    const int rows = (figure->count + columns - 1) / columns;
    const int width = (figure->width > 0 ? figure->width : 480) * columns;
    const int height =
        (figure->height > 0 ? figure->height : 400) * rows + (figure->title && *figure->title ? 24 : 0);
    fputs("# Draws what it says below as a picture: give this file to gnuplot 5.\ncsv = ", out);
    write_file(out, name, ".csv");
    fputs("\nset datafile separator ','\n"
          "set datafile columnheaders\n"
          "set style fill solid\n",
          out);
    write_counts(figure, out);
    bool png = strstr(formats, "png") != NULL;
    if (png) write_kinds(formats, out);
    fprintf(out, "do for [kind in %s] {\n", png ? "kinds" : "'svg'");
    write_terminals(width, height, png, out);
    fputs("    set output ", out);
    write_file(out, name, ".");
    fprintf(out, ".kind\n    set multiplot layout %d,%d title ", rows, columns);
    write_string(out, figure->title ? figure->title : "");
    fputs(" noenhanced\n", out);
    for (int p = 0; p < figure->count; p++) write_panel(figure, p, out);
    fputs("    unset multiplot\n    set output\n}\n", out);
    if (png) fprintf(out, "if (png eq '') { exit status %d }\n", TG_GNUPLOT_NO_PNG_STATUS);
}
