#include "figure_internal.h"

static void write_range(FILE *out, const char *axis, double min, double max, bool reverse) {
    if (min == 0 && max == 0)
        fprintf(out, "    set %srange [*:*]%s\n", axis, reverse ? " reverse" : "");
    else
        fprintf(out, "    set %srange [%.9g:%.9g] noreverse\n", axis, min, max);
}

static void write_text(FILE *out, const char *what, const char *text) {
    fprintf(out, "    set %s ", what);
    tg_write_quoted(out, text ? text : "", false);
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
        fprintf(out, "with labels font ',%g' tc rgb '#%06x'", 11 * size, rgb);
    }
}

static void write_source(const tg_figure *figure, int p, int s, FILE *out) {
    const tg_series *series = &figure->panels[p].series[s];
    tg_rows rows = tg_rows_of(figure, p, s);
    if (series->csv) {
        tg_write_quoted(out, series->csv, false);
        fputs(" using ", out);
        tg_write_quoted(out, series->x_column, false);
        fputc(':', out);
        tg_write_quoted(out, series->y_column, false);
        fputc(' ', out);
    } else {
        fprintf(out, "csv every ::%lld::%lld using 'x':'y'%s ", (long long)rows.first,
                (long long)(rows.first + rows.count - 1), series->style == TG_SERIES_TEXT ? ":'label'" : "");
    }
}

static void write_panel(const tg_figure *figure, int p, FILE *out) {
    const tg_panel *panel = &figure->panels[p];
    const char *between = "    plot ";
    write_axes(panel, out);
    if (panel->picture) {
        tg_rows rows = tg_rows_of(figure, p, -1);
        fprintf(out, "%scsv every ::%lld::%lld using 'x':'y':'red':'green':'blue' with rgbimage notitle",
                between, (long long)rows.first, (long long)(rows.first + rows.count - 1));
        between = ", \\\n         ";
    }
    for (int s = 0; s < panel->count; s++, between = ", \\\n         ") {
        fputs(between, out);
        write_source(figure, p, s, out);
        write_style(panel, s, out);
        fputs(panel->series[s].title ? " title " : " notitle", out);
        if (panel->series[s].title) tg_write_quoted(out, panel->series[s].title, false);
    }
    fputc('\n', out);
}

void tg_figure_write_script(const tg_figure *figure, const char *name, const char *formats, FILE *out) {
    const int columns =
        figure->columns > 0 && figure->columns < figure->count ? figure->columns : figure->count;
    const int rows = (figure->count + columns - 1) / columns;
    const int width = (figure->width > 0 ? figure->width : 480) * columns;
    const int height =
        (figure->height > 0 ? figure->height : 400) * rows + (figure->title && *figure->title ? 24 : 0);
    fprintf(out, "# Draws what it says below as a picture, with gnuplot 5: gnuplot %s.gp\n", name);
    fprintf(out, "csv = \"%s.csv\"\n", name);
    fputs("set datafile separator ','\n"
          "set datafile columnheaders\n"
          "set style fill solid\n",
          out);
    fprintf(out, "do for [kind in '%s'] {\n", formats);
    fprintf(
        out,
        "    if (kind eq 'svg') { set terminal svg size %d,%d font 'sans,12' background rgb 'white' }\n"
        "    if (kind eq 'png') { set terminal pngcairo size %d,%d font 'sans,12' background rgb 'white' }\n",
        width, height, width, height);
    fprintf(out, "    set output '%s.'.kind\n    set multiplot layout %d,%d title ", name, rows, columns);
    tg_write_quoted(out, figure->title ? figure->title : "", false);
    fputs(" noenhanced\n", out);
    for (int p = 0; p < figure->count; p++) write_panel(figure, p, out);
    fputs("    unset multiplot\n    set output\n}\n", out);
}
