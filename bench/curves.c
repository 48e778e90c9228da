/* curves.c: how the time of a training step grows with batch, width, depth and threads, as CSV for
   bench/curves.gp. bench_curves > curves.csv; medians with their spread, microseconds per step. */
#include "support/network.h"
#include "support/timing.h"

#include <stdio.h>
#include <unistd.h>

#define REPETITIONS 5
#define MOST        16 /* threads at most */

static bool point(const char *curve, long x, bench_network_spec spec) {
    double times[REPETITIONS];
    tg_status status = {0};
    spec.activation = "relu";
    spec.optimizer = "sgd";
    bench_network *b = bench_network_new(spec, &status);
    if (!b) {
        fprintf(stderr, "bench_curves: %s\n", status.message);
        return false;
    }
    bench_job job = {bench_network_step, b, 0, times};
    bench_interleave(&job, 1, REPETITIONS, 2e4);
    bench_times t = bench_summary(times, REPETITIONS);
    printf("%s,%ld,%s,%lld,%d,%.3f,%.3f,%.3f\n", curve, x, spec.model, (long long)spec.batch, spec.threads,
           t.median, t.min, t.max);
    fflush(stdout);
    bench_network_free(b);
    return true;
}

static bool over_batch(int threads, int step) {
    char curve[32];
    bool ok = true;
    snprintf(curve, sizeof curve, "batch-%d", threads);
    for (long batch = 1; batch <= 4096; batch *= step)
        ok = point(curve, batch,
                   (bench_network_spec){.model = "784-64-10", .batch = batch, .threads = threads}) &&
             ok;
    return ok;
}

static bool over_width(int threads, int step) {
    char curve[32], model[64];
    bool ok = true;
    snprintf(curve, sizeof curve, "width-%d", threads);
    for (long width = 8; width <= 2048; width *= step) {
        snprintf(model, sizeof model, "784-%ld-10", width);
        ok =
            point(curve, width, (bench_network_spec){.model = model, .batch = 100, .threads = threads}) && ok;
    }
    return ok;
}

static bool over_depth(int threads, int step) {
    char curve[32], model[128] = "256";
    size_t n = 3;
    bool ok = true;
    snprintf(curve, sizeof curve, "depth-%d", threads);
    for (long depth = 1, next = 1; depth < 16; depth++) {
        n += (size_t)snprintf(model + n, sizeof model - n, "-256");
        if (depth != next) continue;
        next *= step;
        ok = point(curve, depth, (bench_network_spec){.model = model, .batch = 64, .threads = threads}) && ok;
    }
    return ok;
}

static bool over_threads(const char *model, int64_t batch) {
    char curve[64];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    bool ok = true;
    snprintf(curve, sizeof curve, "threads-%s", model);
    for (int threads = 1; threads <= cores && threads <= MOST; threads++)
        ok =
            point(curve, threads, (bench_network_spec){.model = model, .batch = batch, .threads = threads}) &&
            ok;
    return ok;
}

int main(void) {
    const int step = bench_quick() ? 8 : 2;
    puts("curve,x,model,batch,threads,median_us,min_us,max_us");
    bool ok = true;
    for (int threads = 1; threads <= 2; threads++)
        ok = over_batch(threads, step) && over_width(threads, step) && over_depth(threads, step) && ok;
    ok = over_threads("784-64-10", 100) && over_threads("784-256-10", 1000) &&
         over_threads("3072-512-512-512-10", 32) && ok;
    return !ok;
}
