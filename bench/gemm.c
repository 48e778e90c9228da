/* gemm.c: matrix products of the shapes that networks have: our own against the BLAS that the library was
   built with and against OpenBLAS, if it is installed, in one interleaved run. The least disturbed of nine
   rounds counts. bench_gemm [--json] [--f64] [--threads N] [M N K nn|nt|tn|tt] */
#include "support/timing.h"

#include "core/blas.h"
#include "core/cpu.h"
#include "tapegrad.h"
#include "tg_config.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 9

typedef void gemm32(int threads, bool ta, bool tb, int64_t m, int64_t n, int64_t k, const float *a,
                    int64_t lda, const float *b, int64_t ldb, int beta, float *c, int64_t ldc);
typedef void gemm64(int threads, bool ta, bool tb, int64_t m, int64_t n, int64_t k, const double *a,
                    int64_t lda, const double *b, int64_t ldb, int beta, double *c, int64_t ldc);
#define DECLARE(level, unused)                                                                               \
    gemm32 tg_gemm_f32##level;                                                                               \
    gemm64 tg_gemm_f64##level;
TG_LEVELS(DECLARE, )
#define NAMES32(level, unused) tg_gemm_f32##level,
#define NAMES64(level, unused) tg_gemm_f64##level,
static gemm32 *const ours32[] = {TG_LEVELS(NAMES32, )};
static gemm64 *const ours64[] = {TG_LEVELS(NAMES64, )};

/* CBLAS: 101 is row-major, 111 and 112 are not transposed and transposed. */
typedef void cblas32(int, int, int, int, int, int, float, const float *, int, const float *, int, float,
                     float *, int);
typedef void cblas64(int, int, int, int, int, int, double, const double *, int, const double *, int, double,
                     double *, int);
static cblas32 *other32;
static cblas64 *other64;

typedef struct shape {
    int m, n, k;
    const char *kind; /* n or t for each operand */
} shape;

static const shape shapes[] = {
    {100, 64, 784, "nn"},   {784, 64, 100, "tn"},    {100, 64, 10, "nt"},      {100, 10, 64, "nn"},
    {64, 10, 100, "tn"},    {10, 50, 2, "nn"},       {10, 2, 50, "nn"},        {50, 2, 10, "tn"},
    {2, 50, 10, "tn"},      {10, 50, 2, "nt"},       {1, 32, 784, "nn"},       {784, 32, 1, "tn"},
    {1, 32, 32, "nn"},      {32, 32, 1, "tn"},       {1, 32, 32, "nt"},        {1, 10, 32, "nn"},
    {1, 32, 10, "nt"},      {1, 784, 32, "nt"},      {100, 64, 784, "nt"},     {100, 784, 64, "nt"},
    {32, 512, 3072, "nn"},  {3072, 512, 32, "tn"},   {32, 512, 512, "nn"},     {32, 512, 512, "nt"},
    {512, 512, 32, "tn"},   {32, 10, 512, "nn"},     {512, 10, 32, "tn"},      {32, 512, 10, "nt"},
    {64, 3072, 3072, "nn"}, {3072, 3072, 64, "tn"},  {64, 10, 3072, "nn"},     {3072, 10, 64, "tn"},
    {64, 3072, 10, "nt"},   {10000, 256, 784, "nn"}, {784, 256, 10000, "tn"},  {10000, 10, 256, "nn"},
    {256, 10, 10000, "tn"}, {10000, 256, 10, "nt"},  {256, 256, 256, "nn"},    {256, 256, 256, "nt"},
    {256, 256, 256, "tn"},  {256, 256, 256, "tt"},   {1024, 1024, 1024, "nn"}, {1024, 1024, 1024, "nt"},
};

enum { OURS, BLAS, OPENBLAS, KINDS };
static bool f64, json;
static int threads = 1;

