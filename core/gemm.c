/* gemm.c: matrix products. Small ones by loops that the compiler vectorises, the others by BLAS; duals by
   the loops alone. Compiled once per number type and SIMD level. */
#include "blas.h"
#include "real.h"

#include <limits.h>
#include <string.h>

/* c += op(a) op(b), the reference: row-wise, so that the inner loop runs along c and b. */
static void by_rows(bool ta, bool tb, int64_t m, int64_t n, int64_t k, const real *a, int64_t lda,
                    const real *b, int64_t ldb, real *c, int64_t ldc) {
    for (int64_t i = 0; i < m; i++) {
        if (tb) {
            for (int64_t j = 0; j < n; j++) {
                accum sum = 0;
                for (int64_t p = 0; p < k; p++)
                    sum += (accum)(ta ? a[p * lda + i] : a[i * lda + p]) * b[j * ldb + p];
                c[i * ldc + j] += (real)sum;
            }
        } else {
            for (int64_t p = 0; p < k; p++) {
                real s = ta ? a[p * lda + i] : a[i * lda + p];
                for (int64_t j = 0; j < n; j++) c[i * ldc + j] += s * b[p * ldb + j];
            }
        }
    }
}

static bool by_blas(int threads, bool ta, bool tb, int64_t m, int64_t n, int64_t k, const real *a,
                    int64_t lda, const real *b, int64_t ldb, int beta, real *c, int64_t ldc) {
    if (m > INT_MAX || n > INT_MAX || k > INT_MAX || lda > INT_MAX || ldb > INT_MAX || ldc > INT_MAX)
        return false;
#if defined(TG_REAL_F32)
    tg_blas_sgemm(threads, ta, tb, m, n, k, a, lda, b, ldb, (float)beta, c, ldc);
    return true;
#elif defined(TG_REAL_F64)
    tg_blas_dgemm(threads, ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc);
    return true;
#else
    (void)threads, (void)ta, (void)tb, (void)a, (void)b, (void)beta, (void)c;
    return false;
#endif
}

#define SMALL 8000 /* multiplications below which a call of the library costs more than the product */

void TG_R(tg_gemm)(int threads, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, const real *a,
                   int64_t lda, const real *b, int64_t ldb, int beta, real *c, int64_t ldc) {
    if (m <= 0 || n <= 0) return;
    if (k > 0 && (double)m * (double)n * (double)k > SMALL &&
        by_blas(threads, trans_a, trans_b, m, n, k, a, lda, b, ldb, beta, c, ldc))
        return;
    if (!beta)
        for (int64_t i = 0; i < m; i++) memset(c + i * ldc, 0, (size_t)n * sizeof *c);
    by_rows(trans_a, trans_b, m, n, k, a, lda, b, ldb, c, ldc);
}
