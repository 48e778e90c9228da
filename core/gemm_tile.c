/* gemm_tile.c: tiles of matrix products that stay in registers. Compiled once per number type and SIMD level.
 */
#include "real.h"

#ifndef TG_REAL_DUAL
#include "gemm_parts.h"

#define INLINE static inline __attribute__((always_inline))

/* The text of all tiles: rows and vectors are constants where it is inlined, and the loops over them vanish. Each
   third row of a has a pointer, from which the next two are one and two rows away: addresses that cost nothing. Left
   to itself the compiler holds a distance for each row, which are more than there are registers; it does not see
   through the empty instruction. */
INLINE void tile(const int rows, const int vectors, int64_t k, const real *a, int64_t row, int64_t step,
                 const real *b, int64_t ldb, bool add, real *c, int64_t ldc, int columns, const real *ahead,
                 int64_t ld_ahead, int64_t period) {
    int64_t turn = 0;
    const real *third[(TILE_ROWS + 2) / 3];
#pragma GCC unroll 4
    for (int i = 0; i < rows; i += 3) {
        third[i / 3] = a + i * row;
        __asm__("" : "+r"(third[i / 3]));
    }
    vec sum[TILE_ROWS][2];
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) sum[i][0] = sum[i][1] = (vec){0};
    for (int64_t p = 0; p < k; p++) {
        vec left = vectors == 1 ? load_part(b, columns) : load(b), right = {0};
        if (vectors == 2) right = load(b + LANES);
#pragma GCC unroll 16
        for (int i = 0; i < rows; i++) {
            real s = third[i / 3][i % 3 * row];
            sum[i][0] += s * left;
            if (vectors == 2) sum[i][1] += s * right;
        }
#pragma GCC unroll 4
        for (int i = 0; i < rows; i += 3) third[i / 3] += step;
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

#define TILE(rows, vectors)                                                                                  \
    static void tile_##rows##_##vectors(int64_t k, const real *a, int64_t row, int64_t step, const real *b,  \
                                        int64_t ldb, bool add, real *c, int64_t ldc, int columns,            \
                                        const real *ahead, int64_t ld_ahead, int64_t period) {               \
        tile(rows, vectors, k, a, row, step, b, ldb, add, c, ldc, columns, ahead, ld_ahead, period);         \
    }
#if TILE_ROWS == 12
#define ROWS(X, v)                                                                                           \
    X(1, v) X(2, v) X(3, v) X(4, v) X(5, v) X(6, v) X(7, v) X(8, v) X(9, v) X(10, v) X(11, v) X(12, v)
#elif TILE_ROWS == 8
#define ROWS(X, v) X(1, v) X(2, v) X(3, v) X(4, v) X(5, v) X(6, v) X(7, v) X(8, v)
#else
#define ROWS(X, v) X(1, v) X(2, v) X(3, v) X(4, v) X(5, v) X(6, v)
#endif
ROWS(TILE, 1)
ROWS(TILE, 2)

#define NAME(rows, vectors) tile_##rows##_##vectors,
tile_function *const TG_R(tg_gemm_tiles)[2][TILE_ROWS] = {{ROWS(NAME, 1)}, {ROWS(NAME, 2)}};
#endif
