/* record.c: what one scalar op costs, recorded and differentiated eagerly, and replayed. bench_record
   [--json]; chains of a thousand ops, nine interleaved repetitions, nanoseconds per op, forward and backward:
   medians, and the least, which other work on the machine disturbed least.
 */
#include "support/timing.h"
#include "tapegrad.h"

#include <stdio.h>
#include <string.h>

#define OPS         1000
#define REPETITIONS 9

typedef tg_node *(*op_call)(tg_where, tg_node *);

typedef struct chain {
    op_call op;
    tg_tape *tape;
    tg_node *last;
} chain;

static tg_node *record(chain *c) {
    tg_node *y = tg_scalar(c->tape, 0.5);
    tg_require_grad(y, true);
    for (int i = 0; i < OPS; i++) y = c->op(TG_HERE, y);
    return y;
}

static void record_step(void *context) {
    chain *c = context;
    tg_tape_clear(c->tape);
    tg_backward(record(c));
}

static void replay_step(void *context) {
    chain *c = context;
    tg_replay(c->tape);
    tg_backward(c->last);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        op_call op;
    } ops[] = {
        {"tanh", tg_tanh_at}, {"relu", tg_relu_at}, {"sigmoid", tg_sigmoid_at}, {"square", tg_square_at}};
    const bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
    printf(json ? "[" : "nanoseconds per scalar op, forward and backward\n%-10s %10s %8s %10s %8s\n", "op",
           "record", "least", "replay", "least");
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        double times[2][REPETITIONS];
        chain fresh = {ops[i].op, tg_tape_new(TG_F32), NULL}, kept = {ops[i].op, tg_tape_new(TG_F32), NULL};
        if (!fresh.tape || !kept.tape) return 1;
        kept.last = record(&kept);
        bench_job jobs[] = {{record_step, &fresh, 0, times[0]}, {replay_step, &kept, 0, times[1]}};
        bench_interleave(jobs, 2, REPETITIONS, 1e4);
        bench_times a = bench_summary(times[0], REPETITIONS), b = bench_summary(times[1], REPETITIONS);
        /* microseconds per thousand ops are nanoseconds per op */
        printf(
            json ? "%s\n {\"op\": \"%s\", \"record_ns\": %.1f, \"record_min_ns\": %.1f, \"replay_ns\": %.1f, "
                   "\"replay_min_ns\": %.1f}"
                 : "%s%-10s %10.1f %8.1f %10.1f %8.1f\n",
            json && i ? "," : "", ops[i].name, a.median, a.min, b.median, b.min);
        tg_tape_free(fresh.tape);
        tg_tape_free(kept.tape);
    }
    if (json) puts("\n]");
    return 0;
}
