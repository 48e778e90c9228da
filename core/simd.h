/* simd.h: vectors of `real` at the width of the SIMD level that is being compiled, for the few kernels that
   place their data in registers by hand. By the vector extension of gcc and clang; only loads and stores of
   part of a vector need the processor's own instructions. Include after real.h, for F32 and F64. */
#ifndef TG_CORE_SIMD_H
#define TG_CORE_SIMD_H

#include "real.h"

#include <string.h>

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX2__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#ifdef TG_REAL_F32
#define LANES (VECTOR_BYTES / 4)
#else
#define LANES (VECTOR_BYTES / 8)
#endif

typedef real vec __attribute__((vector_size(VECTOR_BYTES)));
/* The same in memory: at any address, and seen as reals by alias analysis. */
typedef real memory_vec __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(real)), may_alias));

static inline vec load(const real *x) {
    return *(const memory_vec *)x;
}

static inline void store(real *x, vec v) {
    *(memory_vec *)x = v;
}

/* WIDE sums side by side. */
#define WIDE (VECTOR_BYTES / (int)sizeof(accum))
typedef accum sums __attribute__((vector_size(VECTOR_BYTES)));

/* The next WIDE numbers as sums. gcc makes several instructions of __builtin_convertvector here. */
static inline sums load_sums(const real *x) {
#if defined(TG_REAL_F64)
    return load(x);
#elif defined(__AVX512F__)
    return _mm512_cvtps_pd(_mm256_loadu_ps(x));
#elif defined(__AVX2__)
    return _mm256_cvtps_pd(_mm_loadu_ps(x));
#else
    return (sums){x[0], x[1]};
#endif
}

#if defined(__AVX512F__)
/* The first n lanes; the others are 0, or are not written. Memory behind the n'th is not touched. */
#ifdef TG_REAL_F32
static inline vec load_part(const real *x, int n) {
    return _mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), x);
}
static inline void store_part(real *x, vec v, int n) {
    _mm512_mask_storeu_ps(x, (__mmask16)((1u << n) - 1), v);
}
#else
static inline vec load_part(const real *x, int n) {
    return _mm512_maskz_loadu_pd((__mmask8)((1u << n) - 1), x);
}
static inline void store_part(real *x, vec v, int n) {
    _mm512_mask_storeu_pd(x, (__mmask8)((1u << n) - 1), v);
}
#endif
#elif defined(__AVX2__)
static inline __m256i first_lanes(int n) {
#ifdef TG_REAL_F32
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
#else
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
#endif
}
#ifdef TG_REAL_F32
static inline vec load_part(const real *x, int n) {
    return _mm256_maskload_ps(x, first_lanes(n));
}
static inline void store_part(real *x, vec v, int n) {
    _mm256_maskstore_ps(x, first_lanes(n), v);
}
#else
static inline vec load_part(const real *x, int n) {
    return _mm256_maskload_pd(x, first_lanes(n));
}
static inline void store_part(real *x, vec v, int n) {
    _mm256_maskstore_pd(x, first_lanes(n), v);
}
#endif
#else
#define OUT_OF_LINE static __attribute__((noinline, unused))
OUT_OF_LINE vec load_fewer(const real *x, int n) {
    vec v = {0};
    for (int i = 0; i < n; i++) v[i] = x[i];
    return v;
}
OUT_OF_LINE void store_fewer(real *x, vec v, int n) {
    for (int i = 0; i < n; i++) x[i] = v[i];
}
static inline vec load_part(const real *x, int n) {
    return n == LANES ? load(x) : load_fewer(x, n);
}
static inline void store_part(real *x, vec v, int n) {
    if (n == LANES)
        store(x, v);
    else
        store_fewer(x, v, n);
}
#endif

/* The first n lanes of a row of memory, of 0 to LANES or more. */
static inline vec load_up_to(const real *x, int64_t n) {
    return n >= LANES ? load(x) : n <= 0 ? (vec){0} : load_part(x, (int)n);
}

/* a0 b0 a1 b1 ..., of the lower and of the upper halves. */
static inline vec interleave_low(vec a, vec b) {
#if LANES == 16
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
#elif LANES == 8
    return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
#elif LANES == 4
    return __builtin_shufflevector(a, b, 0, 4, 1, 5);
#else
    return __builtin_shufflevector(a, b, 0, 2);
#endif
}

static inline vec interleave_high(vec a, vec b) {
#if LANES == 16
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#elif LANES == 8
    return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#elif LANES == 4
    return __builtin_shufflevector(a, b, 2, 6, 3, 7);
#else
    return __builtin_shufflevector(a, b, 1, 3);
#endif
}

/* Rows of a square become its columns: each of log2(LANES) perfect shuffles moves one bit of an element's row
   number to its column number, and one the other way. */
static inline __attribute__((always_inline)) void transpose(vec row[LANES]) {
    for (int stage = 1; stage < LANES; stage *= 2) {
        vec next[LANES];
#pragma GCC unroll 16
        for (int i = 0; i < LANES / 2; i++) {
            next[2 * i] = interleave_low(row[i], row[i + LANES / 2]);
            next[2 * i + 1] = interleave_high(row[i], row[i + LANES / 2]);
        }
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++) row[i] = next[i];
    }
}

/* r_max of each lane. */
static inline vec larger(vec a, vec b) {
    typedef __typeof__(a > b) mask;
    mask take = (a > b) | (a != a);
    return (vec)((take & (mask)a) | (~take & (mask)b));
}

#endif
