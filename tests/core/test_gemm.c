/* Matrix products of every number type and SIMD level against three plain loops. */
#include "support/test.h"

#include "core/cpu.h"
#include "tg_config.h"

#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void gemm_f32(int threads, bool ta, bool tb, int64_t m, int64_t n, int64_t k, const float *a,
                      int64_t lda, const float *b, int64_t ldb, int beta, float *c, int64_t ldc);
typedef void gemm_f64(int threads, bool ta, bool tb, int64_t m, int64_t n, int64_t k, const double *a,
                      int64_t lda, const double *b, int64_t ldb, int beta, double *c, int64_t ldc);
typedef void gemm_dual(int threads, bool ta, bool tb, int64_t m, int64_t n, int64_t k,
                       const double complex *a, int64_t lda, const double complex *b, int64_t ldb, int beta,
                       double complex *c, int64_t ldc);
#define DECLARE(level, unused)                                                                               \
    gemm_f32 tg_gemm_f32##level;                                                                             \
    gemm_f64 tg_gemm_f64##level;                                                                             \
    gemm_dual tg_gemm_dual;
TG_LEVELS(DECLARE, )
#define LEVEL(level, unused) {tg_gemm_f32##level, tg_gemm_f64##level, tg_gemm_dual},
static const struct {
    gemm_f32 *f32;
    gemm_f64 *f64;
    gemm_dual *dual;
} levels[] = {TG_LEVELS(LEVEL, )};
#define LEVELS ((int)(sizeof levels / sizeof *levels))

typedef struct shape {
    int64_t m, n, k, lda, ldb, ldc;
    bool ta, tb;
    int beta;
} shape;

/* A matrix of doubles and what the product makes of it, in each type. Every block is as long as its matrix,
   so that an address sanitizer sees what is read or written outside. */
typedef struct matrix {
    size_t count;
    double *f64;
    float *f32;
    double complex *dual;
} matrix;

static tg_rng rng = {.seed = 7};

static matrix matrix_new(int64_t rows, int64_t columns, int64_t ld) {
    matrix x = {.count = rows && columns ? (size_t)((rows - 1) * ld + columns) : 1};
    x.f64 = malloc(x.count * sizeof *x.f64);
    x.f32 = malloc(x.count * sizeof *x.f32);
    x.dual = malloc(x.count * sizeof *x.dual);
    assert_true(x.f64 && x.f32 && x.dual);
    for (size_t i = 0; i < x.count; i++) {
        x.f32[i] = (float)(tg_rng_uniform(&rng) - 0.5);
        x.f64[i] = (double)x.f32[i];
        x.dual[i] = x.f64[i];
    }
    return x;
}

static void matrix_free(matrix x) {
    free(x.f64), free(x.f32), free(x.dual);
}

static double *expected(const shape *s, const double *a, const double *b, const matrix *c) {
    double *y = malloc(c->count * sizeof *y);
    assert_non_null(y);
    memcpy(y, c->f64, c->count * sizeof *y);
    for (int64_t i = 0; i < s->m; i++)
        for (int64_t j = 0; j < s->n; j++) {
            double sum = s->beta ? y[i * s->ldc + j] : 0;
            for (int64_t p = 0; p < s->k; p++)
                sum +=
                    a[s->ta ? p * s->lda + i : i * s->lda + p] * b[s->tb ? j * s->ldb + p : p * s->ldb + j];
            y[i * s->ldc + j] = sum;
        }
    return y;
}

static void fail_at(const shape *s, const char *type, int level, size_t i, double got, double wanted) {
    fail_msg("%s level %d: %lld x %lld x %lld %s%s lda %lld ldb %lld ldc %lld beta %d: element %zu is %.9g, "
             "not %.9g",
             type, level, (long long)s->m, (long long)s->n, (long long)s->k, s->ta ? "t" : "n",
             s->tb ? "t" : "n", (long long)s->lda, (long long)s->ldb, (long long)s->ldc, s->beta, i, got,
             wanted);
}

