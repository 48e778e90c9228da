/* block.c: compiled once per number type and SIMD level. */
#include "block.h"
#include "real.h"
#ifndef TG_REAL_DUAL
#include "gemm_parts.h"
#endif

#include <string.h>

#define SIDE 16

#ifdef TG_REAL_DUAL
#define WIDE 1
typedef accum sums;
static sums load_sums(const real *x) {
    return *x;
}
#endif

/* The next WIDE terms: numbers, or their products with those of y unless it is NULL. */
static inline sums load_terms(const real *x, const real *y, int64_t i) {
    return y ? load_sums(x + i) * load_sums(y + i) : load_sums(x + i);
}

/* Independent sums for the vector registers, in short stretches, so that the rounding error of a long sum
   grows with the number of stretches, not of elements. Inlined, with y NULL or not. */
static inline __attribute__((always_inline)) accum sum_of(int64_t n, const real *x, const real *y) {
    accum total = 0;
    int64_t at = 0;
    while (n - at >= SIDE) {
        sums sum[SIDE / WIDE];
        accum lane[WIDE];
        const int64_t end = n - at < TG_BLOCK ? n - (n - at) % SIDE : at + TG_BLOCK;
#pragma GCC unroll 16
        for (int k = 0; k < SIDE / WIDE; k++) sum[k] = load_terms(x, y, at + k * WIDE);
        for (at += SIDE; at < end; at += SIDE) {
#pragma GCC unroll 16
            for (int k = 0; k < SIDE / WIDE; k++) sum[k] += load_terms(x, y, at + k * WIDE);
        }
#pragma GCC unroll 4
        for (int width = SIDE / WIDE / 2; width; width /= 2) {
#pragma GCC unroll 8
            for (int k = 0; k < width; k++) sum[k] += sum[k + width];
        }
        memcpy(lane, sum, sizeof lane);
#pragma GCC unroll 4
        for (int width = WIDE / 2; width; width /= 2) {
#pragma GCC unroll 4
            for (int k = 0; k < width; k++) lane[k] += lane[k + width];
        }
        total += lane[0];
    }
    for (; at < n; at++) total += y ? (accum)x[at] * (accum)y[at] : (accum)x[at];
    return total;
}

accum TG_R(tg_sum)(int64_t n, const real *x) {
    return sum_of(n, x, NULL);
}

accum TG_R(tg_dot)(int64_t n, const real *x, const real *y) {
    return sum_of(n, x, y);
}

/* The largest of peak and x; a NaN among them comes through. */
static real peak_of(int64_t n, const real *x, real peak) {
#ifndef TG_REAL_DUAL
    if (n >= LANES) {
        vec top[4]; /* none waits for the others */
        real lane[LANES];
#pragma GCC unroll 4
        for (int k = 0; k < 4; k++) top[k] = load(x);
        for (; n >= 4 * LANES; n -= 4 * LANES, x += 4 * LANES) {
#pragma GCC unroll 4
            for (int k = 0; k < 4; k++) top[k] = larger(top[k], load(x + k * LANES));
        }
        for (; n >= LANES; n -= LANES, x += LANES) top[0] = larger(top[0], load(x));
        store(lane, larger(larger(top[0], top[1]), larger(top[2], top[3])));
        for (int k = 0; k < LANES; k++) peak = r_max(peak, lane[k]);
    }
#endif
    for (int64_t i = 0; i < n; i++) peak = r_max(peak, x[i]);
    return peak;
}

#ifdef TG_REAL_DUAL
void TG_R(tg_turn)(int64_t rows, int64_t n, const real *from, int64_t ld_from, real *to, int64_t ld_to) {
    for (int64_t k = 0; k < n; k++)
        for (int64_t i = 0; i < rows; i++) to[k * ld_to + i] = from[i * ld_from + k];
}
#else
/* LANES rows of LANES. */
static void turn_square(const real *from, int64_t ld_from, real *to, int64_t ld_to) {
    vec square[LANES];
#pragma GCC unroll 16
    for (int j = 0; j < LANES; j++) square[j] = load(from + j * ld_from);
    transpose(square);
#pragma GCC unroll 16
    for (int j = 0; j < LANES; j++) store(to + j * ld_to, square[j]);
}

