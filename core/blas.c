/* blas.c: glue to a CBLAS, with care for BLIS: it chooses its kernels by the processor's name, and on one
   that is newer than itself falls back to kernels at a fifth of the speed. Then we choose for it. */
#include "blas.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef TG_BLAS_BLIS
#include <blis.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#else
#include <cblas.h>
#endif

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char kernels[128] = "as the library selects";

#ifdef TG_BLAS_BLIS
/* The best kernel set that runs here, or the generic one. */
static arch_t best_set(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return BLIS_ARCH_SKX;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return BLIS_ARCH_HASWELL;
#endif
    return BLIS_ARCH_GENERIC;
}

/* Whether BLIS 0.x would fall back to its generic kernels. It knows Intel's processors by their features, but
   AMD's by family, up to 19h (Zen 3 and 4), and no other maker's (frame/base/bli_cpuid.c). It cannot be
   asked: its first answer is final. */
static bool unknown_processor(void) {
#if defined(__x86_64__)
    unsigned a, b, c, d;
    if (strncmp(bli_info_get_version_str(), "0.", 2) != 0 || !__get_cpuid(1, &a, &b, &c, &d)) return false;
    unsigned family = (a >> 8 & 15) + (a >> 20 & 255);
    return __builtin_cpu_is("intel") ? false : __builtin_cpu_is("amd") ? family > 0x19 : true;
#else
    return false;
#endif
}

/* BLIS reads BLIS_ARCH_TYPE once, when it initialises. */
static void init(void) {
    const char *who = "chosen by BLIS";
    bool ours = false;
    if (getenv("BLIS_ARCH_TYPE")) {
        who = "chosen by BLIS_ARCH_TYPE";
    } else if (unknown_processor() && best_set() != BLIS_ARCH_GENERIC) {
        char number[16];
        snprintf(number, sizeof number, "%d", (int)best_set());
        ours = setenv("BLIS_ARCH_TYPE", number, 0) == 0;
        who = "chosen here: this BLIS does not know the processor";
    }
    bli_init();
    snprintf(kernels, sizeof kernels, "%s (%s)", bli_arch_string(bli_arch_query_id()), who);
    if (ours) unsetenv("BLIS_ARCH_TYPE");
}

const char *tg_blas_name(void) {
    static char name[64];
    snprintf(name, sizeof name, "BLIS %s", bli_info_get_version_str());
    return name;
}

/* The expert interface takes the number of threads with the call: nothing global is changed. The kernels that
   some sets have for small matrices are left out: those of 0.9 read beyond the end of a matrix. */
static rntm_t with_threads(int threads) {
    rntm_t runtime;
    bli_rntm_init(&runtime);
    bli_rntm_set_num_threads(threads, &runtime);
    bli_rntm_disable_l3_sup(&runtime);
    return runtime;
}

static trans_t trans(bool transposed) {
    return transposed ? BLIS_TRANSPOSE : BLIS_NO_TRANSPOSE;
}

static void sgemm(int threads, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, const float *a,
                  int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc) {
    rntm_t runtime = with_threads(threads);
    float one = 1;
    bli_sgemm_ex(trans(trans_a), trans(trans_b), m, n, k, &one, (float *)(uintptr_t)a, lda, 1,
                 (float *)(uintptr_t)b, ldb, 1, &beta, c, ldc, 1, NULL, &runtime);
}

static void dgemm(int threads, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, const double *a,
                  int64_t lda, const double *b, int64_t ldb, double beta, double *c, int64_t ldc) {
    rntm_t runtime = with_threads(threads);
    double one = 1;
    bli_dgemm_ex(trans(trans_a), trans(trans_b), m, n, k, &one, (double *)(uintptr_t)a, lda, 1,
                 (double *)(uintptr_t)b, ldb, 1, &beta, c, ldc, 1, NULL, &runtime);
}
#else
static void init(void) {}
const char *tg_blas_name(void) {
    return TG_BLAS_NAME;
}
#ifdef OPENBLAS_VERSION
static void set_threads(int threads) {
    openblas_set_num_threads(threads);
}
#else
static void set_threads(int threads) {
    (void)threads;
}
#endif

static void sgemm(int threads, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, const float *a,
                  int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc) {
    set_threads(threads);
    cblas_sgemm(CblasRowMajor, trans_a ? CblasTrans : CblasNoTrans, trans_b ? CblasTrans : CblasNoTrans,
                (int)m, (int)n, (int)k, 1, a, (int)lda, b, (int)ldb, beta, c, (int)ldc);
}

static void dgemm(int threads, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, const double *a,
                  int64_t lda, const double *b, int64_t ldb, double beta, double *c, int64_t ldc) {
    set_threads(threads);
    cblas_dgemm(CblasRowMajor, trans_a ? CblasTrans : CblasNoTrans, trans_b ? CblasTrans : CblasNoTrans,
                (int)m, (int)n, (int)k, 1, a, (int)lda, b, (int)ldb, beta, c, (int)ldc);
}
#endif

const char *tg_blas_kernels(void) {
    pthread_once(&once, init);
    return kernels;
}

void tg_blas_sgemm(int threads, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, const float *a,
                   int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc) {
    pthread_once(&once, init);
    sgemm(threads, trans_a, trans_b, m, n, k, a, lda, b, ldb, beta, c, ldc);
}

void tg_blas_dgemm(int threads, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, const double *a,
                   int64_t lda, const double *b, int64_t ldb, double beta, double *c, int64_t ldc) {
    pthread_once(&once, init);
    dgemm(threads, trans_a, trans_b, m, n, k, a, lda, b, ldb, beta, c, ldc);
}
