/* gnuplot.h: runs gnuplot, which is a program of its own and need not be installed. */
#ifndef TG_PICTURES_GNUPLOT_H
#define TG_PICTURES_GNUPLOT_H

#include "core/tensor.h"

typedef enum tg_gnuplot_end {
    TG_GNUPLOT_DREW,
    TG_GNUPLOT_ABSENT, /* not installed */
    TG_GNUPLOT_FAILED  /* installed, but it stopped with an error or could not be run */
} tg_gnuplot_end;

/* Runs `gnuplot SCRIPT` in the folder, silently. */
TG_API tg_gnuplot_end tg_gnuplot(const char *folder, const char *script);

#endif
