/* gnuplot.h: runs gnuplot, which is a program of its own and need not be installed. */
#ifndef TG_PICTURES_GNUPLOT_H
#define TG_PICTURES_GNUPLOT_H

#include "core/tensor.h"

/* Runs `gnuplot SCRIPT` in the folder, silently. False when there is no gnuplot, or it failed. */
TG_API bool tg_gnuplot(const char *folder, const char *script);

#endif
