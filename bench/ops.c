/* ops.c: ops forward and backward on a million elements, beside PyTorch where /usr/bin/python3 has it; one
   thread, f32. bench_ops [--json]. The two take turns, 21 times; medians with their spread, and what
   PyTorch takes relative to us: above 1, we are faster. Plain loops for relu take turns with them: what it
   takes to move the memory that any of these ops must move. */
#include "support/timing.h"
#include "tapegrad.h"

#include <cjson/cJSON.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS  21
#define CALLS   10 /* in one measurement */
#define WARM    3  /* before it: what the other left in the caches does not count */
#define ROWS    1000
#define COLUMNS 1000
#define N       ((int64_t)ROWS * COLUMNS)

static const char *const names[] = {"tanh",    "sigmoid", "elu", "selu", "relu",
                                    "softmax", "log",     "exp", "gelu", "dropout"};
#define NAMES ((int)(sizeof names / sizeof *names))

/* ---- PyTorch, in a process of its own ---- */

static pid_t torch;
static FILE *to_torch, *from_torch;

static void torch_child(const int in[2], const int out[2]) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    close(in[1]), close(out[0]);
    if (!freopen("/dev/null", "w", stderr)) _exit(1);
    execl("/usr/bin/python3", "python3", BENCH_FOLDER "/support/ops_torch.py", (char *)NULL);
    _exit(1);
}

/* Microseconds of one call; below 0 without PyTorch. */
static double torch_time(const char *name) {
    double time = -1;
    if (!torch) return -1;
    fprintf(to_torch, "%s %d %d %d %d\n", name, ROWS, COLUMNS, WARM, CALLS);
    fflush(to_torch);
    return fscanf(from_torch, "%lf", &time) == 1 ? time : -1;
}

static void torch_start(void) {
    int in[2], out[2];
    signal(SIGPIPE, SIG_IGN); /* what is not there does not answer */
    if (pipe(in) != 0 || pipe(out) != 0) return;
    torch = fork();
    if (torch == 0) torch_child(in, out);
    close(in[0]), close(out[1]);
    to_torch = fdopen(in[1], "w");
    from_torch = fdopen(out[0], "r");
    if (torch < 0 || !to_torch || !from_torch || torch_time("relu") < 0) torch = 0;
}

/* ---- ours ---- */

typedef struct op {
    const char *name;
    tg_tape *tape;
    tg_node *y;
    float *gradient;
    float *from, *to, *back; /* of the plain loops, behind it */
} op;

static tg_node *apply(const char *name, tg_node *x) {
    _Alignas(16) char options[1024] = {0};
    const tg_op *found = tg_op_find(name);
    for (const tg_attr *a = found->attrs; a && a->name; a++)
        if (strcmp(a->name, "keep") == 0) memcpy(options + a->offset, &(double){0.5}, sizeof(double));
    return tg_apply(found, options, 1, &x);
}

static bool op_new(op *o, const char *name) {
    o->name = name;
    o->tape = tg_tape_new_spec((tg_tape_spec){.dtype = TG_F32, .threads = 1});
    tg_node *x = tg_input(o->tape, "x", TG_F32, 2, (int64_t[]){ROWS, COLUMNS});
    /* One after the other: of arrays that begin at the same place of a page, processors mix up the addresses. */
    float *memory = aligned_alloc(64, 4 * (size_t)N * sizeof *memory);
    if (!x || !memory) return free(memory), false;
    memset(memory, 0, 4 * (size_t)N * sizeof *memory);
    o->gradient = memory, o->from = memory + N, o->to = memory + 2 * N, o->back = memory + 3 * N;
    tg_rng rng = {.seed = 1};
    for (int64_t i = 0; i < N; i++) {
        o->from[i] = ((float *)tg_value(x))[i] = (float)(0.5 + tg_rng_uniform(&rng));
        o->gradient[i] = (float)tg_rng_uniform(&rng);
    }
    tg_require_grad(x, true);
    o->y = apply(name, x);
    return !tg_failed(o->tape);
}

