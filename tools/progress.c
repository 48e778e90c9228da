#include "progress.h"
#include "cli.h"

#include <unistd.h>

#define WIDTH 30

tg_progress tg_progress_start(const char *unit, int64_t total) {
    double now = tg_cli_seconds();
    return (tg_progress){.out = stderr,
                         .shown = isatty(STDERR_FILENO),
                         .unit = unit,
                         .total = total,
                         .start = now,
                         .last = now};
}

static void draw(const tg_progress *p, const char *label, double now) {
    char bar[WIDTH + 1];
    int full = (int)(WIDTH * p->done / p->total);
    for (int i = 0; i < WIDTH; i++) bar[i] = i < full ? '#' : '.';
    bar[WIDTH] = 0;
    double rate = (double)p->done / (now - p->start);
    int left = (int)((double)(p->total - p->done) / rate + 0.5);
    fprintf(p->out, "\r%s [%s] %3d%%  %.0f %s/s  %d:%02d left \033[K", label, bar,
            (int)(100 * p->done / p->total), rate, p->unit, left / 60, left % 60);
    fflush(p->out);
}

void tg_progress_step(tg_progress *p, const char *label) {
    p->done++;
    if (!p->shown) return;
    double now = tg_cli_seconds();
    if (now - p->last < 0.1) return;
    p->last = now;
    draw(p, label, now);
}

void tg_progress_clear(const tg_progress *p) {
    if (p->shown) fputs("\r\033[K", p->out);
}
