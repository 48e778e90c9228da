/* step.c: a training step of six networks: tapegrad's replay against the same step written by hand with the
   same BLAS, the products alone, recording anew, and, of several threads, one. bench_step [--json] [threads]; five or
   more interleaved repetitions, medians; a ratio below 1 means that tapegrad is faster. */
#include "support/by_hand.h"
#include "support/timing.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPETITIONS 9 /* 3 of a quick run */

typedef struct row {
    const char *model, *activation, *optimizer;
    int64_t batch;
} row;

static const row rows[] = {
    {"784-64-10", "relu", "sgd", 100},         {"784-256-10", "sigmoid", "sgd", 10000},
    {"784-32-32-10", "sigmoid", "sgd", 1},     {"2-50-2", "relu", "sgd", 10},
    {"3072-3072-10", "leaky_relu", "sgd", 64}, {"3072-512-512-512-10", "leaky_relu", "adam", 32},
};
#define ROWS ((int)(sizeof rows / sizeof *rows))

typedef struct result {
    bench_times replay, record, products, hand, one_thread;
} result;

static bench_network *network(const row *r, int threads, bench_mode mode) {
    tg_status status = {0};
    bench_network *b = bench_network_new(
        (bench_network_spec){r->model, r->activation, r->optimizer, r->batch, threads, TG_F32, mode},
        &status);
    if (!b) fprintf(stderr, "bench_step: %s\n", status.message);
    return b;
}

/* Both ways must compute the same: their losses agree after the same number of steps. */
static bool agree(bench_network *ours, by_hand *hand) {
    bench_network_step(ours);
    by_hand_step(hand);
    double a = tg_item(ours->loss), b = by_hand_loss(hand);
    if (fabs(a - b) <= 1e-4 * fabs(b)) return true;
    fprintf(stderr, "bench_step: losses %.7g and, by hand, %.7g differ\n", a, b);
    return false;
}

static bool measure(const row *r, int threads, result *out) {
    double times[5][REPETITIONS];
    bench_network *replay = network(r, threads, BENCH_TRAIN), *record = network(r, threads, BENCH_RECORD),
                  *products = network(r, threads, BENCH_PRODUCTS), *one = network(r, 1, BENCH_TRAIN);
    by_hand *hand = replay ? by_hand_new(replay) : NULL;
    bool ok = replay && record && products && one && hand && agree(replay, hand);
    if (ok) {
        const int repetitions = bench_quick() ? 3 : REPETITIONS;
        bench_job jobs[] = {{bench_network_step, replay, 0, times[0]},
                            {by_hand_step, hand, 0, times[1]},
                            {bench_network_step, record, 0, times[2]},
                            {bench_network_step, products, 0, times[3]},
                            {bench_network_step, one, 0, times[4]}};
        bench_interleave(jobs, threads > 1 ? 5 : 4, repetitions, 3e4);
        out->replay = bench_summary(times[0], repetitions);
        out->hand = bench_summary(times[1], repetitions);
        out->record = bench_summary(times[2], repetitions);
        out->products = bench_summary(times[3], repetitions);
        out->one_thread = threads > 1 ? bench_summary(times[4], repetitions) : out->replay;
    }
    bench_network_free(replay);
    bench_network_free(record);
    bench_network_free(products);
    bench_network_free(one);
    by_hand_free(hand);
    return ok;
}

static void add_times(cJSON *o, const char *name, bench_times t) {
    cJSON *x = cJSON_AddObjectToObject(o, name);
    cJSON_AddNumberToObject(x, "median_us", t.median);
    cJSON_AddNumberToObject(x, "min_us", t.min);
    cJSON_AddNumberToObject(x, "max_us", t.max);
    cJSON_AddNumberToObject(x, "repetitions", t.repetitions);
}

static void add_row(cJSON *table, const row *r, const result *x) {
    cJSON *o = cJSON_CreateObject();
    cJSON_AddItemToArray(table, o);
    cJSON_AddStringToObject(o, "model", r->model);
    cJSON_AddStringToObject(o, "activation", r->activation);
    cJSON_AddStringToObject(o, "optimizer", r->optimizer);
    cJSON_AddNumberToObject(o, "batch", (double)r->batch);
    add_times(o, "replay", x->replay);
    add_times(o, "by_hand", x->hand);
    add_times(o, "record", x->record);
    add_times(o, "products", x->products);
    add_times(o, "one_thread", x->one_thread);
    cJSON_AddNumberToObject(o, "ratio_to_by_hand", x->replay.median / x->hand.median);
}

static void print_row(const row *r, const result *x) {
    printf("%-20s %-10s %-4s %6lld %10.2f %10.2f %6.2f %10.2f %10.2f %4.0f %%\n", r->model, r->activation,
           r->optimizer, (long long)r->batch, x->replay.median, x->hand.median,
           x->replay.median / x->hand.median, x->record.median, x->products.median,
           100 * x->products.median / x->replay.median);
    fflush(stdout);
}

int main(int argc, char **argv) {
    bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
    int threads = argc > 1 + json ? atoi(argv[1 + json]) : 1, failed = 0;
    if (threads < 1) {
        fprintf(stderr, "usage: bench_step [--json] [threads]\n");
        return 2;
    }
    tg_blas_kernels();
    cJSON *table = cJSON_CreateArray();
    if (!json)
        printf("%d thread%s, %s, kernels %s; microseconds, medians of %d\n%-20s %-10s %-4s %6s %10s %10s %6s "
               "%10s %10s "
               "%6s\n",
               threads, threads > 1 ? "s" : "", tg_blas_name(), tg_blas_kernels(), REPETITIONS, "network", "",
               "", "batch", "replay", "by hand", "ratio", "record", "products", "share");
    for (int i = 0; i < ROWS; i++) {
        result x;
        if (!measure(&rows[i], threads, &x)) {
            failed = 1;
            continue;
        }
        if (json)
            add_row(table, &rows[i], &x);
        else
            print_row(&rows[i], &x);
    }
    char *text = json ? cJSON_Print(table) : NULL;
    if (text) puts(text);
    free(text);
    cJSON_Delete(table);
    return failed;
}
