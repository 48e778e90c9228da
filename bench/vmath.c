/* vmath.c: the speed of the mathematical functions of kernels, per SIMD level, beside calls of libm one by
   one. bench_vmath [--json] [elements]; rounds are interleaved, and the median of nine is printed. */
#include "core/vmath.h"
#include "core/cpu.h"
#include "tapegrad.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 9
#define LEVELS 3

static bool json;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* One by one: called through a volatile pointer, so that no compiler turns it into vectors. */
#define SCALAR(name)                                                                                         \
    static void scalar_##name(int64_t n, const void *from, void *to) {                                       \
        double (*volatile f)(double) = name;                                                                 \
        const double *x = from;                                                                              \
        double *y = to;                                                                                      \
        for (int64_t i = 0; i < n; i++) y[i] = f(x[i]);                                                      \
    }                                                                                                        \
    static void scalar_##name##f(int64_t n, const void *from, void *to) {                                    \
        float (*volatile f)(float) = name##f;                                                                \
        const float *x = from;                                                                               \
        float *y = to;                                                                                       \
        for (int64_t i = 0; i < n; i++) y[i] = f(x[i]);                                                      \
    }
TG_MATH(SCALAR)
#define ENTRY(name) {#name, scalar_##name##f}, {#name, scalar_##name},
static const tg_vmath scalars[] = {TG_MATH(ENTRY){0}};

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *times) {
    qsort(times, ROUNDS, sizeof *times, by_value);
    return times[ROUNDS / 2];
}

static const tg_vmath *scalar_of(const char *name, tg_dtype dtype) {
    for (const tg_vmath *s = scalars; s->name; s += 2)
        if (strcmp(s->name, name) == 0) return s + (dtype == TG_F64);
    return NULL;
}

static void measure(tg_dtype dtype, int f, int64_t n, const void *x, void *y) {
    double times[LEVELS + 1][ROUNDS];
    const tg_vmath *run[LEVELS + 1] = {NULL};
    for (int level = 0; level < LEVELS; level++) {
        const tg_vmath *table = tg_vmath_of(dtype, level);
        run[level] = table ? table + f : NULL;
    }
    run[LEVELS] = scalar_of(run[0]->name, dtype);
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i <= LEVELS; i++) {
            if (!run[i]) continue;
            double start = now();
            run[i]->run(n, x, y);
            times[i][round] = (now() - start) / (double)n;
        }
    static bool later;
    static const char *const columns[] = {"level0_ns", "level1_ns", "level2_ns", "libm_ns"};
    if (json)
        printf("%s{\"function\": \"%s\", \"dtype\": \"%s\"", later ? ",\n" : "[\n", run[0]->name,
               tg_dtype_name(dtype));
    else
        printf("%-8s %-4s", run[0]->name, tg_dtype_name(dtype));
    later = true;
    for (int i = 0; i <= LEVELS; i++)
        if (run[i])
            json ? printf(", \"%s\": %.4f", columns[i], median(times[i]))
                 : printf(" %8.3f", median(times[i]));
        else if (!json)
            printf(" %8s", "-");
    putchar(json ? '}' : '\n');
}

int main(int argc, char **argv) {
    json = argc > 1 && strcmp(argv[1], "--json") == 0;
    int64_t n = argc > 1 + json ? atoll(argv[1 + json]) : 1000000;
    if (n < 1) return fprintf(stderr, "usage: bench_vmath [--json] [elements]\n"), 2;
    n = (n + 15) / 16 * 16; /* as ops give them to kernels */
    float *x = malloc((size_t)n * sizeof *x), *y = malloc((size_t)n * sizeof *y);
    double *dx = malloc((size_t)n * sizeof *dx), *dy = malloc((size_t)n * sizeof *dy);
    if (!x || !y || !dx || !dy) return fprintf(stderr, "out of memory\n"), 1;
    for (int64_t i = 0; i < n; i++) x[i] = (float)(dx[i] = 0.01 + 4.0 * (double)i / (double)n);
    if (!json) {
        printf("ns per element, %lld elements, vector library: %s\n", (long long)n, tg_vmath_library());
        printf("%-8s %-4s %8s %8s %8s %8s\n", "function", "", "level 0", "level 1", "level 2", "libm");
    }
    const tg_vmath *table = tg_vmath_of(TG_F32, 0);
    for (int f = 0; table[f].name; f++) {
        measure(TG_F32, f, n, x, y);
        measure(TG_F64, f, n, dx, dy);
    }
    if (json) printf("\n]\n");
    free(x), free(y), free(dx), free(dy);
    return 0;
}
