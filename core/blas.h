/* blas.h: the BLAS library behind the matrix products: which it is, and which of its kernels run. */
#ifndef TG_CORE_BLAS_H
#define TG_CORE_BLAS_H

#include "tensor.h"

/* "BLIS 0.9.0", or what the library calls itself. */
TG_API const char *tg_blas_name(void);
/* The kernel set that runs ("skx"), and whether the library, our choice or the user's setting picked it:
   "skx (chosen here: BLIS does not know this processor)". */
TG_API const char *tg_blas_kernels(void);
/* The SIMD level of our own kernels: "v1" (baseline), "v3" (AVX2 and FMA) or "v4" (AVX-512). */
TG_API const char *tg_simd_name(void);

/* Private: row-major products by the library, beta 0 or 1. */
void tg_blas_sgemm(int threads, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, const float *a,
                   int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc);
void tg_blas_dgemm(int threads, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, const double *a,
                   int64_t lda, const double *b, int64_t ldb, double beta, double *c, int64_t ldc);

#endif
