/* figure.h: figures for papers and slides, drawn by gnuplot.

       tg_series loss[] = {{.title = "training", .y = train, .n = epochs},
                           {.title = "validation", .y = validation, .n = epochs}};
       tg_panel panel = {.title = "loss", .x_label = "epoch", .series = loss, .count = 2};
       tg_figure_save((tg_figure){.panels = &panel, .count = 1}, "out/loss", NULL, &status);

   writes out/loss.csv (the numbers), out/loss.gp (the script) and, where gnuplot is installed, out/loss.svg
   and out/loss.png. */
#ifndef TG_PICTURES_FIGURE_H
#define TG_PICTURES_FIGURE_H

#include "core/status.h"

typedef enum tg_series_style {
    TG_SERIES_LINES,
    TG_SERIES_LINES_POINTS,
    TG_SERIES_POINTS,
    TG_SERIES_TEXT /* the labels, at their points */
} tg_series_style;

/* Points in order: x[i], y[i]; or two columns of a CSV file that stands beside the figure. */
typedef struct tg_series {
    const char *title;        /* in the key; NULL: not there */
    const char *name;         /* in the numbers; NULL: the title */
    const double *x, *y;      /* n of each; x NULL: 1, 2, 3 ... A y that is not finite leaves a gap */
    int64_t n;                /* how many; of a file, 0 means unknown */
    const char *const *label; /* of TG_SERIES_TEXT: n of them */
    const char *csv, *x_column, *y_column; /* the file's name without folder, and titles of its columns */
    tg_series_style style;
    int colour;  /* k: the k'th of the palette; 0: the series' own place in the panel */
    int dash;    /* 0: a full line, 1: dashes, 2: dots */
    double size; /* of points and text, or the width of the line; 0 means 1 */
} tg_series;

/* Coloured cells under the series. Without extent, cell (0, 0) lies at x 0, y 0, and y points down. */
typedef struct tg_picture {
    int64_t height, width;
    int channels;          /* 1: values; 3: red, green and blue */
    const double *value;   /* (height, width, channels), in 0..1; NaN shows the paper */
    double x0, x1, y0, y1; /* the outer borders, y0 the lower one; the first row is the upper one */
} tg_picture;

typedef struct tg_panel {
    const char *title, *x_label, *y_label;
    double x_min, x_max, y_min, y_max; /* where both of a pair are 0, as the numbers need it */
    bool log_x, log_y;
    bool square;     /* the same scale on both axes */
    bool bare;       /* no axes: a picture */
    const char *key; /* where the titles stand: "top left" ...; NULL: "top right" */
    const tg_series *series;
    int count;
    const tg_picture *picture; /* NULL: none */
} tg_panel;

typedef struct tg_figure {
    const char *title;
    const tg_panel *panels;
    int count;
    int columns;       /* of panels; 0: all in one row */
    int width, height; /* of one panel, in points; 0 means 480 and 400 */
} tg_figure;

/* Writes PATH.csv (unless every series is in a file already) and PATH.gp, then runs gnuplot in that folder. A
   path that ends with .svg or .png asks for that picture alone; otherwise both are made. *drawn (may be NULL)
   says whether there are pictures now; that gnuplot is not installed is no error. A gnuplot that cannot write PNG
   draws the SVG alone; it is an error where the path asks for .png. Texts are shown as they are.
   A panel whose points are all not finite, or not above 0 on a logarithmic axis, is drawn empty and says so.
   False, with a message, when a file cannot be written, gnuplot fails (then no picture stays) or the figure
   makes no sense (no panels, a series without points, no memory). */
TG_API bool tg_figure_save(tg_figure figure, const char *path, bool *drawn, tg_status *status);

#endif
