/* tables.c: what was measured, table by table. */
#include "page.h"

#include <math.h>
#include <string.h>

static const cJSON *table(const page *p, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(p->all, name);
}

static bool head(page *p, const char *title, const char *about, const cJSON *rows) {
    fprintf(p->out, "\n## %s\n%s%s\n", title, about, *about ? "\n" : "");
    if (!rows) fputs("Not measured in this run.\n", p->out);
    return rows != NULL;
}

static void machine(page *p) {
    static const char *const lines[][2] = {
        {"cpu", "processor"},   {"caches", "caches"},    {"architecture", "architecture"},
        {"os", "system"},       {"kernel", "kernel"},    {"compiler", "compiler"},
        {"simd", "SIMD level"}, {"blas", "BLAS"},        {"blas_kernels", "BLAS kernels"},
        {"date", "date"},       {"revision", "revision"}};
    const cJSON *m = table(p, "machine");
    if (!head(p, "Machine", "", m)) return;
    fputs("| | |\n|---|---|\n", p->out);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (*page_text(m, lines[i][0]))
            fprintf(p->out, "| %s | %s |\n", lines[i][1], page_text(m, lines[i][0]));
    fprintf(p->out, "| cores |");
    page_cell(p, "%.0f", page_number(m, "cores"));
    fprintf(p->out, "\n| load average at the start |");
    page_cell(p, "%.1f", page_number(m, "load_average"));
    const char *torch = page_text(table(p, "pytorch-1"), "version");
    fprintf(p->out, "\n| PyTorch | %s |\n", *torch ? torch : "absent (Debian: python3-torch)");
}

static void network_cell(page *p, const cJSON *row) {
    fprintf(p->out, "| %s", page_text(row, "model"));
    if (*page_text(row, "activation")) fprintf(p->out, " %s", page_text(row, "activation"));
    if (*page_text(row, "optimizer")) fprintf(p->out, ", %s", page_text(row, "optimizer"));
    fprintf(p->out, ", %.0f |", page_number(row, "batch"));
}

static void steps(page *p, int threads) {
    char name[32], title[64];
    snprintf(name, sizeof name, "pytorch-%d", threads);
    const cJSON *torch = cJSON_GetObjectItemCaseSensitive(table(p, name), "networks"), *row;
    snprintf(name, sizeof name, "step-%d", threads);
    snprintf(title, sizeof title, "Training steps, %d thread%s", threads, threads > 1 ? "s" : "");
    if (!head(p, title,
              "Microseconds for forward, backward and update of a network with a batch. `by hand`: the "
              "same step in C with the same BLAS; ratios say how many times as long the other takes, above "
              "1 we are faster. `products`: the matrix products alone, as a share of our step. `recorded`: "
              "the tape recorded anew in every step.",
              table(p, name)))
        return;
    if (threads > 1)
        fputs("`one thread`: our own step on one thread, taking turns with these; the step by hand always "
              "runs on one.\n\n",
              p->out);
    fprintf(p->out,
            "| network, batch | replay | spread | by hand | ratio | PyTorch | spread | ratio | recorded | "
            "products |%s\n|---|---|---|---|---|---|---|---|---|---|%s\n",
            threads > 1 ? " one thread | ratio |" : "", threads > 1 ? "---|---|" : "");
    cJSON_ArrayForEach(row, table(p, name)) {
        const cJSON *t = page_network(torch, page_text(row, "model"), page_number(row, "batch"));
        double ours = page_number(row, "replay/median_us"), hand = page_number(row, "by_hand/median_us"),
               theirs = page_number(t, "median_us");
        network_cell(p, row);
        page_us(p, ours);
        page_spread(p, page_number(row, "replay/min_us"), page_number(row, "replay/max_us"));
        page_us(p, hand);
        page_cell(p, "%.2f", hand / ours);
        page_us(p, theirs);
        page_spread(p, page_number(t, "min_us"), page_number(t, "max_us"));
        page_cell(p, "%.2f", theirs / ours);
        page_us(p, page_number(row, "record/median_us"));
        page_cell(p, "%.0f %%", 100 * page_number(row, "products/median_us") / ours);
        if (threads > 1) {
            page_us(p, page_number(row, "one_thread/median_us"));
            page_cell(p, "%.2f", page_number(row, "one_thread/median_us") / ours);
        }
        fputc('\n', p->out);
    }
}

