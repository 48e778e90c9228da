/* gemm_parts.h: what matrix products are made of, for the gemm files. Private; for F32 and F64. */
#ifndef TG_CORE_GEMM_PARTS_H
#define TG_CORE_GEMM_PARTS_H

#include "simd.h"

/* The inner axis is added up in blocks of so many. */
#define GEMM_DEPTH 384

/* C = op(A) op(B), or C += op(A) op(B) when `add`; otherwise as tg_gemm in real.h. */
typedef struct product {
    bool ta, tb, add;
    int64_t m, n, k;
    const real *a;
    int64_t lda;
    const real *b;
    int64_t ldb;
    real *c;
    int64_t ldc;
} product;

/* Rows of a tile of C: as many as keep the tile, two vectors wide, in registers. */
#if defined(__AVX512F__)
#define TILE_ROWS 12
#elif defined(__aarch64__)
#define TILE_ROWS 8
#else
#define TILE_ROWS 6
#endif
#define TILE_COLUMNS (2 * LANES)

/* c = a b, or c += a b when `add`: c has the tile's rows, ldc apart, and one or two vectors of columns; b's k
   rows are ldb apart. The element (i,p) of a is a[i * row + p * step]. Of a tile of one vector only the first `columns` columns exist. Meanwhile tiles of two
   vectors fetch k/period lines of memory into the level-2 cache: `ahead`, and every ld_ahead elements behind it. */
typedef void tile_function(int64_t k, const real *a, int64_t row, int64_t step, const real *b, int64_t ldb,
                           bool add, real *c, int64_t ldc, int columns, const real *ahead, int64_t ld_ahead,
                           int64_t period);

/* [vectors - 1][rows - 1] */
extern tile_function *const TG_R(tg_gemm_tiles)[2][TILE_ROWS];

/* The whole product, on this thread, by tiles. An element is the sum over p of blocks of sums in ascending
   order, whatever m and n are: cutting a product into several does not change its bits. */
void TG_R(tg_gemm_blocks)(const product *g);

/* The product of a matrix that is not transposed and one of a few columns, which fits a thread's buffer: each element is
   summed up along vectors, in another order than by tiles. */
void TG_R(tg_gemm_few_columns)(const product *g);

/* The product of one row: m is 1. */
void TG_R(tg_gemm_vector)(const product *g);
/* The product of a column and a row: k is 1, and b's elements follow each other. */
void TG_R(tg_gemm_outer)(const product *g);

#endif
