/* where.c: where the time of a training step goes, op by op. bench_where [--json]; ops are timed one at a
   time (inspect/profile.h), so that their sum is more than a replay, which fuses them, takes. */
#include "support/network.h"
#include "support/timing.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const bench_network_spec networks[] = {
    {"784-64-10", "relu", "sgd", 100, 1, TG_F32, BENCH_TRAIN},
    {"784-256-10", "sigmoid", "sgd", 1000, 1, TG_F32, BENCH_TRAIN},
    {"3072-512-512-512-10", "leaky_relu", "adam", 32, 1, TG_F32, BENCH_TRAIN},
};
#define NETWORKS ((int)(sizeof networks / sizeof *networks))
#define KINDS    32

typedef struct share {
    const char *op;
    int calls;
    double forward, backward; /* seconds */
} share;

static int by_time(const void *a, const void *b) {
    const share *x = a, *y = b;
    double d = y->forward + y->backward - x->forward - x->backward;
    return (d > 0) - (d < 0);
}

/* The rows of a profile, summed by op, the slowest first. */
static int by_op(const tg_profile *p, share *shares) {
    int n = 0;
    for (int i = 0; i < p->count; i++) {
        const tg_profile_row *row = &p->rows[i];
        int k = 0;
        if (!*row->op) continue;
        while (k < n && strcmp(shares[k].op, row->op) != 0) k++;
        if (k == KINDS) continue;
        if (k == n) shares[n++] = (share){.op = row->op};
        shares[k].calls++;
        shares[k].forward += row->forward;
        shares[k].backward += row->backward;
    }
    qsort(shares, (size_t)n, sizeof *shares, by_time);
    return n;
}

static void add_json(cJSON *table, const bench_network_spec *s, const share *shares, int n) {
    cJSON *o = cJSON_CreateObject(), *rows;
    cJSON_AddItemToArray(table, o);
    cJSON_AddStringToObject(o, "model", s->model);
    cJSON_AddNumberToObject(o, "batch", (double)s->batch);
    rows = cJSON_AddArrayToObject(o, "ops");
    for (int i = 0; i < n; i++) {
        cJSON *row = cJSON_CreateObject();
        cJSON_AddItemToArray(rows, row);
        cJSON_AddStringToObject(row, "op", shares[i].op);
        cJSON_AddNumberToObject(row, "calls", shares[i].calls);
        cJSON_AddNumberToObject(row, "forward_us", shares[i].forward * 1e6);
        cJSON_AddNumberToObject(row, "backward_us", shares[i].backward * 1e6);
    }
}

static bool measure(const bench_network_spec *s, cJSON *table, bool json) {
    share shares[KINDS];
    tg_status status = {0};
    bench_network *b = bench_network_new(*s, &status);
    if (b) bench_network_step(b);
    tg_profile *p =
        b ? tg_profile_new(b->loss, (tg_profile_spec){.repetitions = bench_quick() ? 3 : 0}, &status) : NULL;
    if (p) {
        int n = by_op(p, shares);
        add_json(table, s, shares, n);
        for (int i = 0; i < n && !json; i++)
            printf("%-20s %6lld %-16s %4d %10.1f %10.1f\n", s->model, (long long)s->batch, shares[i].op,
                   shares[i].calls, shares[i].forward * 1e6, shares[i].backward * 1e6);
    } else {
        fprintf(stderr, "bench_where: %s\n", status.message);
    }
    tg_profile_free(p);
    bench_network_free(b);
    return p != NULL;
}

int main(int argc, char **argv) {
    const bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
    if (argc > 1 + json) return fprintf(stderr, "usage: bench_where [--json]\n"), 2;
    cJSON *table = cJSON_CreateArray();
    bool ok = true;
    if (!json)
        printf("%-20s %6s %-16s %4s %10s %10s\n", "network", "batch", "op", "", "forward", "backward, us");
    for (int i = 0; i < NETWORKS; i++) ok = measure(&networks[i], table, json) && ok;
    char *text = json ? cJSON_Print(table) : NULL;
    if (text) puts(text);
    free(text);
    cJSON_Delete(table);
    return !ok;
}
