/* tapegrad bench: times a step of a network, or one op, on random data. */
#include "cli.h"
#include "support/network.h"
#include "support/timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPETITIONS   21
#define LATENCY_CALLS 10000
#define PERCENTILES   4
static const double percentiles[PERCENTILES] = {50, 90, 99, 99.9};

typedef struct settings {
    bench_network_spec network;
    const char *op;
    int64_t elements;
    bool json;
} settings;

static const struct argp_option options[] = {
    {"model", 'm', "SIZES", 0, "Sizes of the layers (784-64-10)", 1},
    {"activation", 'a', "NAME", 0, "Activation between them (relu)", 1},
    {"batch", 'b', "N", 0, "Examples in a step (100)", 1},
    {"optimizer", 'o', "NAME", 0, "sgd, momentum, nesterov, rmsprop, adam, adamw, adagrad (sgd)", 1},
    {"mode", 'M', "MODE", 0,
     "train: replay, backward, update (default); forward: replay for inference; record: as train, but the "
     "tape is "
     "recorded anew in every step",
     1},
    {"op", 'O', "NAME", 0, "Time one op, forward and backward, instead of a network", 2},
    {"elements", 'n', "N", 0, "Elements of its arguments (1000000)", 2},
    {"threads", 't', "N", 0, "Threads (1)", 3},
    {"dtype", 'd', "TYPE", 0, "f32 or f64 (f32)", 3},
    {"json", 'j', 0, 0, "One JSON object on standard output", 3},
    {0}};

static error_t parse(int key, char *arg, struct argp_state *state) {
    settings *s = state->input;
    switch (key) {
    case 'm':
        s->network.model = arg;
        return 0;
    case 'a':
        s->network.activation = arg;
        return 0;
    case 'o':
        s->network.optimizer = arg;
        return 0;
    case 'b':
        s->network.batch = tg_cli_integer(state, "--batch", arg, 1, 1 << 24);
        return 0;
    case 'n':
        s->elements = tg_cli_integer(state, "--elements", arg, 1, 1 << 28);
        return 0;
    case 't':
        s->network.threads = (int)tg_cli_integer(state, "--threads", arg, 1, 1024);
        return 0;
    case 'd':
        s->network.dtype = tg_cli_dtype(state, arg);
        return 0;
    case 'O':
        s->op = arg;
        return 0;
    case 'j':
        s->json = true;
        return 0;
    case 'M':
        if (strcmp(arg, "train") == 0)
            s->network.mode = BENCH_TRAIN;
        else if (strcmp(arg, "forward") == 0)
            s->network.mode = BENCH_FORWARD;
        else if (strcmp(arg, "record") == 0)
            s->network.mode = BENCH_RECORD;
        else
            argp_error(state, "--mode is '%s'; there are train, forward and record", arg);
        return 0;
    default:
        return tg_cli_other_key(key, arg, state);
    }
}

/* ---- counting the library's allocations ---- */

static int64_t allocations;

static void *counted(void *context, size_t size) {
    (void)context;
    allocations++;
    return calloc(1, size);
}

/* ---- an op ---- */

typedef struct op_bench {
    tg_tape *tape;
    tg_node *y;
} op_bench;

static void op_step(void *context) {
    op_bench *b = context;
    tg_replay(b->tape);
    tg_backward_from(b->y, NULL);
    tg_zero_grad(b->tape);
}

/* Random numbers from inside the op's domain; labels and indices are zero. */
static void fill(tg_node *x, tg_domain domain) {
    if (domain.low == 0 && domain.high == 0) domain = (tg_domain){-2, 2};
    tg_rng rng = {3, (uint64_t)tg_id(x), 0};
    for (int64_t i = 0; i < tg_size(x); i++) {
        double value = domain.low + (domain.high - domain.low) * tg_rng_uniform(&rng);
        if (tg_dtype_of(x) == TG_F32)
            ((float *)tg_value(x))[i] = (float)value;
        else if (tg_dtype_of(x) == TG_F64)
            ((double *)tg_value(x))[i] = value;
    }
}

