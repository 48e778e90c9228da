/* real.h: the number type of kernels. Every op file is compiled once per type (and SIMD level), with
   `real` being float, double, or a dual number, so that a kernel is plain C, written once.

   A dual number a + b*eps (eps^2 = 0) carries a value and its derivative along one direction. It is held in
   a C complex whose imaginary part is the derivative times TG_EPS = 1e-100: the square of the imaginary part
   is then lost in rounding, so + - * / of complex numbers are those of dual numbers to the last bit
   (complex-step differentiation: Squire and Trapp, SIAM Review 40, 1998). Forward-mode derivatives of every
   op, and Hessian-vector products through every backward, come from this third compilation: no rule for
   them is written by hand, so none can be wrong.

   In kernels: compare re(x), never x; use the r_ functions below for mathematics; sum in `accum`.
   A loop over elements runs on vectors, calls of r_ functions included (see vmath.h), when it begins with
   TG_EACH or TG_VECTORS. */
#ifndef TG_CORE_REAL_H
#define TG_CORE_REAL_H

#include <complex.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#ifndef CMPLX /* glibc's header has it for gcc alone */
#define CMPLX(x, y) __builtin_complex((double)(x), (double)(y))
#endif

#define TG_EPS 1e-100

#if defined(TG_REAL_F32)
#define TG_REAL_DTYPE TG_F32
#define TG_REAL_NAME  f32
#elif defined(TG_REAL_F64)
#define TG_REAL_DTYPE TG_F64
#define TG_REAL_NAME  f64
#elif defined(TG_REAL_DUAL)
#define TG_REAL_DTYPE TG_DUAL
#define TG_REAL_NAME  dual
#else
#error "compile op files with TG_REAL_F32, TG_REAL_F64 or TG_REAL_DUAL, or include tapegrad_op.h"
#endif

#define TG_PASTE_(a, b) a##b
#define TG_PASTE(a, b)  TG_PASTE_(a, b)
#ifdef TG_LEVEL /* SIMD level of this compilation: _v1, _v3, _v4 */
#define TG_SUFFIX TG_PASTE(TG_PASTE(_, TG_REAL_NAME), TG_LEVEL)
#else
#define TG_SUFFIX TG_PASTE(_, TG_REAL_NAME)
#endif
/* The name of something that exists once per number type and level. */
#define TG_R(name) TG_PASTE(name, TG_SUFFIX)

#ifdef TG_MANY_REALS /* tapegrad_op.h: one compilation sees this file once per number type */
#define real     TG_R(tg_real)
#define accum    TG_R(tg_accum)
#define r_exp    TG_R(tg_exp)
#define r_expm1  TG_R(tg_expm1)
#define r_log    TG_R(tg_log)
#define r_log1p  TG_R(tg_log1p)
#define r_sqrt   TG_R(tg_sqrt)
#define r_sin    TG_R(tg_sin)
#define r_cos    TG_R(tg_cos)
#define r_tanh   TG_R(tg_tanh)
#define r_erf    TG_R(tg_erf)
#define r_normal TG_R(tg_normal)
#define r_pow    TG_R(tg_pow)
#define r_abs    TG_R(tg_abs)
#define r_max    TG_R(tg_max)
#define r_min    TG_R(tg_min)
#define r_tie    TG_R(tg_tie)
#endif

#if defined(TG_REAL_F32)
typedef float real;
typedef double accum;
#elif defined(TG_REAL_F64)
typedef double real;
typedef double accum;
#else
typedef double complex real;
typedef double complex accum;
#endif

#include "vmath.h" /* gives the functions below their vector versions */

#if defined(TG_REAL_F32)
#include "float_math.h"
#define re(x) (x)
#define TG_UNARY_MATH(name)                                                                                  \
    static inline real r_##name(real x) {                                                                    \
        return name##f(x);                                                                                   \
    }
TG_INLINE real r_exp(real x) {
    return tg_float_exp(x);
}
TG_INLINE real r_expm1(real x) {
    return tg_float_expm1(x);
}
static inline real r_pow(real x, real y) {
    return powf(x, y);
}
static inline real r_abs(real x) {
    return fabsf(x);
}
#elif defined(TG_REAL_F64)
#define re(x) (x)
#define TG_UNARY_MATH(name)                                                                                  \
    static inline real r_##name(real x) {                                                                    \
        return name(x);                                                                                      \
    }
TG_UNARY_MATH(exp)
TG_UNARY_MATH(expm1)
static inline real r_pow(real x, real y) {
    return pow(x, y);
}
static inline real r_abs(real x) {
    return fabs(x);
}
#endif

