/* gemm_vector.c: products of a row with a matrix, of a column with a row, and of a matrix with a few columns. Compiled
   once per number type and SIMD level. */
#include "real.h"

#ifndef TG_REAL_DUAL
#include "gemm_parts.h"
#include "threads.h"

#define INLINE static inline __attribute__((always_inline))

/* `vectors` of columns of y = x B: `strands` sums over every strands'th row of B, so that they need not wait
   for each other. x's elements are sx apart. */
INLINE void columns(const int vectors, const int strands, int64_t k, const real *x, int64_t sx, const real *b,
                    int64_t ldb, bool add, real *y, int count) {
    vec sum[8];
#pragma GCC unroll 8
    for (int s = 0; s < vectors * strands; s++) sum[s] = (vec){0};
    int64_t p = 0;
    for (; p + strands <= k; p += strands) {
#pragma GCC unroll 8
        for (int s = 0; s < strands; s++) {
#pragma GCC unroll 8
            for (int v = 0; v < vectors; v++) {
                const real *at = b + s * ldb + v * LANES;
                sum[s * vectors + v] += x[s * sx] * (vectors == 1 ? load_part(at, count) : load(at));
            }
        }
        b += strands * ldb;
        x += strands * sx;
    }
    for (; p < k; p++, b += ldb, x += sx) {
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++)
            sum[v] += *x * (vectors == 1 ? load_part(b + v * LANES, count) : load(b + v * LANES));
    }
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) {
#pragma GCC unroll 8
        for (int s = 1; s < strands; s++) sum[v] += sum[s * vectors + v];
        if (vectors == 1)
            store_part(y, add ? load_part(y, count) + sum[v] : sum[v], count);
        else
            store(y + v * LANES, add ? load(y + v * LANES) + sum[v] : sum[v]);
    }
}

static void by_columns(const product *g, const real *x, int64_t sx) {
    int64_t j = 0;
    for (; j + 8 * LANES <= g->n; j += 8 * LANES)
        columns(8, 1, g->k, x, sx, g->b + j, g->ldb, g->add, g->c + j, LANES);
    for (; j + 4 * LANES <= g->n; j += 4 * LANES)
        columns(4, 2, g->k, x, sx, g->b + j, g->ldb, g->add, g->c + j, LANES);
    for (; j + 2 * LANES <= g->n; j += 2 * LANES)
        columns(2, 4, g->k, x, sx, g->b + j, g->ldb, g->add, g->c + j, LANES);
    for (; j < g->n; j += LANES)
        columns(1, 8, g->k, x, sx, g->b + j, g->ldb, g->add, g->c + j,
                (int)(g->n - j < LANES ? g->n - j : LANES));
}

/* LANES elements of y = x B^T: each is the product of x with a row of B. At the end the sums over the lanes
   of all are taken together: each step halves the number of vectors, and puts a row's halves side by side. */
INLINE void rows(int64_t k, const real *x, const real *b, int64_t ldb, int count, bool add, real *y) {
    vec sum[LANES];
    /* Chosen ahead: with a choice between them in the loop, gcc does not fuse products and sums. */
    const real *row[LANES];
    int64_t p = 0;
#pragma GCC unroll 16
    for (int j = 0; j < LANES; j++) {
        sum[j] = (vec){0};
        row[j] = b + (j < count ? j : 0) * ldb;
    }
    for (; p + LANES <= k; p += LANES) {
        vec along = load(x + p);
#pragma GCC unroll 16
        for (int j = 0; j < LANES; j++) sum[j] += along * load(row[j] + p);
    }
    if (p < k) {
        vec along = load_part(x + p, (int)(k - p));
#pragma GCC unroll 16
        for (int j = 0; j < LANES; j++) sum[j] += along * load_part(row[j] + p, (int)(k - p));
    }
#pragma GCC unroll 4
    for (int half = LANES / 2; half; half /= 2) {
#pragma GCC unroll 8
        for (int j = 0; j < half; j++)
            sum[j] = interleave_low(sum[j], sum[j + half]) + interleave_high(sum[j], sum[j + half]);
    }
    store_part(y, add ? load_part(y, count) + sum[0] : sum[0], count);
}