static void op_step(op *o) {
    tg_replay(o->tape);
    tg_backward_from(o->y, o->gradient);
    tg_zero_grad(o->tape);
}

#if defined(__x86_64__)
__attribute__((target_clones("avx2", "default"))) /* as a program for its own processor would be compiled */
#endif
static void
loops_step(op *o) {
    float *restrict y = o->to, *restrict dx = o->back;
    const float *restrict x = o->from, *restrict dy = o->gradient;
    for (int64_t i = 0; i < N; i++) y[i] = x[i] > 0 ? x[i] : 0;
    for (int64_t i = 0; i < N; i++) {
        const float g = dy[i];
        dx[i] = y[i] > 0 ? g : 0;
    }
}

static double time_of(void (*step)(op *o), op *o) {
    for (int i = 0; i < WARM; i++) step(o);
    double start = bench_now();
    for (int i = 0; i < CALLS; i++) step(o);
    return (bench_now() - start) / CALLS;
}

typedef struct row {
    bench_times ours, loops, torch;
} row;

static row measure(op *o) {
    double ours[ROUNDS], loops[ROUNDS], theirs[ROUNDS];
    const int rounds = bench_quick() ? 3 : ROUNDS;
    op_step(o);
    for (int round = 0; round < rounds; round++) {
        ours[round] = time_of(op_step, o);
        theirs[round] = torch_time(o->name);
        loops[round] = time_of(loops_step, o);
    }
    return (row){bench_summary(ours, rounds), bench_summary(loops, rounds), bench_summary(theirs, rounds)};
}

/* ---- the table ---- */

static void add_times(cJSON *object, const char *prefix, bench_times t) {
    char key[64];
    const double values[] = {t.median, t.min, t.max};
    const char *const kinds[] = {"median", "min", "max"};
    for (int i = 0; i < 3; i++) {
        snprintf(key, sizeof key, "%s%s_us", prefix, kinds[i]);
        cJSON_AddNumberToObject(object, key, values[i]);
    }
}

static void print_row(const char *name, const row *r) {
    printf("%-8s %9.0f  %6.0f .. %-7.0f %9.0f", name, r->ours.median, r->ours.min, r->ours.max,
           r->loops.median);
    if (torch)
        printf(" %9.0f  %6.0f .. %-7.0f %8.2f %8.2f", r->torch.median, r->torch.min, r->torch.max,
               r->torch.median / r->ours.median, r->torch.min / r->ours.min);
    putchar('\n');
    fflush(stdout);
}

int main(int argc, char **argv) {
    const bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
    if (argc > 1 + json) return fprintf(stderr, "usage: bench_ops [--json]\n"), 2;
    torch_start();
    cJSON *table = cJSON_CreateArray();
    if (!json)
        printf("microseconds forward and backward, %d x %d elements, f32, one thread%s\n"
               "%-8s %9s  %18s %9s %9s  %18s %8s %8s\n",
               ROWS, COLUMNS, torch ? "" : "; no PyTorch in /usr/bin/python3", "op", "median", "spread   ",
               "loops", torch ? "PyTorch" : "", torch ? "spread   " : "", torch ? "median/" : "",
               torch ? "min/" : "");
    int failed = 0;
    for (int i = 0; i < NAMES && !failed; i++) {
        op o = {0};
        row r = {0};
        failed = !op_new(&o, names[i]);
        if (failed)
            fprintf(stderr, "bench_ops: %s\n", o.tape ? tg_error(o.tape) : "out of memory");
        else
            r = measure(&o);
        tg_tape_free(o.tape);
        free(o.gradient);
        if (failed) break;
        if (!json) print_row(names[i], &r);
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "op", names[i]);
        add_times(object, "", r.ours);
        add_times(object, "loops_", r.loops);
        if (torch) add_times(object, "pytorch_", r.torch);
        cJSON_AddItemToArray(table, object);
    }
    char *text = json ? cJSON_Print(table) : NULL;
    if (text) puts(text);
    free(text);
    cJSON_Delete(table);
    if (torch) {
        fclose(to_torch);
        waitpid(torch, NULL, 0);
    }
    return failed;
}
