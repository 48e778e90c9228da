/* plot.h: the picture of a training history, drawn by gnuplot. Private. */
#ifndef TG_TOOLS_PLOT_H
#define TG_TOOLS_PLOT_H

#include "core/status.h"

/* Writes DIR/history.gp, a gnuplot script that draws DIR/history.csv (tg_history_save_csv) of `epochs`
   epochs: the loss beside the accuracies. False, with a message, when it cannot be written. */
bool tg_plot_script(const char *folder, const char *title, int epochs, tg_status *status);
/* Runs a script in the folder: history.gp leaves history.svg and history.png. False when there is no gnuplot,
   or it failed. */
bool tg_plot_run(const char *folder, const char *script);

#endif