/* The first `count` of LANES elements, or all: apart, for then the compiler knows which rows there are. */
static void few_rows(int64_t k, const real *x, const real *b, int64_t ldb, int64_t count, bool add, real *y) {
    if (count >= LANES)
        rows(k, x, b, ldb, LANES, add, y);
    else
        rows(k, x, b, ldb, (int)count, add, y);
}

static void by_rows(const product *g, const real *x) {
    for (int64_t j = 0; j < g->n; j += LANES)
        few_rows(g->k, x, g->b + j * g->ldb, g->ldb, g->n - j, g->add, g->c + j);
}

void TG_R(tg_gemm_vector)(const product *g) {
    const int64_t sx = g->ta ? g->lda : 1;
    if (!g->tb) {
        by_columns(g, g->a, sx);
    } else if (sx == 1) {
        by_rows(g, g->a);
    } else {
        real *x = g->k <= TG_THREAD_BUFFER / (int)sizeof *x ? tg_thread_buffer() : NULL;
        if (!x) {
            TG_R(tg_gemm_blocks)(g);
            return;
        }
        for (int64_t p = 0; p < g->k; p++) x[p] = g->a[p * sx];
        by_rows(g, x);
    }
}

void TG_R(tg_gemm_few_columns)(const product *g) {
    real y[LANES], *packed = tg_thread_buffer();
    if (!packed) {
        TG_R(tg_gemm_blocks)(g);
        return;
    }
    for (int64_t p = 0; p < g->k; p++)
        for (int64_t j = 0; j < g->n; j++)
            packed[j * g->k + p] = g->b[g->tb ? j * g->ldb + p : p * g->ldb + j];
    for (int64_t i = 0; i < g->m; i += LANES)
        for (int64_t j = 0; j < g->n; j++) {
            real *c = g->c + i * g->ldc + j;
            few_rows(g->k, packed + j * g->k, g->a + i * g->lda, g->lda, g->m - i, false, y);
            for (int64_t r = 0; r < LANES && r < g->m - i; r++, c += g->ldc) *c = g->add ? *c + y[r] : y[r];
        }
}

/* c (+)= s b, in whole vectors but for the last. */
INLINE void scaled_row(int64_t n, real s, const real *b, const bool add, real *c) {
    for (; n >= LANES; n -= LANES, b += LANES, c += LANES)
        store(c, add ? load(c) + s * load(b) : s * load(b));
    if (n > 0) {
        vec v = s * load_part(b, (int)n);
        store_part(c, add ? load_part(c, (int)n) + v : v, (int)n);
    }
}

/* Of all rows of C, `vectors` of columns, for which b's elements stay in registers. What g holds is read before:
   for all the compiler knows, C may be g. */
INLINE void scaled_columns(const int vectors, const product *g, int64_t j, int count) {
    const int64_t m = g->m, step = g->ta ? 1 : g->lda, ldc = g->ldc;
    const bool add = g->add;
    const real *a = g->a, *b = g->b + j;
    const vec left = vectors == 1 ? load_part(b, count) : load(b);
    const vec right = vectors == 1 ? left : load(b + LANES);
    real *c = g->c + j;
    for (int64_t i = 0; i < m; i++, a += step, c += ldc)
        if (vectors == 1) {
            store_part(c, add ? load_part(c, count) + *a * left : *a * left, count);
        } else {
            const real s = *a;
            store(c, add ? load(c) + s * left : s * left);
            store(c + LANES, add ? load(c + LANES) + s * right : s * right);
        }
}

void TG_R(tg_gemm_outer)(const product *g) {
    const int64_t m = g->m, n = g->n, step = g->ta ? 1 : g->lda, ldc = g->ldc;
    const real *a = g->a, *b = g->b;
    real *c = g->c;
    if (n <= 2 * TILE_COLUMNS) {
        int64_t j = 0;
        for (; j + TILE_COLUMNS <= n; j += TILE_COLUMNS) scaled_columns(2, g, j, LANES);
        for (; j < n; j += LANES) scaled_columns(1, g, j, (int)(n - j < LANES ? n - j : LANES));
    } else if (g->add) { /* along memory */
        for (int64_t i = 0; i < m; i++) scaled_row(n, a[i * step], b, true, c + i * ldc);
    } else {
        for (int64_t i = 0; i < m; i++) scaled_row(n, a[i * step], b, false, c + i * ldc);
    }
}
#endif
