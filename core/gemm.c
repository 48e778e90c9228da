/* gemm.c: matrix products: which way each is computed, and by how many threads. docs/products.md has the
   measurements behind it. Compiled once per number type and SIMD level. */
#include "real.h"

#ifndef TG_REAL_DUAL
#include "blas.h"
#include "block.h"
#include "gemm_parts.h"
#include "threads.h"

#include <limits.h>

/* Multiplications from which a second thread pays, and those that a part should have. */
#define PARALLEL 1e6
#define PART     2.5e5

/* Multiplications from which the library is called; never, where our own tiles are as fast or nearly so.
 */
#if VECTOR_BYTES > 16
#define LARGE HUGE_VAL
#else
#define LARGE 1e6
#endif

typedef struct job {
    product whole;
    bool by_rows; /* C is cut into rows, otherwise into columns */
    int64_t step; /* as many in a part */
    void (*run)(const product *g);
} job;

static void library(const product *g) {
#ifdef TG_REAL_F32
    tg_blas_sgemm(1, g->ta, g->tb, g->m, g->n, g->k, g->a, g->lda, g->b, g->ldb, g->add, g->c, g->ldc);
#else
    tg_blas_dgemm(1, g->ta, g->tb, g->m, g->n, g->k, g->a, g->lda, g->b, g->ldb, g->add, g->c, g->ldc);
#endif
}

static void part(void *context, int64_t i) {
    const job *j = context;
    product g = j->whole;
    int64_t start = i * j->step;
    if (j->by_rows) {
        g.m = g.m - start < j->step ? g.m - start : j->step;
        g.a += start * (g.ta ? 1 : g.lda);
        g.c += start * g.ldc;
    } else {
        g.n = g.n - start < j->step ? g.n - start : j->step;
        g.b += start * (g.tb ? g.ldb : 1);
        g.c += start;
    }
    j->run(&g);
}

/* The side of C that is cut: the longer, since all of the other's matrix is read for every part. */
static void in_parts(job *j, int threads, int64_t step, int64_t unit) {
    int64_t length = j->by_rows ? j->whole.m : j->whole.n;
    j->step = (step + unit - 1) / unit * unit;
    tg_parallel(threads, (length + j->step - 1) / j->step, part, j);
}

/* The library's bits may depend on the sizes: the parts must not depend on the number of threads. */
static void by_library(const product *g, int threads) {
    job j = {.whole = *g, .by_rows = g->m >= g->n, .run = library};
    in_parts(&j, threads, 512, 512);
}

/* By `run`, which is given parts of the product; with one thread, the whole. */
static void by_parts(const product *g, int threads, void (*run)(const product *g)) {
    const double work = (double)g->m * (double)g->n * (double)g->k;
    if (threads <= 1 || work < PARALLEL) {
        run(g);
        return;
    }
    job j = {.whole = *g, .by_rows = g->m >= g->n, .run = run};
    int64_t length = j.by_rows ? g->m : g->n;
    int64_t parts = work / PART < 2.0 * threads ? (int64_t)(work / PART) : 2 * threads;
    in_parts(&j, threads, (length + parts - 1) / parts, j.by_rows ? TILE_ROWS : TILE_COLUMNS);
}

/* Whether C's columns would leave most of a tile empty, and there are enough rows and long enough sums to run along
   vectors instead. */
static bool has_few_columns(const product *g) {
    return !g->ta && 4 * g->n <= LANES && g->k >= 64 && g->m >= TG_PRODUCT_ROWS &&
           g->n * g->k * (int64_t)sizeof(real) <= TG_THREAD_BUFFER;
}

static void multiply(int threads, const product *g) {
    const double work = (double)g->m * (double)g->n * (double)g->k;
    if (g->m <= 0 || g->n <= 0) return;
    if (g->k == 1 && (!g->tb || g->ldb == 1)) {
        TG_R(tg_gemm_outer)(g);
    } else if (g->m == 1) {
        TG_R(tg_gemm_vector)(g);
    } else if (g->n == 1 && g->ldc == 1) { /* the same with the factors exchanged: c^T = op(B)^T op(A)^T */
        product t = {!g->tb, !g->ta, g->add, 1, g->m, g->k, g->b, g->ldb, g->a, g->lda, g->c, 1};
        TG_R(tg_gemm_vector)(&t);
    } else if (work >= LARGE && g->lda <= INT_MAX && g->ldb <= INT_MAX && g->ldc <= INT_MAX &&
               g->k <= INT_MAX && g->m <= INT_MAX && g->n <= INT_MAX) {
        by_library(g, threads);
    } else if (has_few_columns(g)) {
        by_parts(g, threads, TG_R(tg_gemm_few_columns));
    } else {
        by_parts(g, threads, TG_R(tg_gemm_blocks));
    }
}

void TG_R(tg_gemm)(int threads, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, const real *a,
                   int64_t lda, const real *b, int64_t ldb, int beta, real *c, int64_t ldc) {
    multiply(threads, &(product){trans_a, trans_b, beta != 0, m, n, k, a, lda, b, ldb, c, ldc});
}
#endif
