/* strided.h: copying between a dense tensor and a strided one, for transpose and slice. A walk (core/block.h)
   has the axes of the dense tensor and the strides of the other, of any sign. Private to ops/. */
#ifndef TG_OPS_STRIDED_H
#define TG_OPS_STRIDED_H

#include "core/block.h"
#include "core/kernel.h"

/* The stride of each axis of a dense tensor. */
static inline void dense_strides(const tg_shape *x, int64_t *stride) {
    int64_t n = 1;
    for (int i = x->rank; i-- > 0; n *= x->dim[i]) stride[i] = n;
}

/* y = the elements that the walk meets, n in all. */
static inline void strided_copy(const tg_walk *w, int64_t n, const real *x, real *y) {
    const int64_t run = w->dim[w->rank - 1], step = w->stride[w->rank - 1];
    if (n <= 0) return;
    tg_cursor c = tg_cursor_at(w, 0);
    for (; n > 0; n -= run, y += run, tg_cursor_next_row(w, &c)) {
        const real *from = x + c.at;
        if (step == 1)
            TG_VECTORS for (int64_t i = 0; i < run; i++) y[i] = from[i];
        else
            for (int64_t i = 0; i < run; i++) y[i] = from[i * step];
    }
}

/* The elements that the walk meets += dy. It meets none twice. */
static inline void strided_add(const tg_walk *w, int64_t n, real *dx, const real *dy) {
    const int64_t run = w->dim[w->rank - 1], step = w->stride[w->rank - 1];
    if (n <= 0) return;
    tg_cursor c = tg_cursor_at(w, 0);
    for (; n > 0; n -= run, dy += run, tg_cursor_next_row(w, &c)) {
        real *to = dx + c.at;
        if (step == 1)
            TG_VECTORS for (int64_t i = 0; i < run; i++) to[i] += dy[i];
        else
            for (int64_t i = 0; i < run; i++) to[i * step] += dy[i];
    }
}

#endif
