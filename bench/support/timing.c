#include "timing.h"

#include <stdlib.h>
#include <time.h>

bool bench_quick(void) {
    return getenv("TAPEGRAD_BENCH_QUICK") != NULL;
}

double bench_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

bench_times bench_summary(double *times, int n) {
    qsort(times, (size_t)n, sizeof *times, by_value);
    double middle = n % 2 ? times[n / 2] : 0.5 * (times[n / 2 - 1] + times[n / 2]);
    return (bench_times){middle, times[0], times[n - 1], n};
}

static double time_calls(const bench_job *job, int calls) {
    double start = bench_now();
    for (int i = 0; i < calls; i++) job->run(job->context);
    return bench_now() - start;
}

static int calls_for(const bench_job *job, double slice) {
    int calls = 1;
    double took = time_calls(job, 1);
    while (took < slice / 4 && calls < 1 << 20) took = time_calls(job, calls *= 2);
    double per_call = took / calls;
    double wanted = slice / (per_call > 0.01 ? per_call : 0.01);
    return wanted < 1 ? 1 : wanted > 1e7 ? 10000000 : (int)wanted;
}

void bench_interleave(bench_job *jobs, int count, int repetitions, double slice) {
    if (bench_quick()) slice /= 10;
    for (int j = 0; j < count; j++) {
        time_calls(&jobs[j], 2);
        if (jobs[j].calls <= 0) jobs[j].calls = calls_for(&jobs[j], slice);
    }
    for (int r = 0; r < repetitions; r++)
        for (int j = 0; j < count; j++)
            jobs[j].times[r] = time_calls(&jobs[j], jobs[j].calls) / jobs[j].calls;
}