static void scalar_ops(page *p) {
    const cJSON *row;
    if (!head(p, "Scalar ops",
              "Nanoseconds for one op, forward and backward, in chains of a thousand: recorded and "
              "differentiated eagerly, and replayed; medians, and the least of nine.",
              table(p, "record")))
        return;
    fputs("| op | record | least | replay | least | PyTorch, eager |\n|---|---|---|---|---|---|\n", p->out);
    cJSON_ArrayForEach(row, table(p, "record")) {
        const char *op = page_text(row, "op");
        fprintf(p->out, "| %s |", op);
        page_cell(p, "%.1f", page_number(row, "record_ns"));
        page_cell(p, "%.1f", page_number(row, "record_min_ns"));
        page_cell(p, "%.1f", page_number(row, "replay_ns"));
        page_cell(p, "%.1f", page_number(row, "replay_min_ns"));
        page_cell(p, "%.0f",
                  strcmp(op, "tanh") == 0 ? page_number(table(p, "pytorch-1"), "scalar_op_ns") : NAN);
        fputc('\n', p->out);
    }
}

static void element_ops(page *p) {
    const cJSON *row;
    if (!head(
            p, "Ops on a million elements",
            "Microseconds forward and backward, f32, one thread; PyTorch takes turns with us. `loops`: "
            "plain loops in C for relu alone, which move the memory that each of these ops must move: no op "
            "can be much faster.",
            table(p, "ops")))
        return;
    fputs("| op | ours | spread | loops | PyTorch | spread | ratio |\n|---|---|---|---|---|---|---|\n",
          p->out);
    cJSON_ArrayForEach(row, table(p, "ops")) {
        double ours = page_number(row, "median_us"), theirs = page_number(row, "pytorch_median_us");
        fprintf(p->out, "| %s |", page_text(row, "op"));
        page_us(p, ours);
        page_spread(p, page_number(row, "min_us"), page_number(row, "max_us"));
        page_us(p, page_number(row, "loops_median_us"));
        page_us(p, theirs);
        page_spread(p, page_number(row, "pytorch_min_us"), page_number(row, "pytorch_max_us"));
        page_cell(p, "%.2f", theirs / ours);
        fputc('\n', p->out);
    }
}

static void products(page *p) {
    static const char *const kinds[] = {"ours_us", "blas_us", "openblas_us"};
    const cJSON *row;
    if (!head(p, "Matrix products",
              "GFLOP/s in f32, one thread, the least disturbed round of each: our own tiles, the BLAS of "
              "this build and OpenBLAS where it is installed. t: the operand is transposed, n: it is not.",
              table(p, "products")))
        return;
    fprintf(p->out, "| m x n x k | | ours | %s | OpenBLAS | ours / best other |\n|---|---|---|---|---|---|\n",
            page_text(table(p, "machine"), "blas"));
    cJSON_ArrayForEach(row, table(p, "products")) {
        double m = page_number(row, "m"), n = page_number(row, "n"), k = page_number(row, "k"), rate[3];
        fprintf(p->out, "| %.0f x %.0f x %.0f | %s |", m, n, k, page_text(row, "transposed"));
        for (int i = 0; i < 3; i++)
            page_cell(p, "%.1f", rate[i] = 2e-3 * m * n * k / page_number(row, kinds[i]));
        page_cell(p, "%.2f", rate[0] / fmax(rate[1], rate[2]));
        fputc('\n', p->out);
    }
}

