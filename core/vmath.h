/* vmath.h: mathematical functions on vectors, for kernels.

   Where the build found a library of vector versions (glibc's libmvec, or SLEEF, which exports the same
   names), it defines TG_VECTOR_MATH for kernels, and the declarations below tell the compiler that a call in
   a loop may be replaced by one call per vector, at the width of the SIMD level that is being compiled. No
   -ffast-math is needed for it, so that NaN and infinity keep their meaning. docs/vector-math.md has speeds
   and errors. */
#ifndef TG_CORE_VMATH_H
#define TG_CORE_VMATH_H

#include <math.h>
#include <stdint.h>

#include "tensor.h"

/* Functions of one argument that kernels call as r_NAME. */
#define TG_LIBRARY_MATH(X) X(log) X(log1p) X(sqrt) X(sin) X(cos) X(tanh) X(erf)
#define TG_MATH(X)         X(exp) X(expm1) TG_LIBRARY_MATH(X) /* two that are our own in f32: float_math.h */

#ifdef TG_VECTOR_MATH
#ifdef __aarch64__ /* half vectors, which the attribute would promise too, are not in the libraries */
#define TG_VECTOR_F64 _Pragma("omp declare simd simdlen(2) notinbranch")
#define TG_VECTOR_F32 _Pragma("omp declare simd simdlen(4) notinbranch")
#else
#define TG_VECTOR_F64 __attribute__((simd("notinbranch")))
#define TG_VECTOR_F32 TG_VECTOR_F64
#endif
#define TG_X(name)                                                                                           \
    TG_VECTOR_F64 double name(double);                                                                       \
    TG_VECTOR_F32 float name##f(float);
TG_X(log)
TG_X(log1p)
TG_X(sin)
TG_X(cos)
TG_X(tanh)
TG_X(erf)
#undef TG_X
TG_VECTOR_F64 double exp(double);
TG_VECTOR_F64 double expm1(double);
TG_VECTOR_F64 double pow(double, double);
TG_VECTOR_F32 float powf(float, float);
#endif

/* A function as a loop, y[i] = f(x[i]) for i < n, for tests and benchmarks: as kernels compute it. */
typedef struct tg_vmath {
    const char *name; /* NULL ends a table */
    void (*run)(int64_t n, const void *x, void *y);
} tg_vmath;

/* The functions above; sigmoid, 1/(1+e^-x), and op_tanh, as their ops compute them, both for n divisible by 16;
   and pow, x^1.7; as compiled for TG_F32 or TG_F64 at a SIMD level of this build. NULL for another dtype, or a
   level that does not exist or run here. */
const tg_vmath *tg_vmath_of(tg_dtype dtype, int level);
/* "libmvec", "SLEEF", or "none": scalar calls of libm. */
const char *tg_vmath_library(void);

#endif
