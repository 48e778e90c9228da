/* float_math.h: e^x and its kin in f32, inline, for loops that run on vectors. Without branches, calls or tables
   they are faster than a library's call per vector where the processor has a fused multiply-add, and err less:
   docs/vector-math.md has both.

   x = k ln 2 + r, |r| <= ln 2 / 2, with ln 2 in two parts so that k ln 2 is exact enough (Cody and Waite,
   Software Manual for the Elementary Functions, 1980). The polynomials are minimax fits by Remez' exchange of
   (e^r - 1 - r)/r^2, relative to e^r, and of the normal distribution's tail below. */
#ifndef TG_CORE_FLOAT_MATH_H
#define TG_CORE_FLOAT_MATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* A call that is left standing would keep a loop from running on vectors. */
#define TG_INLINE static inline __attribute__((always_inline))

TG_INLINE int32_t tg_float_bits(float x) {
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
TG_INLINE float tg_float_of_bits(int32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
/* x 2^n, n being the low bits of a number to which ROUNDER was added; what leaves the range wraps round. */
TG_INLINE float tg_float_scale(float x, int32_t n) {
    return tg_float_of_bits((int32_t)((uint32_t)tg_float_bits(x) + ((uint32_t)n << 23)));
}

#define TG_FLOAT_ROUNDER 0x1.8p23f /* added to a number, it rounds it, into the low bits of the sum */

/* e^r - 1, and k as the low bits of *n. */
TG_INLINE float tg_float_reduce(float x, int32_t *n) {
    const float shifted = x * 1.44269504f + TG_FLOAT_ROUNDER, k = shifted - TG_FLOAT_ROUNDER;
    const float r = x - k * 0.693145752f - k * 1.42860677e-6f;
    float p = 0.0013814546781f;
    p = p * r + 0.0083687452379f;
    p = p * r + 0.04166839064f;
    p = p * r + 0.16666520398f;
    p = p * r + 0.49999993433f;
    *n = tg_float_bits(shifted);
    return p * (r * r) + r;
}

/* 2^k in two factors: one alone is not a normal number for all k. */
TG_INLINE float tg_float_exp(float x) {
    int32_t n;
    const float e = tg_float_reduce(x, &n) + 1;
    const int32_t half = n >> 1;
    const float y = tg_float_scale(e, half) * tg_float_scale(1, n - half);
    const float outside = x < 0 ? 0 : x + INFINITY; /* or NaN */
    return fabsf(x) <= 104 ? y : outside;
}

/* With s = 2^k/2: twice s (e^r - 1) + (s - 1/2). */
TG_INLINE float tg_float_expm1(float x) {
    int32_t n;
    const float e = tg_float_reduce(x, &n), s = tg_float_scale(0.5f, n);
    float y = s * e + (s - 0.5f);
    y = x < -30 ? -1 : y + y;
    y = x <= 89 ? y : x + INFINITY;
    return copysignf(y, x);
}

/* Phi(x), the distribution function of the standard normal, and *density, its derivative. With t = 1/(1 + 0.35|x|),
   Phi(-|x|) e^(x^2/2) is a polynomial in t to within half a unit in the last place. */
TG_INLINE float tg_float_normal(float x, float *density) {
    const float gauss = tg_float_exp(-0.5f * x * x), t = 1 / (1 + 0.35f * fabsf(x));
    float p = -0.02915818403f;
    p = p * t + 0.144032303f;
    p = p * t - 0.2558417032f;
    p = p * t + 0.1593225771f;
    p = p * t - 0.02321418607f;
    p = p * t + 0.1055532096f;
    p = p * t + 0.1198211266f;
    p = p * t + 0.1398635351f;
    p = p * t + 0.1396213059f;
    const float tail = gauss * (p * t);
    *density = 0.398942280f * gauss;
    return x < 0 ? tail : 1 - tail;
}

#endif
