/* ulp.c: the largest error of the mathematical functions of kernels over floats, per SIMD level, in units in
   the last place, against libm in double. bench_ulp [step [function]] looks at every step'th of all bit patterns
   (1009; with 1, all 2^32, some twenty minutes) and prints the table of docs/vector-math.md, or the function's row.
   Denormal results are left out. */
#include "core/cpu.h"
#include "core/vmath.h"
#include "tapegrad.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N      8192
#define LEVELS 3

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}
static double power(double x) {
    return pow(x, (double)1.7f);
}

static const struct {
    const char *name;
    double (*f)(double);
} exact[] = {{"exp", exp},   {"expm1", expm1},     {"log", log},      {"log1p", log1p},
             {"sqrt", sqrt}, {"sin", sin},         {"cos", cos},      {"tanh", tanh},
             {"erf", erf},   {"sigmoid", sigmoid}, {"op_tanh", tanh}, {"pow", power}};

typedef struct worst {
    double ulp;
    float at;
    long special; /* NaN and infinity that are not the exact result's, or the reverse */
} worst;

static double ulp_error(double y, double e) {
    int exponent = e == 0 ? -125 : ilogb(e) + 1;
    if (exponent < -125) exponent = -125;
    return fabs(y - e) * ldexp(1, 24 - exponent);
}

static void compare(const float *x, const float *y, const double *e, worst *w) {
    for (int i = 0; i < N; i++) {
        float rounded = (float)e[i];
        if (!isfinite(rounded) || !isfinite(y[i])) {
            w->special += !(isnan(rounded) ? isnan(y[i]) : rounded == y[i]);
            continue;
        }
        if (fabs(e[i]) < 0x1p-126) continue;
        double error = ulp_error((double)y[i], e[i]);
        if (error > w->ulp) *w = (worst){error, x[i], w->special};
    }
}

static void sweep(double (*f)(double), int function, uint32_t step, worst *w) {
    static float x[N], y[N];
    static double e[N];
    for (uint64_t bits = 0; bits <= UINT32_MAX;) {
        for (int i = 0; i < N; i++, bits += step) memcpy(&x[i], &(uint32_t){(uint32_t)bits}, 4);
        for (int i = 0; i < N; i++) e[i] = f((double)x[i]);
        for (int level = 0; level < LEVELS; level++) {
            const tg_vmath *table = tg_vmath_of(TG_F32, level);
            if (!table) continue;
            table[function].run(N, x, y);
            compare(x, y, e, &w[level]);
        }
    }
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--json") == 0) argv++, argc--; /* its table is text for the docs alone */
    uint32_t step = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1009;
    if (!step) return fprintf(stderr, "usage: bench_ulp [step [function]]\n"), 2;
    const tg_vmath *table = tg_vmath_of(TG_F32, 0);
    printf("vector library: %s, every %u'th float\n", tg_vmath_library(), step);
    for (int i = 0; table[i].name; i++) {
        if (argc > 2 && strcmp(table[i].name, argv[2]) != 0) continue;
        for (size_t k = 0; k < sizeof exact / sizeof *exact; k++) {
            if (strcmp(table[i].name, exact[k].name) != 0) continue;
            worst w[LEVELS] = {{0}};
            sweep(exact[k].f, i, step, w);
            printf("| %s |", table[i].name);
            for (int level = 0; level < LEVELS; level++)
                printf(" %.2f at %.6g%s |", w[level].ulp, (double)w[level].at,
                       w[level].special ? " (!)" : "");
            printf("\n");
            fflush(stdout);
        }
    }
    return 0;
}