static void memory(page *p) {
    const cJSON *row;
    if (!head(p, "Memory of a training step",
              "`peak`: resident memory of the whole process, the program and its libraries among it. "
              "`needed`: parameters, gradients, optimiser state, batch, hidden layers and logits in f32, "
              "computed. Allocations are those of the library in a step.",
              table(p, "memory")))
        return;
    fputs("| network, batch | peak, MB | needed, MB | ratio | allocations |\n|---|---|---|---|---|\n",
          p->out);
    cJSON_ArrayForEach(row, table(p, "memory")) {
        double peak = page_number(row, "peak_rss_bytes"),
               needed = page_bytes_needed(page_text(row, "model"), page_text(row, "optimizer"),
                                          page_number(row, "batch"));
        network_cell(p, row);
        page_cell(p, "%.1f", peak / 1e6);
        page_cell(p, "%.1f", needed / 1e6);
        page_cell(p, "%.2f", peak / needed);
        page_cell(p, "%.0f", page_number(row, "allocations_per_step"));
        fputc('\n', p->out);
    }
}

static void latency(page *p) {
    static const char *const percentiles[] = {"latency_us/p50", "latency_us/p90", "latency_us/p99",
                                              "latency_us/p99.9"};
    const cJSON *row;
    if (!head(p, "Inference",
              "Microseconds of single calls, forward only, one thread; percentiles of up to 10000 calls.",
              table(p, "latency")))
        return;
    fputs("| network, batch | median | p90 | p99 | p99.9 | peak, MB |\n|---|---|---|---|---|---|\n", p->out);
    cJSON_ArrayForEach(row, table(p, "latency")) {
        fprintf(p->out, "| %s, %.0f |", page_text(row, "model"), page_number(row, "batch"));
        for (int i = 0; i < 4; i++) page_us(p, page_number(row, percentiles[i]));
        page_cell(p, "%.1f", page_number(row, "peak_rss_bytes") / 1e6);
        fputc('\n', p->out);
    }
}

static double time_of(const cJSON *row) {
    return page_number(row, "forward_us") + page_number(row, "backward_us");
}

static void where(page *p) {
    const cJSON *network, *row;
    if (!head(p, "Where time goes",
              "Microseconds of each kind of op in a training step, timed one at a time "
              "(inspect/profile.h): a replay, which fuses ops, takes less than their sum. The update is "
              "not among them.",
              table(p, "where")))
        return;
    fputs("| network, batch | op | nodes | forward | backward | share |\n|---|---|---|---|---|---|\n",
          p->out);
    cJSON_ArrayForEach(network, table(p, "where")) {
        const cJSON *ops = cJSON_GetObjectItemCaseSensitive(network, "ops");
        double total = 0;
        cJSON_ArrayForEach(row, ops) total += time_of(row);
        cJSON_ArrayForEach(row, ops) {
            network_cell(p, network);
            fprintf(p->out, " %s |", page_text(row, "op"));
            page_cell(p, "%.0f", page_number(row, "calls"));
            page_us(p, page_number(row, "forward_us"));
            page_us(p, page_number(row, "backward_us"));
            page_cell(p, "%.1f %%", 100 * time_of(row) / total);
            fputc('\n', p->out);
        }
    }
}

static void curves(page *p) {
    fputs("\n## Scaling\n", p->out);
    if (p->has_picture)
        fputs("![Time of a step over batch, width, depth and threads](benchmarks/curves.svg)\n"
              "\n"
              "Median and spread of five repetitions; the numbers: [curves.csv](benchmarks/curves.csv), "
              "the script: [curves.gp](../bench/curves.gp).\n",
              p->out);
    else
        fputs("\nNot measured in this run, or gnuplot was absent.\n", p->out);
}

void page_tables(page *p) {
    machine(p);
    steps(p, 1);
    steps(p, 2);
    scalar_ops(p);
    element_ops(p);
    products(p);
    memory(p);
    latency(p);
    where(p);
    curves(p);
}