/* With one thread, the time that it had the processor: other programs may run. */
static double now(void) {
    struct timespec t;
    clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void call(int kind, const shape *s, const void *a, const void *b, void *c) {
    bool ta = s->kind[0] == 't', tb = s->kind[1] == 't';
    int lda = ta ? s->m : s->k, ldb = tb ? s->k : s->n, ca = 111 + ta, cb = 111 + tb, level = tg_simd_level();
    if (kind == OURS) {
        if (f64)
            ours64[level](threads, ta, tb, s->m, s->n, s->k, a, lda, b, ldb, 0, c, s->n);
        else
            ours32[level](threads, ta, tb, s->m, s->n, s->k, a, lda, b, ldb, 0, c, s->n);
    } else if (kind == BLAS) {
        if (f64)
            tg_blas_dgemm(threads, ta, tb, s->m, s->n, s->k, a, lda, b, ldb, 0, c, s->n);
        else
            tg_blas_sgemm(threads, ta, tb, s->m, s->n, s->k, a, lda, b, ldb, 0, c, s->n);
    } else {
        if (f64)
            other64(101, ca, cb, s->m, s->n, s->k, 1, a, lda, b, ldb, 0, c, s->n);
        else
            other32(101, ca, cb, s->m, s->n, s->k, 1, a, lda, b, ldb, 0, c, s->n);
    }
}

static void print_row(const shape *s, const double *times, double flops) {
    printf("%5d x %4d x %5d %s", s->m, s->n, s->k, s->kind);
    double best = 0, ours = 0;
    for (int kind = 0; kind < KINDS; kind++) {
        if (kind == OPENBLAS && !other32) continue;
        double rate = flops / times[kind];
        if (kind == OURS)
            ours = rate;
        else if (rate > best)
            best = rate;
        printf("  %10.3f us %6.1f", times[kind] / 1000, rate);
    }
    printf("  %5.2f\n", ours / best);
}

static void print_json(const shape *s, const double *times) {
    static bool later;
    printf("%s{\"m\": %d, \"n\": %d, \"k\": %d, \"transposed\": \"%s\", \"ours_us\": %.3f, \"blas_us\": %.3f",
           later ? ",\n" : "[\n", s->m, s->n, s->k, s->kind, times[OURS] / 1000, times[BLAS] / 1000);
    if (other32) printf(", \"openblas_us\": %.3f", times[OPENBLAS] / 1000);
    putchar('}');
    later = true;
}

static void measure(const shape *s, const void *a, const void *b, void *c) {
    double times[KINDS] = {0}, flops = 2.0 * s->m * s->n * s->k;
    int repeat = (int)(1e6 / flops) * 5 + 1, rounds = bench_quick() ? 1 : ROUNDS;
    for (int round = -1; round < rounds; round++)
        for (int kind = 0; kind < KINDS; kind++) {
            if (kind == OPENBLAS && !other32) continue;
            call(kind, s, a, b, c);
            double start = now();
            for (int i = 0; i < repeat; i++) call(kind, s, a, b, c);
            double t = (now() - start) / repeat;
            if (round <= 0 || t < times[kind]) times[kind] = t;
        }
    if (json)
        print_json(s, times);
    else
        print_row(s, times, flops);
}

/* ISO C has no conversion of dlsym's result to a function. */
static void find(void *library, const char *name, void *function) {
    void *found = dlsym(library, name);
    memcpy(function, &found, sizeof found);
}

/* OpenBLAS of 2022 knows no processor of after 2022 either: its best kernels are chosen for it, by the
   environment that the program is started with. */
static void choose_kernels(char **argv) {
    if (getenv("OPENBLAS_CORETYPE") || strcmp(tg_simd_name(), "v4") != 0) return;
    setenv("OPENBLAS_CORETYPE", "SkylakeX", 1);
    execv("/proc/self/exe", argv);
}

static void find_other(void) {
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    void (*set_threads)(int) = NULL;
    if (!library) return;
    find(library, "cblas_sgemm", &other32);
    find(library, "cblas_dgemm", &other64);
    find(library, "openblas_set_num_threads", &set_threads);
    if (set_threads) set_threads(threads);
    if (!other64) other32 = NULL;
}

static void print_head(void) {
    printf("%s, %d thread(s), level %s; BLAS: %s, %s\n", f64 ? "f64" : "f32", threads, tg_simd_name(),
           tg_blas_name(), tg_blas_kernels());
    printf("%23s  %20s  %20s  %20s  ours/best\n", "m x n x k", "ours: us, GFLOP/s", "BLAS",
           other32 ? "OpenBLAS" : "");
}

int main(int argc, char **argv) {
    shape one = {0};
    choose_kernels(argv);
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--f64"))
            f64 = true;
        else if (!strcmp(argv[i], "--json"))
            json = true;
        else if (!strcmp(argv[i], "--threads") && i + 1 < argc)
            threads = atoi(argv[++i]);
        else if (i + 3 < argc) {
            one = (shape){atoi(argv[i]), atoi(argv[i + 1]), atoi(argv[i + 2]), argv[i + 3]};
            i += 3;
        } else
            return fprintf(stderr, "usage: bench_gemm [--json] [--f64] [--threads N] [M N K nn|nt|tn|tt]\n"),
                   2;
    }
    find_other();
    size_t size = (size_t)10000 * 3072 * 8;
    void *a = malloc(size), *b = malloc(size), *c = malloc(size);
    if (!a || !b || !c) return fprintf(stderr, "out of memory\n"), 1;
    for (size_t i = 0; i < size / 8; i++)
        if (f64)
            ((double *)a)[i] = ((double *)b)[i] = (double)(i % 7);
        else
            ((float *)a)[i] = ((float *)b)[i] = ((float *)a)[size / 8 + i] = ((float *)b)[size / 8 + i] =
                (float)(i % 7);
    if (!json) print_head();
    if (one.m)
        measure(&one, a, b, c);
    else
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) measure(&shapes[i], a, b, c);
    if (json) printf("\n]\n");
    free(a), free(b), free(c);
    return 0;
}
