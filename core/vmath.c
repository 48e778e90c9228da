/* vmath.c: the functions of vmath.h as loops. Compiled once per number type and SIMD level. */
#include "vmath.h"
#include "cpu.h"
#include "real.h"

extern const tg_vmath TG_R(tg_vmath)[];

#ifndef TG_REAL_DUAL
#define LOOP(name, value)                                                                                    \
    static void loop_##name(int64_t n, const void *from, void *to) {                                         \
        const real *restrict x = from;                                                                       \
        real *restrict y = to;                                                                               \
        TG_VECTORS for (int64_t i = 0; i < n; i++) y[i] = value;                                             \
    }
#define X(name) LOOP(name, r_##name(x[i]))
TG_MATH(X)
#undef X
/* As the ops compute them, which for f32 with AVX-512 is by tables. */
static void loop_sigmoid(int64_t n, const void *x, void *y) {
    TG_R(tg_each_sigmoid)(n, x, y);
}
static void loop_op_tanh(int64_t n, const void *x, void *y) {
    TG_R(tg_each_tanh)(n, x, y);
}
LOOP(pow, r_pow(x[i], (real)1.7))

#define X(name) {#name, loop_##name},
const tg_vmath TG_R(tg_vmath)[] = {TG_MATH(X) X(sigmoid) X(op_tanh) X(pow){0}};
#undef X
#endif

#ifdef TG_PRIMARY
#define TABLES(level, unused) extern const tg_vmath tg_vmath_f32##level[], tg_vmath_f64##level[];
TG_LEVELS(TABLES, )

const tg_vmath *tg_vmath_of(tg_dtype dtype, int level) {
#define BOTH(level, unused) {tg_vmath_f32##level, tg_vmath_f64##level},
    static const tg_vmath *const tables[][2] = {TG_LEVELS(BOTH, )};
    if (!tg_simd_runs(level)) return NULL;
    return dtype == TG_F32 ? tables[level][0] : dtype == TG_F64 ? tables[level][1] : NULL;
}

const char *tg_vmath_library(void) {
#ifdef TG_VECTOR_LIBRARY
    return TG_VECTOR_LIBRARY;
#else
    return "none";
#endif
}
#endif
