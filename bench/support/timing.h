/* timing.h: what every benchmark does with a clock. */
#ifndef TG_BENCH_SUPPORT_TIMING_H
#define TG_BENCH_SUPPORT_TIMING_H

#include <stdbool.h>

/* Whether TAPEGRAD_BENCH_QUICK is set: every measurement gets a tenth of its time. That shows whether the
   programs work; the numbers mean little. */
bool bench_quick(void);

/* Microseconds on a clock that only goes forward. */
double bench_now(void);

typedef struct bench_times {
    double median, min, max; /* microseconds */
    int repetitions;
} bench_times;

/* Median and spread of n times, which are sorted in place. */
bench_times bench_summary(double *times, int n);

/* One of several things that are timed in turn, so that a change of the machine's speed meets all alike. */
typedef struct bench_job {
    void (*run)(void *context);
    void *context;
    int calls;     /* of run in one repetition; 0: as many as take `slice` microseconds */
    double *times; /* room for one number per repetition: microseconds per call */
} bench_job;

/* Warms every job up, then runs them in turn, `repetitions` times. */
void bench_interleave(bench_job *jobs, int count, int repetitions, double slice);

#endif