static bool op_bench_new(op_bench *b, const settings *s, tg_status *status) {
    const tg_op *op = tg_op_find(s->op);
    if (!op) return tg_status_fail(status, "there is no op '%s'; `tapegrad ops` lists them", s->op);
    int nargs = op->arity == TG_VARIADIC ? 2 : op->arity;
    b->tape = tg_tape_new_spec((tg_tape_spec){.dtype = s->network.dtype, .threads = s->network.threads});
    /* Ops over rows and matrices get a square. */
    int64_t side = 1;
    while ((side + 1) * (side + 1) <= s->elements) side++;
    tg_node *args[TG_MAX_ARGS];
    for (int k = 0; k < nargs; k++) {
        bool is_int = op->int_args >> k & 1;
        args[k] = op->elementwise ? tg_input(b->tape, NULL, s->network.dtype, 1, &s->elements)
                  : is_int        ? tg_input(b->tape, NULL, TG_I32, 1, &side)
                                  : tg_input(b->tape, NULL, s->network.dtype, 2, (int64_t[]){side, side});
        fill(args[k], op->domain[k]);
        if (!is_int) tg_require_grad(args[k], true);
    }
    _Alignas(16) char op_options[1024] = {0};
    for (const tg_attr *a = op->attrs; a && a->name; a++) /* without it dropout would be the identity */
        if (strcmp(a->name, "keep") == 0) memcpy(op_options + a->offset, &(double){0.5}, sizeof(double));
    b->y = tg_apply(op, op_options, nargs, args);
    return !tg_failed(b->tape) || tg_status_fail(status, "%s", tg_error(b->tape));
}

/* ---- the report ---- */

typedef struct report {
    bench_times step, products;
    double latency[PERCENTILES]; /* microseconds, of single calls */
    double allocations_per_step, peak_rss;
} report;

static int print(const settings *s, const report *r) {
    if (s->json) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, s->op ? "op" : "model", s->op ? s->op : s->network.model);
        if (!s->op) {
            cJSON_AddNumberToObject(o, "batch", (double)s->network.batch);
            cJSON_AddStringToObject(o, "optimizer", s->network.optimizer);
        }
        cJSON_AddNumberToObject(o, "threads", s->network.threads);
        cJSON_AddNumberToObject(o, "median_us", r->step.median);
        cJSON_AddNumberToObject(o, "min_us", r->step.min);
        cJSON_AddNumberToObject(o, "max_us", r->step.max);
        cJSON_AddNumberToObject(o, "repetitions", r->step.repetitions);
        cJSON_AddNumberToObject(o, "gemm_us", r->products.median);
        cJSON_AddNumberToObject(o, "peak_rss_bytes", r->peak_rss);
        cJSON_AddNumberToObject(o, "allocations_per_step", r->allocations_per_step);
        cJSON *latency = cJSON_AddObjectToObject(o, "latency_us");
        for (int i = 0; i < PERCENTILES; i++) {
            char name[16];
            snprintf(name, sizeof name, "p%g", percentiles[i]);
            cJSON_AddNumberToObject(latency, name, r->latency[i]);
        }
        return tg_cli_print_json(o);
    }
    printf("%-24s %10.2f us median of %d, %.2f to %.2f\n", s->op ? s->op : s->network.model, r->step.median,
           r->step.repetitions, r->step.min, r->step.max);
    if (r->products.median > 0)
        printf("%-24s %10.2f us, %.0f %% of it\n", "matrix products", r->products.median,
               100 * r->products.median / r->step.median);
    printf("%-24s", "latency of one call, us");
    for (int i = 0; i < PERCENTILES; i++) printf("%sp%g %.2f", i ? ", " : " ", percentiles[i], r->latency[i]);
    printf("\n%-24s %10.1f MB\n", "peak resident memory", r->peak_rss / 1e6);
    printf("%-24s %10.2f\n", "allocations per step", r->allocations_per_step);
    return TG_EXIT_OK;
}

