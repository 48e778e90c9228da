/* figure_internal.h: the two halves of a figure, numbers and script. Private. */
#ifndef TG_PICTURES_FIGURE_INTERNAL_H
#define TG_PICTURES_FIGURE_INTERNAL_H

#include "figure.h"

#include <stdio.h>

/* The k'th colour of the palette, from 1, as 0xrrggbb; they repeat. Distinguishable with the common kinds of
   colour blindness, and in print. */
unsigned tg_palette(int k);
/* Which colour a series has: its own, or that of its place. */
int tg_series_colour(const tg_panel *panel, int series);

/* Rows of the CSV file that a picture (series -1) or a series takes: the first, and how many. The picture of
   a panel comes first, then its series, panel by panel. Series of other files take none. */
typedef struct tg_rows {
    int64_t first, count;
} tg_rows;
tg_rows tg_rows_of(const tg_figure *figure, int panel, int series);

/* All rows; the header too. */
void tg_figure_write_csv(const tg_figure *figure, FILE *out);
/* The script that draws NAME.csv as NAME.svg and NAME.png, or one of them; formats is "svg png", say. */
void tg_figure_write_script(const tg_figure *figure, const char *name, const char *formats, FILE *out);

#endif
