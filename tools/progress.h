/* progress.h: one line on a terminal that shows how far a long job has come. Private. */
#ifndef TG_TOOLS_PROGRESS_H
#define TG_TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct tg_progress {
    FILE *out;        /* a terminal, else nothing is shown */
    bool shown;       /* a terminal it is */
    const char *unit; /* "steps" */
    int64_t total, done;
    double start, last; /* seconds: when it began, when it was last drawn */
} tg_progress;

/* The bar of a job of `total` units, on standard error when that is a terminal. */
tg_progress tg_progress_start(const char *unit, int64_t total);
/* One unit more is done. Draws at most ten times a second; label stands before the bar. */
void tg_progress_step(tg_progress *progress, const char *label);
/* Wipes the line, so that other text can be written. */
void tg_progress_clear(const tg_progress *progress);

#endif