/* At an edge: up to LANES rows of up to LANES. */
static void turn_edge(int64_t rows, int64_t n, const real *from, int64_t ld_from, real *to, int64_t ld_to) {
    if (n <= 2) { /* less work than a square */
        for (int64_t k = 0; k < n; k++)
            for (int64_t i = 0; i < rows && i < LANES; i++) to[k * ld_to + i] = from[i * ld_from + k];
        return;
    }
    vec square[LANES] = {{0}};
    for (int j = 0; j < LANES && j < rows; j++) square[j] = load_up_to(from + j * ld_from, n);
    transpose(square);
    for (int j = 0; j < LANES && j < n; j++)
        if (rows >= LANES)
            store(to + j * ld_to, square[j]);
        else
            store_part(to + j * ld_to, square[j], (int)rows);
}

void TG_R(tg_turn)(int64_t rows, int64_t n, const real *from, int64_t ld_from, real *to, int64_t ld_to) {
    for (int64_t k = 0; k < n; k += LANES)
        for (int64_t i = 0; i < rows; i += LANES) {
            const real *corner = from + i * ld_from + k;
            real *place = to + k * ld_to + i;
            if (rows - i >= LANES && n - k >= LANES)
                turn_square(corner, ld_from, place, ld_to);
            else
                turn_edge(rows - i, n - k, corner, ld_from, place, ld_to);
        }
}
#endif

/* Whether the argument is a row for all rows of a matrix: a bias. */
static bool is_row(const tg_walk *w) {
    return w->rank == 2 && !w->stride[0] && w->stride[1];
}

/* n elements of `columns` repeated, from start on: the second row and all that follow are copied from y, twice as much
   each time. */
static void gather_rows(const real *x, int64_t columns, int64_t start, int64_t n, real *y) {
    const int64_t phase = start % columns, rest = columns - phase;
    int64_t ready = n < rest ? n : rest;
    memcpy(y, x + phase, (size_t)ready * sizeof *y);
    y += ready;
    n -= ready;
    ready = n < columns ? n : columns;
    memcpy(y, x, (size_t)ready * sizeof *y);
    for (; ready < n; ready *= 2)
        memcpy(y + ready, y, (size_t)(n - ready < ready ? n - ready : ready) * sizeof *y);
}

static void gather(const tg_walk *w, const void *arg, int64_t start, int64_t n, void *block) {
    const real *x = arg;
    real *y = block;
    const int last = w->rank - 1;
    if (n <= 0) return;
    if (is_row(w)) {
        gather_rows(x, w->dim[1], start, n, y);
        return;
    }
    tg_cursor c = tg_cursor_at(w, start);
    while (n > 0) {
        int64_t run = tg_cursor_run(w, &c, n);
        if (w->stride[last]) {
            memcpy(y, x + c.at + c.index[last], (size_t)run * sizeof *y);
        } else {
            real value = x[c.at];
            TG_VECTORS for (int64_t i = 0; i < run; i++) y[i] = value;
        }
        y += run;
        n -= run;
        tg_cursor_next_row(w, &c);
    }
}

/* WIDE or more columns of whole rows, whose sums stay in registers. */
static inline __attribute__((always_inline)) void add_columns(const int count, int64_t rows, int64_t columns,
                                                              const real *x, accum *t) {
    sums sum[4];
    memcpy(sum, t, (size_t)count * sizeof *sum);
    for (int64_t i = 0; i < rows; i++, x += columns) {
#pragma GCC unroll 4
        for (int k = 0; k < count; k++) sum[k] += load_sums(x + k * WIDE);
    }
    memcpy(t, sum, (size_t)count * sizeof *sum);
}

static void scatter_rows(int64_t rows, int64_t columns, const real *x, accum *t) {
    int64_t j = 0;
    for (; j + 4 * WIDE <= columns; j += 4 * WIDE) add_columns(4, rows, columns, x + j, t + j);
    for (; j + WIDE <= columns; j += WIDE) add_columns(1, rows, columns, x + j, t + j);
    for (; j < columns; j++) {
        accum sum = t[j];
        for (int64_t i = 0; i < rows; i++) sum += x[i * columns + j];
        t[j] = sum;
    }
}

