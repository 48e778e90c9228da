/* block.c: compiled once per number type and SIMD level. */
#include "block.h"
#include "real.h"

#include <string.h>

/* Where along the walk a position of the result stands. */
typedef struct cursor {
    int64_t index[TG_MAX_RANK];
    int64_t at; /* offset in the argument of the innermost row */
} cursor;

static cursor cursor_at(const tg_walk *w, int64_t position) {
    cursor c = {.at = 0};
    for (int i = w->rank; i-- > 0;) {
        c.index[i] = position % w->dim[i];
        position /= w->dim[i];
        if (i < w->rank - 1) c.at += c.index[i] * w->stride[i];
    }
    return c;
}

static void next_row(const tg_walk *w, cursor *c) {
    c->index[w->rank - 1] = 0;
    for (int i = w->rank - 2; i >= 0; i--) {
        c->at += w->stride[i];
        if (++c->index[i] < w->dim[i]) return;
        c->at -= w->stride[i] * w->dim[i];
        c->index[i] = 0;
    }
}

static void gather(const tg_walk *w, const void *arg, int64_t start, int64_t n, void *block) {
    const real *x = arg;
    real *y = block;
    const int last = w->rank - 1;
    cursor c = cursor_at(w, start);
    while (n > 0) {
        int64_t run = w->dim[last] - c.index[last];
        if (run > n) run = n;
        if (w->stride[last]) {
            memcpy(y, x + c.at + c.index[last], (size_t)run * sizeof *y);
        } else {
            real value = x[c.at];
            for (int64_t i = 0; i < run; i++) y[i] = value;
        }
        y += run;
        n -= run;
        next_row(w, &c);
    }
}

static void scatter(const tg_walk *w, void *total, int64_t start, int64_t n, const void *block) {
    accum *t = total;
    const real *x = block;
    const int last = w->rank - 1;
    cursor c = cursor_at(w, start);
    while (n > 0) {
        int64_t run = w->dim[last] - c.index[last];
        if (run > n) run = n;
        if (w->stride[last]) {
            accum *to = t + c.at + c.index[last];
            for (int64_t i = 0; i < run; i++) to[i] += x[i];
        } else {
            accum sum = 0;
            for (int64_t i = 0; i < run; i++) sum += x[i];
            t[c.at] += sum;
        }
        x += run;
        n -= run;
        next_row(w, &c);
    }
}

static void flush(int64_t n, void *to, const void *total) {
    real *y = to;
    const accum *t = total;
    for (int64_t i = 0; i < n; i++) y[i] = (real)((accum)y[i] + t[i]);
}

static void add(int64_t n, void *to, const void *from) {
    real *y = to;
    const real *x = from;
    for (int64_t i = 0; i < n; i++) y[i] += x[i];
}

static void add_one(int64_t n, void *to) {
    real *y = to;
    for (int64_t i = 0; i < n; i++) y[i] += 1;
}

extern const tg_block_ops TG_R(tg_block_ops);
const tg_block_ops TG_R(tg_block_ops) = {gather, scatter, flush, add, add_one, sizeof(accum)};
