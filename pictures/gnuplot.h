/* gnuplot.h: runs gnuplot, which is a program of its own and need not be installed. */
#ifndef TG_PICTURES_GNUPLOT_H
#define TG_PICTURES_GNUPLOT_H

#include "core/tensor.h"

typedef enum tg_gnuplot_end {
    TG_GNUPLOT_DREW,
    TG_GNUPLOT_ABSENT, /* not installed */
    TG_GNUPLOT_FAILED, /* installed, but it stopped with an error or could not be run */
    TG_GNUPLOT_NO_PNG  /* it ended with the status by which our scripts say that it cannot write PNG */
} tg_gnuplot_end;

#define TG_GNUPLOT_NO_PNG_STATUS 73

/* Runs `gnuplot SCRIPT` in the folder, silently, whatever terminal GNUTERM asks for. */
TG_API tg_gnuplot_end tg_gnuplot(const char *folder, const char *script);

#endif