static void scatter_runs(const tg_walk *w, accum *t, int64_t start, int64_t n, const real *x) {
    const int last = w->rank - 1;
    if (n <= 0) return;
    tg_cursor c = tg_cursor_at(w, start);
    while (n > 0) {
        int64_t run = tg_cursor_run(w, &c, n);
        if (w->stride[last]) {
            accum *to = t + c.at + c.index[last];
            TG_VECTORS for (int64_t i = 0; i < run; i++) to[i] += x[i];
        } else {
            t[c.at] += TG_R(tg_sum)(run, x);
        }
        x += run;
        n -= run;
        tg_cursor_next_row(w, &c);
    }
}

static void scatter(const tg_walk *w, void *total, int64_t start, int64_t n, const void *block) {
    const real *x = block;
    if (n > 0 && is_row(w)) {
        const int64_t columns = w->dim[1], rest = (columns - start % columns) % columns,
                      head = rest < n ? rest : n;
        const int64_t rows = (n - head) / columns, ready = head + rows * columns;
        scatter_runs(w, total, start, head, x);
        scatter_rows(rows, columns, x + head, total);
        x += ready;
        start += ready;
        n -= ready;
    }
    scatter_runs(w, total, start, n, x);
}

static void scatter_max(const tg_walk *w, void *peak, int64_t start, int64_t n, const void *block) {
    real *p = peak;
    const real *x = block;
    const int last = w->rank - 1;
    if (n <= 0) return;
    tg_cursor c = tg_cursor_at(w, start);
    while (n > 0) {
        int64_t run = tg_cursor_run(w, &c, n);
        if (w->stride[last]) {
            real *to = p + c.at + c.index[last];
            TG_VECTORS for (int64_t i = 0; i < run; i++) to[i] = r_max(to[i], x[i]);
        } else {
            p[c.at] = peak_of(run, x, p[c.at]);
        }
        x += run;
        n -= run;
        tg_cursor_next_row(w, &c);
    }
}

static void flush(int64_t n, void *to, const void *total) {
    real *y = to;
    const accum *t = total;
    TG_VECTORS for (int64_t i = 0; i < n; i++) y[i] = (real)((accum)y[i] + t[i]);
}

static void add(int64_t n, void *to, const void *from) {
    real *y = to;
    const real *x = from;
    TG_VECTORS for (int64_t i = 0; i < n; i++) y[i] += x[i];
}

static void ones(int64_t n, void *to) {
    real *y = to;
    TG_VECTORS for (int64_t i = 0; i < n; i++) y[i] = 1;
}

#ifdef TG_REAL_DUAL
#define all_finite NULL
#else
/* 0 x is NaN where x is not finite. */
static bool all_finite(int64_t n, const void *numbers) {
    const real *x = numbers;
    vec sum[4] = {{0}, {0}, {0}, {0}}; /* none waits for the others */
    real lane[LANES], total = 0;
    for (; n >= 4 * LANES; n -= 4 * LANES, x += 4 * LANES) {
#pragma GCC unroll 4
        for (int k = 0; k < 4; k++) sum[k] += 0 * load(x + k * LANES);
    }
    for (; n >= LANES; n -= LANES, x += LANES) sum[0] += 0 * load(x);
    store(lane, sum[0] + sum[1] + sum[2] + sum[3]);
    for (int64_t i = 0; i < n; i++) total += 0 * x[i];
    for (int k = 0; k < LANES; k++) total += lane[k];
    return total == 0;
}
#endif

#if !defined(TG_REAL_DUAL) && VECTOR_BYTES > 16
#define SUM_DEPTH GEMM_DEPTH
#else
#define SUM_DEPTH 0
#endif

extern const tg_block_ops TG_R(tg_block_ops);
const tg_block_ops TG_R(tg_block_ops) = {gather, scatter,    scatter_max,   flush,    add,
                                         ones,   all_finite, sizeof(accum), SUM_DEPTH};