/* ---- */

static bench_times time_alone(void (*run)(void *), void *context) {
    double times[REPETITIONS];
    const int repetitions = bench_quick() ? 5 : REPETITIONS;
    bench_job job = {run, context, 0, times};
    bench_interleave(&job, 1, repetitions, 2e4);
    return bench_summary(times, repetitions);
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* How long single calls take: the median hides what a user waits for now and then. */
static void time_latency(void (*run)(void *), void *context, report *r) {
    static double times[LATENCY_CALLS];
    double spent = 0;
    int n = 0;
    while (n < LATENCY_CALLS && (n < 20 || spent < (bench_quick() ? 1e5 : 2e6))) {
        double start = bench_now();
        run(context);
        spent += times[n++] = bench_now() - start;
    }
    qsort(times, (size_t)n, sizeof *times, by_value);
    for (int i = 0; i < PERCENTILES; i++) r->latency[i] = times[(int)(percentiles[i] / 100 * (n - 1))];
}

static void measure(void (*run)(void *), void *context, report *r) {
    r->step = time_alone(run, context);
    time_latency(run, context, r);
    int64_t before = allocations;
    for (int i = 0; i < 10; i++) run(context);
    r->allocations_per_step = (double)(allocations - before) / 10;
    r->peak_rss = tg_cli_peak_rss();
}

static int bench_op(const settings *s) {
    tg_status status = {0};
    op_bench b = {0};
    report r = {0};
    if (!op_bench_new(&b, s, &status)) {
        tg_tape_free(b.tape);
        return tg_cli_fail("%s", status.message);
    }
    measure(op_step, &b, &r);
    int exit_status = tg_failed(b.tape) ? tg_cli_fail("%s", tg_error(b.tape)) : print(s, &r);
    tg_tape_free(b.tape);
    return exit_status;
}

/* The products are timed when the network is gone, so that the peak of memory is the network's. */
static bool time_products(const settings *s, report *r, tg_status *status) {
    bench_network_spec spec = s->network;
    if (spec.mode == BENCH_FORWARD) return true;
    spec.mode = BENCH_PRODUCTS;
    bench_network *products = bench_network_new(spec, status);
    if (products) r->products = time_alone(bench_network_step, products);
    bench_network_free(products);
    return products != NULL;
}

static int bench_network_steps(const settings *s) {
    tg_status status = {0};
    report r = {0};
    bench_network *step = bench_network_new(s->network, &status);
    if (step) {
        measure(bench_network_step, step, &r);
        if (*bench_network_error(step)) tg_status_fail(&status, "%s", bench_network_error(step));
        bench_network_free(step);
    }
    if (status.failed || !time_products(s, &r, &status)) return tg_cli_fail("%s", status.message);
    return print(s, &r);
}

static int run(int argc, char **argv) {
    static const struct argp argp = {
        options,
        parse,
        "",
        "Times a training step of a perceptron, or one op forward and backward, on random data.\v"
        "Examples:\n"
        "  tapegrad bench --model 784-64-10 --batch 100\n"
        "  tapegrad bench --model 784-256-10 --batch 10000 --activation sigmoid --threads 2\n"
        "  tapegrad bench --op tanh --elements 1000000 --json",
        0,
        0,
        0};
    settings s = {.network = {.model = "784-64-10",
                              .activation = "relu",
                              .optimizer = "sgd",
                              .batch = 100,
                              .threads = 1},
                  .elements = 1000000};
    tg_cli_parse(&argp, argc, argv, &s);
    tg_set_allocator((tg_allocator){.alloc = counted});
    return s.op ? bench_op(&s) : bench_network_steps(&s);
}

const tg_command tg_command_bench = {"bench", "time a step of a network, or one op", run};