#if defined(TG_REAL_DUAL)
#define re(x) creal(x)
static inline real r_dual(double value, double slope, real x) {
    return CMPLX(value, slope * cimag(x));
}
static inline real r_exp(real x) {
    double y = exp(re(x));
    return r_dual(y, y, x);
}
static inline real r_expm1(real x) {
    return r_dual(expm1(re(x)), exp(re(x)), x);
}
static inline real r_log(real x) {
    return r_dual(log(re(x)), 1 / re(x), x);
}
static inline real r_log1p(real x) {
    return r_dual(log1p(re(x)), 1 / (1 + re(x)), x);
}
static inline real r_sqrt(real x) {
    double y = sqrt(re(x));
    return r_dual(y, 0.5 / y, x);
}
static inline real r_sin(real x) {
    return r_dual(sin(re(x)), cos(re(x)), x);
}
static inline real r_cos(real x) {
    return r_dual(cos(re(x)), -sin(re(x)), x);
}
static inline real r_tanh(real x) {
    double y = tanh(re(x));
    return r_dual(y, 1 - y * y, x);
}
static inline real r_erf(real x) {
    return r_dual(erf(re(x)), 1.12837916709551257390 * exp(-re(x) * re(x)), x); /* 2/sqrt(pi) */
}
static inline real r_pow(real x, real y) {
    double p = pow(re(x), re(y)), dx = re(y) == 0 ? 0 : re(y) * pow(re(x), re(y) - 1);
    double dy = cimag(y) == 0 || (re(x) == 0 && re(y) >= 0) ? 0 : p * log(re(x));
    return CMPLX(p, (cimag(x) == 0 ? 0 : dx * cimag(x)) + (dy == 0 ? 0 : dy * cimag(y)));
}
static inline real r_abs(real x) {
    return re(x) < 0 ? -x : x;
}
#else
TG_LIBRARY_MATH(TG_UNARY_MATH)
#endif
/* The standard normal's distribution function at x, and its density there. */
#if defined(TG_REAL_F32)
TG_INLINE real r_normal(real x, real *density) {
    return tg_float_normal(x, density);
}
#else
static inline real r_normal(real x, real *density) {
    *density = 0.39894228040143267794 * r_exp(-0.5 * x * x); /* 1/sqrt(2 pi) */
    return 0.5 * (1 + r_erf(0.70710678118654752440 * x));
}
#endif
/* Of two numbers that compare equal, either; a dual gets the mean of their slopes. */
static inline real r_tie(real a, real b) {
#if defined(TG_REAL_DUAL)
    return CMPLX(creal(a), 0.5 * (cimag(a) + cimag(b)));
#else
    (void)a;
    return b;
#endif
}
/* Of two, the larger and the smaller, the second where they are equal; a NaN in either comes through. */
static inline real r_max(real a, real b) {
    return re(a) > re(b) || re(a) != re(a) ? a : b;
}
static inline real r_min(real a, real b) {
    return re(a) < re(b) || re(a) != re(a) ? a : b;
}

/* Before a loop: its steps do not depend on each other, so that they may run on vectors without a check for
   overlapping arrays. Where the build says that the compiler knows the pragma. With TG_VECTORS_MAX they also
   look for the largest of some numbers, in `top`. */
#if defined(TG_OPENMP_SIMD) && !defined(TG_REAL_DUAL)
#define TG_VECTORS     _Pragma("omp simd")
#define TG_VECTORS_MAX _Pragma("omp simd reduction(max : top)")
#else
#define TG_VECTORS
#define TG_VECTORS_MAX
#endif

/* The loop of an elementwise kernel, i from 0 on: over n elements and up to the next multiple of 16, as buffers
   allow, so that vectors need no loop for the rest; and no element depends on another, even where a buffer
   serves twice, so that vectors need no check for overlap. Duals are computed one by one. */
#undef TG_EACH
#ifdef TG_REAL_DUAL
#define TG_EACH(i, n) for (int64_t i = 0; i < (n); i++)
#else
#define TG_EACH(i, n) TG_VECTORS for (int64_t i = 0; i < (((n) + 15) & -16); i++)
#endif

/* core/block.c: the sum of n numbers, and of n products. */
accum TG_R(tg_sum)(int64_t n, const real *x);
accum TG_R(tg_dot)(int64_t n, const real *x, const real *y);
/* The transpose: to[k * ld_to + i] = from[i * ld_from + k] for each i < rows, k < n. */
void TG_R(tg_turn)(int64_t rows, int64_t n, const real *from, int64_t ld_from, real *to, int64_t ld_to);

/* core/table_math.c: y = tanh x and 1/(1 + e^-x) for each of n elements and up to the next multiple of 16. */
void TG_R(tg_each_tanh)(int64_t n, const real *x, real *y);
void TG_R(tg_each_sigmoid)(int64_t n, const real *x, real *y);

/* core/gemm.c, for this number type: C = beta*C + op(A) op(B), op(A) m x k, op(B) k x n, row-major with
   leading dimensions as stored; beta is 0 (C is not read) or 1. */
void TG_R(tg_gemm)(int threads, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, const real *a,
                   int64_t lda, const real *b, int64_t ldb, int beta, real *c, int64_t ldc);

#endif
