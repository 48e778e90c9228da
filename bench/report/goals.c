/* goals.c: the figures that the project set out to reach, beside what was measured. */
#include "page.h"

#include <math.h>
#include <string.h>

/* The networks, how many times as fast as PyTorch a step should be, and how many times as fast DyNet's was. */
static const struct {
    const char *model;
    double batch, faster, dynet;
    bool large; /* two threads should pay */
} networks[] = {
    {"784-64-10", 100, 2.2, 275 / 159.0, false},      {"784-256-10", 10000, 1.6, 77600 / 55700.0, true},
    {"784-32-32-10", 1, 15, 94 / 8.0, false},         {"2-50-2", 10, 45, 59 / 3.2, false},
    {"3072-3072-10", 64, 2.4, 44800 / 29100.0, true}, {"3072-512-512-512-10", 32, 2.5, 6900 / 5130.0, true},
};
#define NETWORKS (sizeof networks / sizeof *networks)

typedef enum relation { AT_LEAST, AT_MOST } relation;

static void goal(page *p, const char *what, const char *of, relation r, double wanted, double measured) {
    bool reached = r == AT_LEAST ? measured >= wanted : measured <= wanted;
    fprintf(p->out, "| %s%s%s | %s %.3g |", what, *of ? ": " : "", of, r == AT_LEAST ? "at least" : "at most",
            wanted);
    page_cell(p, "%.3g", measured);
    fprintf(p->out, " %s |\n",
            !isfinite(measured) ? "not measured"
            : page_is_quick(p)  ? "not judged"
            : reached           ? "reached"
                                : "**missed**");
}

static const cJSON *table(const page *p, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(p->all, name);
}

static double step(const page *p, const char *run, size_t i, const char *path) {
    return page_number(page_network(table(p, run), networks[i].model, networks[i].batch), path);
}

static double pytorch(const page *p, size_t i) {
    const cJSON *steps = cJSON_GetObjectItemCaseSensitive(table(p, "pytorch-1"), "networks");
    return page_number(page_network(steps, networks[i].model, networks[i].batch), "median_us");
}

static void against_others(page *p) {
    for (size_t i = 0; i < NETWORKS; i++)
        goal(p, "times as fast as PyTorch", networks[i].model, AT_LEAST, networks[i].faster,
             pytorch(p, i) / step(p, "step-1", i, "replay/median_us"));
    for (size_t i = 0; i < NETWORKS; i++)
        goal(p, "recorded anew, times as fast as PyTorch (DyNet's factor)", networks[i].model, AT_LEAST,
             networks[i].dynet, pytorch(p, i) / step(p, "step-1", i, "record/median_us"));
    for (size_t i = 0; i < NETWORKS; i++) {
        double ours = step(p, "step-1", i, "replay/median_us");
        goal(p, "time relative to the step by hand", networks[i].model, AT_MOST, ours > 100 ? 1.03 : 1.2,
             ours / step(p, "step-1", i, "by_hand/median_us"));
    }
}

/* The least time of any library for a product, microseconds. */
static double best_product(const cJSON *products, int m, int n, int k, const char *kind) {
    const cJSON *row;
    cJSON_ArrayForEach(row, products) {
        if (page_number(row, "m") == m && page_number(row, "n") == n && page_number(row, "k") == k &&
            strcmp(page_text(row, "transposed"), kind) == 0)
            return fmin(page_number(row, "ours_us"),
                        fmin(page_number(row, "blas_us"), page_number(row, "openblas_us")));
    }
    return NAN;
}

static void products(page *p) {
    const cJSON *t = table(p, "products");
    const size_t i = 4;
    double inside = step(p, "step-1", i, "products/median_us");
    double best = best_product(t, 64, 3072, 3072, "nn") + best_product(t, 64, 10, 3072, "nn") +
                  best_product(t, 3072, 3072, 64, "tn") + best_product(t, 3072, 10, 64, "tn") +
                  best_product(t, 64, 3072, 10, "nt");
    goal(p, "share of the step inside matrix products", networks[i].model, AT_LEAST, 0.9,
         inside / step(p, "step-1", i, "replay/median_us"));
    goal(p, "rate of its products relative to the best measured for their shapes", networks[i].model,
         AT_LEAST, 0.9, best / inside);
}

static void ops(page *p) {
    const cJSON *row;
    cJSON_ArrayForEach(row, table(p, "record")) {
        goal(p, "least ns for a scalar op recorded, forward and backward", page_text(row, "op"), AT_MOST, 60,
             page_number(row, "record_min_ns"));
        goal(p, "least ns for a scalar op replayed, forward and backward", page_text(row, "op"), AT_MOST, 15,
             page_number(row, "replay_min_ns"));
    }
    cJSON_ArrayForEach(row, table(p, "ops")) {
        const char *op = page_text(row, "op");
        goal(p, "times as fast as PyTorch on a million elements", op, AT_LEAST,
             strcmp(op, "dropout") == 0 ? 20 : 2,
             page_number(row, "pytorch_median_us") / page_number(row, "median_us"));
    }
}

static void threads(page *p) {
    for (size_t i = 0; i < NETWORKS; i++)
        goal(p,
             networks[i].large ? "two threads, times as fast as one"
                               : "two threads, never slower than one (5 % for noise)",
             networks[i].model, AT_LEAST, networks[i].large ? 1.7 : 0.95,
             step(p, "step-2", i, "one_thread/median_us") / step(p, "step-2", i, "replay/median_us"));
}

static void size(page *p) {
    const cJSON *row = page_network(table(p, "memory"), "784-256-10", 10000);
    goal(p, "peak memory relative to the bytes needed", "784-256-10", AT_MOST, 1.3,
         page_number(row, "peak_rss_bytes") / page_bytes_needed("784-256-10", "sgd", 10000));
    goal(p, "ms from the start of `tapegrad info` to its end", "", AT_MOST, 5,
         page_number(table(p, "start"), "info_median_us") / 1000);
    goal(p, "MB of the stripped shared library", "", AT_MOST, 1,
         page_number(table(p, "start"), "library_bytes") / 1e6);
}

void page_goals(page *p) {
    fputs("\n"
          "## Goals\n"
          "One thread unless said. What was set out to be reached, and what this run measured. DyNet "
          "itself is not run here: its factor against PyTorch was measured once, on an idle AVX-512 "
          "machine.\n"
          "\n"
          "| what | wanted | measured | |\n"
          "|---|---|---|---|\n",
          p->out);
    against_others(p);
    products(p);
    ops(p);
    threads(p);
    size(p);
}
