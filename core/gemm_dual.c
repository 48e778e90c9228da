/* gemm_dual.c: products of dual numbers, by plain loops. */
#include "real.h"

#ifdef TG_REAL_DUAL
/* The inner loop runs along c and b, or along a and b where b is transposed. */
void TG_R(tg_gemm)(int threads, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, const real *a,
                   int64_t lda, const real *b, int64_t ldb, int beta, real *c, int64_t ldc) {
    (void)threads;
    for (int64_t i = 0; i < m; i++) {
        real *y = c + i * ldc;
        for (int64_t j = 0; j < n && !beta; j++) y[j] = 0;
        for (int64_t j = 0; j < n && trans_b; j++) {
            accum sum = 0;
            for (int64_t p = 0; p < k; p++)
                sum += (trans_a ? a[p * lda + i] : a[i * lda + p]) * b[j * ldb + p];
            y[j] += sum;
        }
        for (int64_t p = 0; p < k && !trans_b; p++) {
            real s = trans_a ? a[p * lda + i] : a[i * lda + p];
            for (int64_t j = 0; j < n; j++) y[j] += s * b[p * ldb + j];
        }
    }
}
#endif