/* Everything that lies between the rows of C must be untouched: it is compared like the rows. */
static void check(const shape *s, int level) {
    matrix a = matrix_new(s->ta ? s->k : s->m, s->ta ? s->m : s->k, s->lda);
    matrix b = matrix_new(s->tb ? s->n : s->k, s->tb ? s->k : s->n, s->ldb);
    matrix c = matrix_new(s->m, s->n, s->ldc);
    double *y = expected(s, a.f64, b.f64, &c), tolerance = 1 + (double)s->k;
    levels[level].f32(1, s->ta, s->tb, s->m, s->n, s->k, a.f32, s->lda, b.f32, s->ldb, s->beta, c.f32,
                      s->ldc);
    levels[level].f64(1, s->ta, s->tb, s->m, s->n, s->k, a.f64, s->lda, b.f64, s->ldb, s->beta, c.f64,
                      s->ldc);
    levels[level].dual(1, s->ta, s->tb, s->m, s->n, s->k, a.dual, s->lda, b.dual, s->ldb, s->beta, c.dual,
                       s->ldc);
    for (size_t i = 0; i < c.count && s->m && s->n; i++) {
        if (!(fabs((double)c.f32[i] - y[i]) <= 6e-8 * tolerance))
            fail_at(s, "f32", level, i, (double)c.f32[i], y[i]);
        if (!(fabs(c.f64[i] - y[i]) <= 1.2e-16 * tolerance)) fail_at(s, "f64", level, i, c.f64[i], y[i]);
        if (!(fabs(creal(c.dual[i]) - y[i]) <= 1.2e-16 * tolerance))
            fail_at(s, "dual", level, i, creal(c.dual[i]), y[i]);
    }
    free(y);
    matrix_free(a), matrix_free(b), matrix_free(c);
}

/* Small sizes often, with 0 and 1 among them; sometimes beyond a block. */
static int64_t random_size(int largest) {
    uint64_t kind = tg_rng_below(&rng, 8);
    return (int64_t)(kind < 4   ? tg_rng_below(&rng, 20)
                     : kind < 7 ? tg_rng_below(&rng, 100)
                                : tg_rng_below(&rng, (uint64_t)largest));
}

static shape random_shape(int largest) {
    shape s = {.m = random_size(largest), .n = random_size(largest), .k = random_size(2 * largest)};
    uint64_t bits = tg_rng_below(&rng, 64);
    s.ta = bits & 1;
    s.tb = bits & 2;
    s.beta = bits >> 2 & 1;
    int64_t more = bits & 8 ? (int64_t)tg_rng_below(&rng, 5) : 0;
    s.lda = (s.ta ? s.m : s.k) + more;
    s.ldb = (s.tb ? s.k : s.n) + more;
    s.ldc = s.n + (bits & 16 ? more : 0);
    return s;
}

static void products_agree_with_the_reference(void **state) {
    (void)state;
    for (int i = 0; i < test_rounds(1500); i++) {
        shape s = random_shape(400);
        for (int level = 0; level < LEVELS; level++)
            if (tg_simd_runs(level)) check(&s, level);
    }
}

static void expect_same_bits(const shape *s, int threads) {
    matrix a = matrix_new(s->ta ? s->k : s->m, s->ta ? s->m : s->k, s->lda);
    matrix b = matrix_new(s->tb ? s->n : s->k, s->tb ? s->k : s->n, s->ldb);
    for (int level = 0; level < LEVELS; level++) {
        if (!tg_simd_runs(level)) continue;
        matrix one = matrix_new(s->m, s->n, s->ldc), two = matrix_new(s->m, s->n, s->ldc);
        memcpy(two.f32, one.f32, one.count * sizeof *one.f32);
        gemm_f32 *gemm = levels[level].f32;
        gemm(1, s->ta, s->tb, s->m, s->n, s->k, a.f32, s->lda, b.f32, s->ldb, s->beta, one.f32, s->ldc);
        gemm(threads, s->ta, s->tb, s->m, s->n, s->k, a.f32, s->lda, b.f32, s->ldb, s->beta, two.f32, s->ldc);
        assert_memory_equal(one.f32, two.f32, one.count * sizeof *one.f32);
        matrix_free(one), matrix_free(two);
    }
    matrix_free(a), matrix_free(b);
}

static void the_bits_do_not_depend_on_the_threads(void **state) {
    (void)state;
    for (int i = 0; i < test_rounds(100); i++) {
        shape s = random_shape(600);
        s.m += 100, s.n += 100, s.k += 100; /* large enough to be run in parallel */
        s.lda = s.ta ? s.m : s.k, s.ldb = s.tb ? s.k : s.n, s.ldc = s.n;
        expect_same_bits(&s, 2 + i % 2);
    }
}

