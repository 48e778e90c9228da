/* gemm_tile.c: tiles of matrix products that stay in registers. Compiled once per number type and SIMD level.
 */
#include "real.h"

#ifndef TG_REAL_DUAL
#include "gemm_parts.h"

#define INLINE static inline __attribute__((always_inline))

/* The text of all tiles: rows, vectors and by_columns are constants where it is inlined, and the loops over
   them vanish. */
INLINE void tile(const int rows, const int vectors, const bool by_columns, int64_t k, const real *a,
                 int64_t lda, const real *b, int64_t ldb, bool add, real *c, int64_t ldc, int columns,
                 const real *ahead, int64_t ld_ahead, int64_t period) {
    int64_t turn = 0;
    vec sum[TILE_ROWS][2];
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) sum[i][0] = sum[i][1] = (vec){0};
    for (int64_t p = 0; p < k; p++) {
        vec left = vectors == 1 ? load_part(b, columns) : load(b), right = {0};
        if (vectors == 2) right = load(b + LANES);
#pragma GCC unroll 16
        for (int i = 0; i < rows; i++) {
            real s = by_columns ? a[i] : a[i * lda];
            sum[i][0] += s * left;
            if (vectors == 2) sum[i][1] += s * right;
        }
        a += by_columns ? lda : 1;
        b += ldb;
        if (vectors == 2) {
            const bool next = ++turn == period;
            __builtin_prefetch(ahead, 0, 2);
            ahead += next ? ld_ahead : 0;
            turn = next ? 0 : turn;
        }
    }
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) {
        real *y = c + i * ldc;
        if (vectors == 1) {
            store_part(y, add ? load_part(y, columns) + sum[i][0] : sum[i][0], columns);
        } else {
            store(y, add ? load(y) + sum[i][0] : sum[i][0]);
            store(y + LANES, add ? load(y + LANES) + sum[i][1] : sum[i][1]);
        }
    }
}

#define TILE(rows, vectors, by_columns)                                                                      \
    static void tile_##rows##_##vectors##_##by_columns(                                                      \
        int64_t k, const real *a, int64_t lda, const real *b, int64_t ldb, bool add, real *c, int64_t ldc,   \
        int columns, const real *ahead, int64_t ld_ahead, int64_t period) {                                  \
        tile(rows, vectors, by_columns, k, a, lda, b, ldb, add, c, ldc, columns, ahead, ld_ahead, period);   \
    }
#if TILE_ROWS == 12
#define ROWS(X, v, c)                                                                                        \
    X(1, v, c)                                                                                               \
    X(2, v, c)                                                                                               \
    X(3, v, c)                                                                                               \
    X(4, v, c) X(5, v, c) X(6, v, c) X(7, v, c) X(8, v, c) X(9, v, c) X(10, v, c) X(11, v, c) X(12, v, c)
#elif TILE_ROWS == 8
#define ROWS(X, v, c) X(1, v, c) X(2, v, c) X(3, v, c) X(4, v, c) X(5, v, c) X(6, v, c) X(7, v, c) X(8, v, c)
#else
#define ROWS(X, v, c) X(1, v, c) X(2, v, c) X(3, v, c) X(4, v, c) X(5, v, c) X(6, v, c)
#endif
ROWS(TILE, 1, 0)
ROWS(TILE, 2, 0)
ROWS(TILE, 1, 1)
ROWS(TILE, 2, 1)

#define NAME(rows, vectors, by_columns) tile_##rows##_##vectors##_##by_columns,
tile_function *const TG_R(tg_gemm_tiles)[2][2][TILE_ROWS] = {
    {{ROWS(NAME, 1, 0)}, {ROWS(NAME, 2, 0)}},
    {{ROWS(NAME, 1, 1)}, {ROWS(NAME, 2, 1)}},
};
#endif