/* Many rows, which pass the blocks of B in several groups. */
static void many_rows_come_in_groups(void **state) {
    (void)state;
    for (int i = 0; i < test_rounds(12); i++) {
        shape s = {.tb = i & 1, .beta = i >> 1 & 1};
        s.m = (s.tb ? 700 : 200) + (int64_t)tg_rng_below(&rng, 400);
        s.n = 1 + (int64_t)tg_rng_below(&rng, i % 3 ? 60 : 300);
        s.k = 300 + (int64_t)tg_rng_below(&rng, 200);
        s.lda = s.k + i % 5, s.ldb = (s.tb ? s.k : s.n) + i % 7, s.ldc = s.n + i % 4;
        for (int level = 0; level < LEVELS; level++)
            if (tg_simd_runs(level)) check(&s, level);
        expect_same_bits(&s, 2 + i % 2);
    }
}

/* A few columns, each summed up along vectors. */
static void few_columns_have_long_sums(void **state) {
    (void)state;
    for (int i = 0; i < test_rounds(80); i++) {
        shape s = {.m = 1 + (int64_t)tg_rng_below(&rng, 50), .tb = i & 1, .beta = i >> 1 & 1};
        s.n = 1 + (int64_t)tg_rng_below(&rng, 4);
        s.k = 60 + (int64_t)tg_rng_below(&rng, i % 8 ? 100 : 1000);
        s.lda = s.k + i % 5, s.ldb = (s.tb ? s.k : s.n) + i % 7, s.ldc = s.n + i % 3;
        for (int level = 0; level < LEVELS; level++)
            if (tg_simd_runs(level)) check(&s, level);
        s.m = 10000, s.k = 128, s.lda = s.k, s.ldb = s.tb ? s.k : s.n, s.ldc = s.n;
        if (i % 20 == 0) expect_same_bits(&s, 2); /* large enough to be run in parallel */
    }
}

/* A few rows with a large transposed matrix, which are computed as its product with them transposed. */
static void few_rows_meet_a_large_transpose(void **state) {
    (void)state;
    for (int i = 0; i < test_rounds(80); i++) {
        shape s = {.m = 2 + (int64_t)tg_rng_below(&rng, 66), .tb = true, .beta = i & 1};
        s.n = 100 + (int64_t)tg_rng_below(&rng, 300);
        s.k = 200 + (int64_t)tg_rng_below(&rng, 700);
        if (i % 3 == 0) s.m = s.m / 8 * 8 + 8;
        s.lda = s.k + i % 5, s.ldb = s.k + i % 7, s.ldc = s.n + i % 4;
        for (int level = 0; level < LEVELS; level++)
            if (tg_simd_runs(level)) check(&s, level);
        expect_same_bits(&s, 2 + i % 2);
    }
}

/* The derivative of a product of duals is da b + a db. */
static void duals_carry_the_derivative(void **state) {
    (void)state;
    const double eps = 1e-100;
    double complex a[6] = {1, 2, 3, 4 + eps * I, 5, 6}, b[6] = {1, 2 + 2 * eps * I, 3, 4, 5, 6}, c[4];
    for (int level = 0; level < LEVELS; level++) {
        levels[level].dual(1, false, false, 2, 2, 3, a, 3, b, 2, 0, c, 2); /* (2,3) x (3,2) */
        assert_close(cimag(c[0]) / eps, 0, 0);
        assert_close(cimag(c[1]) / eps, 2, 1e-15);     /* a00 db01 */
        assert_close(cimag(c[2]) / eps, 1, 1e-15);     /* da10 b00 */
        assert_close(cimag(c[3]) / eps, 2 + 8, 1e-15); /* da10 b01 + a10 db01 */
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_agree_with_the_reference),
        cmocka_unit_test(the_bits_do_not_depend_on_the_threads),
        cmocka_unit_test(many_rows_come_in_groups),
        cmocka_unit_test(few_columns_have_long_sums),
        cmocka_unit_test(few_rows_meet_a_large_transpose),
        cmocka_unit_test(duals_carry_the_derivative),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
